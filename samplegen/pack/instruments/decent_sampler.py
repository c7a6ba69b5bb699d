"""DecentSampler: an XML file beside the sounds, with knobs.

Elements and attributes as the DecentSampler Developers Guide 1.11 documents them. Zones that
take turns share a group, whose counter they turn.
"""

from itertools import groupby
from typing import Final
from xml.etree.ElementTree import Element, SubElement

from samplegen.pack.instruments.model import Instrument, Zone, clean_text
from samplegen.pack.instruments.xml import encode_xml

SUFFIX: Final = ".dspreset"
SOUNDS_FROM_HERE: Final = "../"
_RELEASE_S: Final = 0.25
_TONE_TABLE: Final = "0,33;0.3,150;0.4,450;0.5,1100;0.7,4100;0.9,11000;1.0001,22000"
_WIDTH, _HEIGHT = 812, 375
_KNOB, _GAP = 110, 30
_INK, _TRACK, _FAINT, _GROUND = "FFE8E6E3", "FFE2703A", "FF3A3F4A", "FF1E2229"
Attributes = dict[str, str]


def write_dspreset(instrument: Instrument) -> bytes:
    """The file; paths lead from ``Instruments/`` to the sounds of the pack."""
    root = Element("DecentSampler", minVersion="1.5.0")
    _add_knobs(root, instrument)
    groups = SubElement(root, "groups", volume="1.0", ampVelTrack="1.0", loopEnabled="false")
    if not instrument.is_one_shot:
        groups.attrib |= {"attack": "0.0", "decay": "0.0", "sustain": "1.0", "release": f"{_RELEASE_S:g}"}
    for _, turns in groupby(instrument.zones, key=lambda zone: (zone.label, zone.place)):
        _add_group(groups, list(turns))
    effects = SubElement(root, "effects")
    SubElement(effects, "effect", type="lowpass", frequency="22000.0")
    SubElement(effects, "effect", type="reverb", wetLevel="0.0", roomSize="0.6", damping="0.4")
    return encode_xml(root)


def _add_group(groups: Element, turns: list[Zone]) -> None:
    zone = turns[0]
    group = SubElement(groups, "group", name=clean_text(zone.label))
    if zone.sequence_length > 1:
        group.attrib |= {"seqMode": "round_robin", "seqLength": str(zone.sequence_length)}
    if zone.group or zone.off_by:
        group.attrib |= {"tags": f"choke-{zone.group}", "silencedByTags": f"choke-{zone.off_by}"}
        group.set("silencingMode", "fast")
    if zone.one_shot:
        group.set("ampEnvEnabled", "false")  # a key let go does not end the sound
    for turn in turns:
        SubElement(group, "sample", _sample(turn))


def _sample(zone: Zone) -> Attributes:
    attributes = {
        "path": f"{SOUNDS_FROM_HERE}{zone.path}",
        "rootNote": str(zone.root_note),
        "loNote": str(zone.low_key),
        "hiNote": str(zone.high_key),
        "loVel": str(zone.low_velocity),
        "hiVel": str(zone.high_velocity),
    }
    if zone.sequence_length > 1:
        attributes["seqPosition"] = str(zone.sequence_position)
    if zone.tune_cents:
        attributes["tuning"] = f"{zone.tune_cents / 100.0:.3f}"
    if zone.gain_db:
        attributes["volume"] = f"{zone.gain_db:g}dB"
    return attributes


def _add_knobs(root: Element, instrument: Instrument) -> None:
    """A title and knobs; attack and release only where a key that is let go ends a sound."""
    ui = SubElement(root, "ui", width=str(_WIDTH), height=str(_HEIGHT), layoutMode="relative", bgColor=_GROUND)
    tab = SubElement(ui, "tab", name="main")
    SubElement(
        tab, "label", x="30", y="24", width=str(_WIDTH - 60), height="40", textSize="28", textColor=_INK,
        hAlign="left", text=clean_text(instrument.title),
    )  # fmt: skip
    knobs = [
        _knob("Volume", 1.0, {"type": "amp", "parameter": "AMP_VOLUME"}),
        _knob("Tone", 1.0, {"type": "effect", "parameter": "FX_FILTER_FREQUENCY"} | _table(_TONE_TABLE)),
        _knob("Reverb", 0.0, {"type": "effect", "parameter": "FX_REVERB_WET_LEVEL", "position": "1"}),
    ]
    if not instrument.is_one_shot:
        knobs.insert(1, _knob("Attack", 0.0, {"type": "amp", "parameter": "ENV_ATTACK"}, most=4.0))
        knobs.insert(2, _knob("Release", _RELEASE_S, {"type": "amp", "parameter": "ENV_RELEASE"}, most=8.0))
    for number, (knob, binding) in enumerate(knobs):
        place = {"x": str(30 + number * (_KNOB + _GAP)), "y": "130", "width": str(_KNOB), "height": "130"}
        SubElement(SubElement(tab, "labeled-knob", knob | place), "binding", binding)


def _knob(label: str, value: float, target: Attributes, *, most: float = 1.0) -> tuple[Attributes, Attributes]:
    knob = {
        "label": label, "valueType": "float", "minValue": "0.0", "maxValue": f"{most:.1f}", "value": f"{value:g}",
        "textSize": "18", "textColor": _INK, "trackForegroundColor": _TRACK, "trackBackgroundColor": _FAINT,
    }  # fmt: skip
    return knob, {"level": "instrument", "position": "0", **target}


def _table(pairs: str) -> Attributes:
    return {"translation": "table", "translationTable": pairs}

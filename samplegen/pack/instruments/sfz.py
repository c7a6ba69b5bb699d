"""SFZ: the canonical form of an instrument, one text file beside the sounds.

Opcodes of SFZ 1 and 2 as sfzformat.com lists them; sfizz, ARIA, LinuxSampler and most DAWs read them.
"""

from collections.abc import Iterator
from itertools import groupby
from typing import Final

from samplegen.pack.instruments.model import LOUDEST, SOFTEST, Instrument, Zone, clean_text
from samplegen.units import db_to_gain

SUFFIX: Final = ".sfz"
SOUNDS_FROM_HERE: Final = "../"
_RELEASE_S: Final = 0.25


def write_sfz(instrument: Instrument) -> bytes:
    """The file; paths lead from ``Instruments/`` to the sounds of the pack."""
    lines = [*_header(instrument), "", "<global>", "amp_veltrack=100"]
    lines += ["loop_mode=one_shot"] if instrument.is_one_shot else [f"ampeg_release={_RELEASE_S:g}"]
    for label, zones in groupby(instrument.zones, key=lambda zone: zone.label):
        lines += ["", f"// {clean_text(label)}"]
        for _, turns in groupby(zones, key=lambda zone: zone.place):
            lines += _group(list(turns), mixed=not instrument.is_one_shot)
    return ("\n".join(lines) + "\n").encode()


def _header(instrument: Instrument) -> Iterator[str]:
    says = (instrument.title, instrument.creator and f"by {instrument.creator}", instrument.licence)
    yield "// " + ", ".join(clean_text(text) for text in says if text)
    yield from (f"// {clean_text(note)}" for note in instrument.notes)


def _group(turns: list[Zone], *, mixed: bool) -> Iterator[str]:
    """The zones of one place: what they share, then a region each."""
    zone = turns[0]
    yield "<group>"
    yield f"lokey={zone.low_key} hikey={zone.high_key} pitch_keycenter={zone.root_note}"
    if (zone.low_velocity, zone.high_velocity) != (SOFTEST, LOUDEST):
        yield f"lovel={zone.low_velocity} hivel={zone.high_velocity}"
    if zone.gain_db:
        yield _velocity_curve(zone)
    if mixed:
        yield f"loop_mode={'one_shot' if zone.one_shot else 'no_loop'}"
    if zone.group or zone.off_by:
        yield f"group={zone.group} off_by={zone.off_by} off_mode=fast"
    if zone.sequence_length > 1:
        yield f"seq_length={zone.sequence_length}"
    for turn in turns:
        yield _region(turn)


def _velocity_curve(zone: Zone) -> str:
    """The usual square of the velocity, raised by the zone's gain: ``volume`` ends at 6 dB.

    Samplers draw straight lines between the points.
    """
    gain = db_to_gain(zone.gain_db)
    low, high = zone.low_velocity, zone.high_velocity
    points = sorted({low + (high - low) * part // 4 for part in range(5)})
    return " ".join(f"amp_velcurve_{point}={min(1.0, gain * (point / LOUDEST) ** 2):.4f}" for point in points)


def _region(zone: Zone) -> str:
    """One region; the path stands last because it may hold spaces."""
    parts = ["<region>"]
    if zone.sequence_length > 1:
        parts.append(f"seq_position={zone.sequence_position}")
    if round(zone.tune_cents):
        parts.append(f"tune={round(zone.tune_cents)}")
    return " ".join([*parts, f"sample={SOUNDS_FROM_HERE}{zone.path}"])

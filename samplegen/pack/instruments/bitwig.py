"""Bitwig's and PreSonus's open multisample: a stored ZIP that holds the mapping and the sounds.

Elements and attributes after github.com/bitwig/multisample (schema in its README). The format has
keys, velocities, tuning and turns, but no chokes and no envelopes: those are the player's.
"""

import io
import zipfile
from collections.abc import Callable
from pathlib import PurePosixPath
from typing import Final
from xml.etree.ElementTree import Element, SubElement

from samplegen.pack.instruments.model import Instrument, Zone, clean_text
from samplegen.pack.instruments.xml import encode_xml

SUFFIX: Final = ".multisample"
MAPPING_NAME: Final = "multisample.xml"
_DATE: Final = (1980, 1, 1, 0, 0, 0)
_DOS, _FILE_MODE = 0, 0o644 << 16


def write_multisample(instrument: Instrument, *, read_bytes: Callable[[str], bytes]) -> bytes:
    """The ZIP; `read_bytes` gives the file at a path of the pack."""
    names = _names(instrument)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr(_member(MAPPING_NAME), _mapping(instrument, names))
        for path, name in names.items():
            archive.writestr(_member(name), read_bytes(path))
    return buffer.getvalue()


def _member(name: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name, _DATE)
    info.create_system, info.external_attr = _DOS, _FILE_MODE
    return info


def _names(instrument: Instrument) -> dict[str, str]:
    """A name without folders for each path; equal ones (whatever their case) get a number."""
    names: dict[str, str] = {}
    taken = {MAPPING_NAME}
    for path in instrument.paths:
        pure, number = PurePosixPath(path), 1
        name = pure.name
        while name.lower() in taken:
            number += 1
            name = f"{pure.stem}-{number}{pure.suffix}"
        names[path] = name
        taken.add(name.lower())
    return names


def _mapping(instrument: Instrument, names: dict[str, str]) -> bytes:
    root = Element("multisample", name=clean_text(instrument.title))
    for tag, text in (
        ("generator", "samplegen"),
        ("category", instrument.category),
        ("creator", instrument.creator),
        ("description", " ".join((instrument.licence, *instrument.notes))),
    ):
        SubElement(root, tag).text = clean_text(text)
    SubElement(SubElement(root, "keywords"), "keyword").text = clean_text(instrument.category)
    labels = list(dict.fromkeys(zone.label for zone in instrument.zones))
    for label in labels:
        SubElement(root, "group", name=clean_text(label))
    for zone in instrument.zones:
        _add_sample(root, zone, file=names[zone.path], group=labels.index(zone.label))
    return encode_xml(root)


def _add_sample(root: Element, zone: Zone, *, file: str, group: int) -> None:
    sample = SubElement(
        root, "sample", {
            "file": file, "gain": f"{zone.gain_db:.3f}", "group": str(group), "sample-start": "0",
            "sample-stop": str(zone.length),
            "zone-logic": "round-robin" if zone.sequence_length > 1 else "always-play",
        },
    )  # fmt: skip
    keys = {"low": str(zone.low_key), "high": str(zone.high_key), "root": str(zone.root_note)}
    SubElement(sample, "key", keys | {"tune": f"{zone.tune_cents / 100.0:.3f}", "track": "1"})
    SubElement(sample, "velocity", low=str(zone.low_velocity), high=str(zone.high_velocity))
    SubElement(sample, "select", low="1", high="127")
    SubElement(sample, "loop", mode="off", start="0", stop=str(zone.length))

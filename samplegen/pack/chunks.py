"""Payloads of the WAV chunks that carry a sound's tags.

Layouts: ``acid``, ``smpl``, ``inst``, ``cue`` and ``adtl`` as in the Multimedia
Programming Interface and its common extensions, ``bext`` as in EBU Tech 3285,
iXML 1.52 (http://www.gallery.co.uk/ixml).
"""

import html
import json
import struct
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Final

from samplegen import units
from samplegen.audio.types import Extent
from samplegen.pack.sound import Provenance, Tags

ACID: Final = struct.Struct("<IHHfIHHf")
SMPL_HEADER: Final = struct.Struct("<9I")
SMPL_LOOP: Final = struct.Struct("<6I")
INST: Final = struct.Struct("<7b")
CUE_POINT: Final = struct.Struct("<II4sIII")
BEXT: Final = struct.Struct("<256s32s32s10s8sQH64s5h180s")

ACID_ONE_SHOT: Final = 1
ACID_ROOT_VALID: Final = 2
ACID_STRETCH: Final = 4
ACID_HIGH_OCTAVE: Final = 16

UNPITCHED_NOTE: Final = 60
ORIGINATOR: Final = "samplegen"


def has_musical_length(tags: Tags) -> bool:
    """Whether the sound is meant to fill whole beats at a tempo."""
    return tags.kind != "one_shot" and tags.bpm is not None and tags.beats is not None


def acid_chunk(tags: Tags) -> bytes:
    """Tempo, beats, meter and root; the root's octave is 48 to 59, as every reader expects."""
    stretched, root = has_musical_length(tags), tags.root
    flags = ACID_STRETCH if stretched else ACID_ONE_SHOT
    if root is not None:
        flags |= ACID_ROOT_VALID
    numerator, denominator = tags.meter
    return ACID.pack(
        flags,
        UNPITCHED_NOTE if root is None else 48 + root % 12,
        0x8000,
        0.0,
        (tags.beats or 0) if stretched else 0,
        denominator,
        numerator,
        tags.bpm or 0.0,
    )


def inst_chunk(tags: Tags) -> bytes:
    """Unity note, no detune or gain, the whole keyboard, all velocities."""
    return INST.pack(UNPITCHED_NOTE if tags.root is None else tags.root, 0, 0, 0, 127, 1, 127)


def smpl_chunk(tags: Tags, *, extent: Extent) -> bytes:
    """Unity note, and for a loop its whole length as a forward loop (end inclusive).

    Other kinds get no loop: samplers would repeat them.
    """
    loops = 1 if tags.kind == "loop" else 0
    period_ns = round(1e9 / extent.sample_rate)
    unity = UNPITCHED_NOTE if tags.root is None else tags.root
    header = SMPL_HEADER.pack(0, 0, period_ns, unity, 0, 0, 0, loops, 0)
    return header + (SMPL_LOOP.pack(0, 0, 0, extent.length - 1, 0, 0) if loops else b"")


def bar_markers(tags: Tags, *, length: int) -> list[tuple[int, str]]:
    """(position in samples, label) of every bar's downbeat; none without a musical length."""
    if not has_musical_length(tags) or tags.bars is None:
        return []
    return [(units.slice_to_sample(bar, slices=tags.bars, length=length), f"bar {bar + 1}") for bar in range(tags.bars)]


def cue_chunk(markers: Sequence[tuple[int, str]]) -> bytes:
    """Markers, numbered from 1."""
    points = (
        CUE_POINT.pack(number, position, b"data", 0, 0, position)
        for number, (position, _) in enumerate(markers, start=1)
    )
    return struct.pack("<I", len(markers)) + b"".join(points)


def labels_chunk(markers: Sequence[tuple[int, str]]) -> bytes:
    """``LIST adtl`` payload: the texts of the markers."""
    labels = (
        _subchunk(b"labl", struct.pack("<I", number) + text.encode("ascii") + b"\0")
        for number, (_, text) in enumerate(markers, start=1)
    )
    return b"adtl" + b"".join(labels)


def info_chunk(texts: Mapping[bytes, str]) -> bytes:
    """``LIST INFO`` payload; empty texts are left out."""
    return b"INFO" + b"".join(_subchunk(name, encode_text(text) + b"\0") for name, text in texts.items() if text)


def _subchunk(name: bytes, payload: bytes) -> bytes:
    return struct.pack("<4sI", name, len(payload)) + payload + b"\0" * (len(payload) % 2)


def encode_text(text: str) -> bytes:
    """Latin-1, which old readers assume, where it can hold the text; UTF-8 otherwise."""
    try:
        return text.encode("latin-1")
    except UnicodeEncodeError:
        return text.encode("utf-8")


def decode_text(data: bytes) -> str:
    """Text up to the first NUL: UTF-8 if it is that, else Latin-1."""
    data = data.partition(b"\0")[0]
    try:
        return data.decode("utf-8").strip()
    except UnicodeDecodeError:
        return data.decode("latin-1").strip()


def bext_chunk(*, description: str, reference: str, date: str, extent: Extent, bit_depth: int, version: str) -> bytes:
    """Broadcast extension, version 1, with one line of coding history.

    `date` is ``YYYY-MM-DD`` or empty; no clock is read, so that equal sounds are equal files.
    """
    mode = {1: "mono", 2: "stereo"}.get(extent.channels, "multichannel")
    history = f"A=PCM,F={extent.sample_rate},W={bit_depth},M={mode},T={ORIGINATOR} {version}".rstrip() + "\r\n"
    fixed = BEXT.pack(
        _ascii(description, 256), _ascii(ORIGINATOR, 32), _ascii(reference, 32),
        _ascii(date, 10), b"00:00:00" if date else b"",
        0, 1, b"", 0, 0, 0, 0, 0, b"",
    )  # fmt: skip
    return fixed + history.encode("ascii", errors="replace")


def _ascii(text: str, size: int) -> bytes:
    """At most `size` bytes; accents are dropped."""
    return unicodedata.normalize("NFKD", text).encode("ascii", errors="ignore")[:size]


def ixml_chunk(*, title: str, project: str, note: str, provenance: Provenance, channels: int) -> bytes:
    """An iXML document: title, project, note, the track list and the provenance as JSON in ``USER``."""
    origin = {
        "engine": provenance.engine,
        "model": provenance.model,
        "model_hash": provenance.model_hash,
        "codec_hash": provenance.codec_hash,
        "seed": provenance.seed,
        "parameters": provenance.parameters,
        "licence": provenance.licence,
        "version": provenance.version,
    }
    user = json.dumps(origin, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    tracks = "".join(
        f"<TRACK><CHANNEL_INDEX>{n}</CHANNEL_INDEX><INTERLEAVE_INDEX>{n}</INTERLEAVE_INDEX>"
        f"<NAME>{_escape(title)}</NAME></TRACK>"
        for n in range(1, channels + 1)
    )
    document = (
        '<?xml version="1.0" encoding="UTF-8"?>\n<BWFXML><IXML_VERSION>1.52</IXML_VERSION>'
        f"<PROJECT>{_escape(project)}</PROJECT><NOTE>{_escape(note)}</NOTE><USER>{_escape(user)}</USER>"
        f"<TRACK_LIST><TRACK_COUNT>{channels}</TRACK_COUNT>{tracks}</TRACK_LIST></BWFXML>\n"
    )
    return document.encode("utf-8")


def _escape(text: str) -> str:
    """Text between XML tags; the standard library's own function for it loads all that speaks to the network."""
    return html.escape(text, quote=False)

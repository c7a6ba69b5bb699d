"""Reading the tags of any WAV file, whoever wrote it, however broken they are."""

import struct
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

import numpy as np

from samplegen.pack import chunks
from samplegen.pack.id3 import decode_id3
from samplegen.pack.riff import Chunk, scan_chunks

_FMT: Final = struct.Struct("<HHIIHH")


@dataclass(frozen=True)
class AcidTag:
    """The ``acid`` chunk; `root_note` is None where its flag is not set."""

    one_shot: bool
    root_note: int | None
    beats: int
    meter: tuple[int, int]
    bpm: float


@dataclass(frozen=True)
class SamplerTag:
    """The ``smpl`` chunk: unity note and (first, last) samples of each loop, both inclusive."""

    unity_note: int
    loops: tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class BroadcastTag:
    """The texts of the ``bext`` chunk."""

    description: str
    originator: str
    reference: str
    date: str
    history: str


@dataclass(frozen=True)
class ReadTags:
    """All that the chunks of one WAV file say.

    Parameters
    ----------
    length
        Samples per channel, from the data that is really there.
    cues
        (position in samples, label) in the order of the file.
    problems
        Plain sentences about chunks that are truncated or make no sense.
    """

    sample_rate: int = 0
    channels: int = 0
    bit_depth: int = 0
    length: int = 0
    acid: AcidTag | None = None
    sampler: SamplerTag | None = None
    unity_note: int | None = None
    cues: tuple[tuple[int, str], ...] = ()
    info: dict[str, str] = field(default_factory=dict)
    broadcast: BroadcastTag | None = None
    id3: dict[str, str] = field(default_factory=dict)
    ixml: dict[str, str] = field(default_factory=dict)
    problems: tuple[str, ...] = ()

    @property
    def bpm(self) -> float | None:
        """Tempo from ``acid``, else from ID3, else None."""
        if self.acid is not None and self.acid.bpm > 0:
            return self.acid.bpm
        try:
            bpm = float(self.id3.get("TBPM", ""))
        except ValueError:
            return None
        return bpm if 0 < bpm < 1000 else None

    @property
    def key(self) -> str | None:
        """Key from ID3, or None."""
        return self.id3.get("TKEY") or None


def read_tags(path: Path) -> ReadTags:
    """The tags of the WAV file at `path`.

    A broken chunk is reported in `ReadTags.problems` and otherwise passed over.

    Raises
    ------
    AudioReadError
        If the file cannot be opened or is not a WAV file.
    """
    tags, problems = ReadTags(), []
    scanned = scan_chunks(path)
    # Lists last: labels may stand before the markers that they name.
    for chunk in sorted(scanned, key=lambda chunk: chunk.name == b"LIST"):
        name = chunk.name.decode("latin-1").strip()
        if not chunk.complete:
            problems.append(f"The chunk {name!r} is cut off: {chunk.size} of {chunk.declared_size} bytes are there.")
        reader = _READERS.get(chunk.name.lower())
        if reader is None:
            continue
        try:
            tags = reader(tags, chunk)
        except (struct.error, ValueError, ElementTree.ParseError) as error:
            problems.append(f"The chunk {name!r} makes no sense ({error}).")
    present = {chunk.name for chunk in scanned}
    problems += [f"The chunk {name!r} is missing." for name in ("fmt ", "data") if name.encode() not in present]
    return replace(tags, problems=tuple(problems))


def _read_format(tags: ReadTags, chunk: Chunk) -> ReadTags:
    _, channels, sample_rate, _, _, bit_depth = _FMT.unpack_from(chunk.payload)
    return replace(tags, sample_rate=sample_rate, channels=channels, bit_depth=bit_depth)


def _read_data(tags: ReadTags, chunk: Chunk) -> ReadTags:
    frame = tags.channels * ((tags.bit_depth + 7) // 8)
    return replace(tags, length=chunk.size // frame if frame else 0)


def _read_acid(tags: ReadTags, chunk: Chunk) -> ReadTags:
    flags, root, _, _, beats, denominator, numerator, bpm = chunks.ACID.unpack_from(chunk.payload)
    if not 0 <= bpm < 1000:
        raise ValueError(f"tempo {bpm}")
    note = root if flags & chunks.ACID_ROOT_VALID else None
    # 174.3 comes back from 32 bits as 174.30000305: take the shortest decimal that means the same.
    bpm = float(str(np.float32(bpm)))
    acid = AcidTag(bool(flags & chunks.ACID_ONE_SHOT), note, beats, (numerator, denominator), bpm)
    return replace(tags, acid=acid)


def _read_sampler(tags: ReadTags, chunk: Chunk) -> ReadTags:
    header = chunks.SMPL_HEADER.unpack_from(chunk.payload)
    room = (len(chunk.payload) - chunks.SMPL_HEADER.size) // chunks.SMPL_LOOP.size
    if header[7] > room:
        raise ValueError(f"{header[7]} loops promised, room for {room}")
    points = (
        chunks.SMPL_LOOP.unpack_from(chunk.payload, chunks.SMPL_HEADER.size + n * chunks.SMPL_LOOP.size)
        for n in range(header[7])
    )
    return replace(tags, sampler=SamplerTag(header[3], tuple((point[2], point[3]) for point in points)))


def _read_instrument(tags: ReadTags, chunk: Chunk) -> ReadTags:
    return replace(tags, unity_note=chunks.INST.unpack_from(chunk.payload)[0])


def _read_cues(tags: ReadTags, chunk: Chunk) -> ReadTags:
    (count,) = struct.unpack_from("<I", chunk.payload)
    if count > (len(chunk.payload) - 4) // chunks.CUE_POINT.size:
        raise ValueError(f"{count} markers promised")
    points = [chunks.CUE_POINT.unpack_from(chunk.payload, 4 + n * chunks.CUE_POINT.size) for n in range(count)]
    # Labels come later and refer to the markers by number.
    return replace(tags, cues=tuple((point[5], f"#{point[0]}") for point in points))


def _read_list(tags: ReadTags, chunk: Chunk) -> ReadTags:
    kind, body = chunk.payload[:4], _subchunks(chunk.payload[4:])
    if kind == b"INFO":
        return replace(tags, info={name.decode("latin-1"): chunks.decode_text(payload) for name, payload in body})
    if kind == b"adtl":
        labels = {
            f"#{struct.unpack_from('<I', payload)[0]}": chunks.decode_text(payload[4:])
            for name, payload in body
            if name == b"labl" and len(payload) >= 4
        }
        return replace(tags, cues=tuple((position, labels.get(label, label)) for position, label in tags.cues))
    return tags


def _subchunks(body: bytes) -> list[tuple[bytes, bytes]]:
    found, position = [], 0
    while position + 8 <= len(body):
        name, size = struct.unpack_from("<4sI", body, position)
        found.append((name, body[position + 8 : position + 8 + size]))
        position += 8 + size + size % 2
    return found


def _read_broadcast(tags: ReadTags, chunk: Chunk) -> ReadTags:
    fields = chunks.BEXT.unpack_from(chunk.payload)
    description, originator, reference, date = (chunks.decode_text(text) for text in fields[:4])
    history = chunks.decode_text(chunk.payload[chunks.BEXT.size :])
    return replace(tags, broadcast=BroadcastTag(description, originator, reference, date, history))


def _read_id3(tags: ReadTags, chunk: Chunk) -> ReadTags:
    return replace(tags, id3=decode_id3(chunk.payload))


def _read_ixml(tags: ReadTags, chunk: Chunk) -> ReadTags:
    document = chunk.payload.rstrip(b"\0 \r\n")
    # No entity may expand, in no encoding that would hide it.
    if any(mark in document for mark in (b"<!DOCTYPE", b"<!ENTITY", b"\0")):
        raise ValueError("only plain XML without a document type is read")
    root = ElementTree.fromstring(document)
    return replace(tags, ixml={child.tag: (child.text or "") for child in root if len(child) == 0})


_READERS: Final[dict[bytes, Callable[[ReadTags, Chunk], ReadTags]]] = {
    b"fmt ": _read_format,
    b"data": _read_data,
    b"acid": _read_acid,
    b"smpl": _read_sampler,
    b"inst": _read_instrument,
    b"cue ": _read_cues,
    b"list": _read_list,
    b"bext": _read_broadcast,
    b"id3 ": _read_id3,
    b"ixml": _read_ixml,
}

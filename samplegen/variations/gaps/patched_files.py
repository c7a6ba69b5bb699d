"""Files made of pieces of other files and of new samples: what is taken over is taken over bit for bit.

The packs' own writer knows 44.1 and 48 kHz and two bit depths. A repaired recording keeps its own, and it may
be hours long, so it is written block after block from the file that it comes from.
"""

import hashlib
import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Final

import numpy as np
import numpy.typing as npt
import soundfile

from samplegen import files
from samplegen.audio.io import open_soundfile
from samplegen.audio.source import open_source
from samplegen.audio.types import Samples
from samplegen.errors import AudioReadError
from samplegen.pack.export import PackWriter
from samplegen.pack.manifest import FileEntry
from samplegen.pack.riff import encode_chunk, riff_header
from samplegen.pack.sound import Provenance, Sound, Tags
from samplegen.pack.stream import Written
from samplegen.pack.tags import tagged_chunks
from samplegen.pack.verdict import Verdict

_BLOCK: Final = 1 << 16
_BITS: Final = {"PCM_S8": 16, "PCM_U8": 16, "ALAW": 16, "ULAW": 16, "PCM_16": 16, "PCM_24": 24, "PCM_32": 32}
_EXACT_SEEK: Final = frozenset({"AIFF", "AU", "CAF", "FLAC", "RF64", "W64", "WAV", "WAVEX"})
_FLOATS: Final = {32: "<f4", 64: "<f8"}

Values = npt.NDArray[Any]


@dataclass(frozen=True)
class Form:
    """How samples are stored: so many bits, whole numbers or not."""

    bits: int
    floating: bool = False

    def joined(self, other: "Form") -> "Form":
        """One that holds both exactly."""
        floating, bits = self.floating or other.floating, max(self.bits, other.bits)
        if floating and any(not form.floating and form.bits > 24 for form in (self, other)):
            return Form(64, True)
        return Form(bits if bits in _FLOATS else 32, True) if floating else Form(bits)


@dataclass(frozen=True)
class FilePart:
    """Samples ``start <= n < stop`` of a file."""

    path: Path
    start: int
    stop: int


@dataclass(frozen=True, eq=False)
class Layout:
    """A file to write: its pieces one after the other.

    Parameters
    ----------
    pieces
        Parts of files with this rate and these channels, and new samples ``[C, T]``.
    """

    pieces: tuple[FilePart | Samples, ...]
    sample_rate: int
    channels: int
    form: Form

    @property
    def length(self) -> int:
        """Samples per channel."""
        return sum(p.stop - p.start if isinstance(p, FilePart) else int(p.shape[1]) for p in self.pieces)


def form_of(path: Path) -> Form:
    """That of a file; what is no plain PCM is decoded to floating point."""
    try:
        with open_soundfile(path) as file:
            subtype = str(file.subtype)
    except (soundfile.SoundFileError, RuntimeError, OSError):
        return Form(32, True)
    return Form(64, True) if subtype == "DOUBLE" else Form(_BITS[subtype]) if subtype in _BITS else Form(32, True)


@dataclass(frozen=True, eq=False)
class _Described:
    extent: Layout
    tags: Tags
    provenance: Provenance


class PatchedWriter(PackWriter):
    """A pack whose sounds are written from their layouts, each with its own rate and bit depth.

    Parameters
    ----------
    layouts
        By job.
    """

    def __init__(self, folder: Path, *, layouts: Mapping[str, Layout], **settings: Any) -> None:
        super().__init__(folder, **settings)
        self._layouts = layouts

    def add(self, sound: Sound, *, job: str = "", verdict: Verdict | None = None, redraws: int = 0) -> FileEntry:
        """See `PackWriter.add`."""
        finished = self.done(job) if job else None
        if finished is not None:
            return finished
        layout, place = self._layouts[job], self._place(sound.tags, job)
        described = _Described(layout, place.titled(sound.tags), sound.provenance)
        wav = _PatchedWav(described, label=self.name, date=self.date)
        if self._is_free(place.path, size=wav.size, content=wav.measure):
            content = wav.write(files.resolve_inside(self.folder, place.path))
        else:
            content = wav.measure()
        bits, self.bit_depth = self.bit_depth, layout.form.bits  # the manifest tells this file's own
        try:
            return self._note(described, place, content, job=job, verdict=verdict, redraws=redraws)
        finally:
            self.bit_depth = bits

    def _has_format(self, entry: FileEntry) -> bool:
        return entry.tagged == self.tagged


class _PatchedWav:
    """A tagged WAV file of a layout, not yet written."""

    def __init__(self, sound: _Described, *, label: str, date: str) -> None:
        self._layout = layout = sound.extent
        form = layout.form
        before, after = tagged_chunks(sound, bit_depth=16, label=label, date=date)
        width = layout.channels * form.bits // 8
        head = struct.pack(
            "<HHIIHH", 3 if form.floating else 1, layout.channels, layout.sample_rate, layout.sample_rate * width,
            width, form.bits,
        )  # fmt: skip
        chunks = [(name, head if name == b"fmt " else payload) for name, payload in before]
        if form.floating:
            chunks.insert(1, (b"fact", struct.pack("<I", layout.length)))
        data = layout.length * width
        first = b"".join(encode_chunk(*chunk) for chunk in chunks)
        self._tail = b"\0" * (data % 2) + b"".join(encode_chunk(*chunk) for chunk in after)
        self._head = riff_header(len(first) + 8 + data + len(self._tail)) + first + struct.pack("<4sI", b"data", data)
        self.size = len(self._head) + data + len(self._tail)

    def write(self, path: Path) -> Written:
        digest = hashlib.sha256()

        def write_all(file: BinaryIO) -> None:
            for piece in self._bytes():
                digest.update(piece)
                file.write(piece)

        files.write_atomically(path, write_all)
        return Written(digest.hexdigest(), self.size)

    def measure(self) -> Written:
        digest = hashlib.sha256()
        for piece in self._bytes():
            digest.update(piece)
        return Written(digest.hexdigest(), self.size)

    def _bytes(self) -> Iterator[bytes]:
        form = self._layout.form
        yield self._head
        for piece in self._layout.pieces:
            blocks = _blocks(piece, form) if isinstance(piece, FilePart) else iter([_values(piece.T, form)])
            for values in blocks:
                yield encode(values, form)
        yield self._tail


def encode(values: Values, form: Form) -> bytes:
    """Interleaved bytes of ``[T, C]`` whole numbers of `form.bits` bits, or floating point values."""
    if form.floating:
        return bytes(values.astype(_FLOATS[form.bits]).tobytes())
    whole = np.ascontiguousarray(values, "<i4")
    if form.bits == 24:
        return bytes(np.ascontiguousarray(whole.view(np.uint8).reshape(-1, 4)[:, :3]).tobytes())
    return bytes(whole.astype(f"<i{form.bits // 8}").tobytes())


def _values(samples: npt.NDArray[np.floating], form: Form) -> Values:
    """New samples ``[T, C]`` in a form: rounded once, clipped at full scale."""
    if form.floating:
        return samples.astype(np.float64)
    full = 2.0 ** (form.bits - 1)
    return np.clip(np.rint(samples.astype(np.float64) * full), -full, full - 1).astype(np.int64).astype(np.int32)


def _blocks(part: FilePart, form: Form) -> Iterator[Values]:
    try:
        file = open_soundfile(part.path)
    except (soundfile.SoundFileError, RuntimeError, OSError):
        yield from _decoded(part, form)
        return
    with file:
        if file.subtype not in _BITS and file.subtype not in ("FLOAT", "DOUBLE"):
            yield from _decoded(part, form)
            return
        skipped = 0 if file.format in _EXACT_SEEK else part.start
        file.seek(part.start - skipped)
        while skipped:
            skipped -= len(file.read(min(skipped, _BLOCK)))
        for start in range(part.start, part.stop, _BLOCK):
            count = min(_BLOCK, part.stop - start)
            kind = "float64" if form.floating else "int32"
            values = file.read(count, dtype=kind, always_2d=True)
            if len(values) != count:
                raise AudioReadError(f"{part.path} ended while it was copied. Do not change it meanwhile.")
            yield values if form.floating else values >> (32 - form.bits)


def _decoded(part: FilePart, form: Form) -> Iterator[Values]:
    with open_source(part.path) as source:
        for start in range(part.start, part.stop, _BLOCK):
            yield _values(source.read(start, min(start + _BLOCK, part.stop)).T, form)


def joined_form(paths: Sequence[Path]) -> Form:
    """One form that holds all files exactly."""
    form = form_of(paths[0])
    for path in paths[1:]:
        form = form.joined(form_of(path))
    return form

"""The sounds that are encoded: one-shots of a library at three pitches, rendered loops, loops of the library."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import soxr

from samplegen.audio.io import read_audio
from samplegen.audio.types import Audio
from samplegen.conditioning.embedder import TagEmbedder
from samplegen.conditioning.vocabulary import LOOP_KINDS, ONE_SHOT_KINDS, STYLES
from samplegen.errors import InputError
from samplegen.post.fades import fade_out
from samplegen.post.loudness import normalise_peak
from samplegen.training.clap.facts import Facts, facts_of_loop, facts_of_record
from samplegen.training.encoding.latents import SoundToEncode
from samplegen.training.rendering.render_folder import read_index
from samplegen.training.sources.library import PEAK_DB, Library, Record, load_library
from samplegen.training.sources.recorded_loops import BEATS_PER_BAR, loop_kind, read_ring, recorded_loops, whole_bars
from samplegen.units import seconds_to_samples

SEMITONES = (0.0, -2.0, 2.0)
_FADE_MS = 10.0

RenderedFolder = tuple[Path, dict[str, Any], list[dict[str, Any]]]


@dataclass(frozen=True)
class OneShotFile:
    """A file of a library: one sound, which is encoded at each of `SEMITONES`."""

    path: Path
    record: Record


@dataclass(frozen=True)
class LoopFile:
    """A loop of a rendered folder: its entry in the index, and the folder's split."""

    folder: Path
    split: str
    entry: dict[str, Any]


@dataclass(frozen=True)
class RecordedLoopFile:
    """A loop of a library that holds whole bars."""

    library: Path
    record: Record


SoundFile = OneShotFile | LoopFile | RecordedLoopFile


class Material:
    """What is encoded: one-shots of a library, the loops of rendered folders, then the library's own loops.

    Attributes
    ----------
    left_out
        Loops of the library that cannot be learned from (`recorded_loops`).
    """

    def __init__(self, library: Library, folders: Sequence[RenderedFolder]) -> None:
        self.library, self._folders = library, folders
        self._records = library.select(kinds=ONE_SHOT_KINDS)
        self._recorded, self.left_out = recorded_loops(library)
        self._words = TagEmbedder()

    @classmethod
    def read(cls, library: Path, loops: Sequence[Path]) -> "Material":
        """The sounds of a scanned library and the loops of rendered folders."""
        return cls(load_library(library).library, [(folder, *read_index(folder)) for folder in loops])

    def __len__(self) -> int:
        rendered = sum(len(entries) for _, _, entries in self._folders)
        return len(self._records) * len(SEMITONES) + rendered + len(self._recorded)

    def files(self) -> Iterator[SoundFile]:
        """Every file in order, by paths that hold from anywhere."""
        for record in self._records:
            yield OneShotFile(self.library.path_of(record).absolute(), record)
        for folder, head, entries in self._folders:
            for entry in entries:
                yield LoopFile(folder.absolute(), head["split"], entry)
        for record in self._recorded:
            yield RecordedLoopFile(self.library.folder.absolute(), record)

    def sounds(self, *, sample_rate: int, window_s: float) -> Iterator[SoundToEncode]:
        """Every sound in order; one-shots are cut to `window_s`."""
        for file in self.files():
            yield from sounds_of(file, self._words, sample_rate=sample_rate, window_s=window_s)

    def facts(self) -> list[Facts]:
        """What is known of each of `sounds`."""
        found = [facts_of_record(record, tags=self._words) for record in self._records for _ in SEMITONES]
        for folder, head, entries in self._folders:
            with _index_of(folder):
                found += [facts_of_loop(entry, split=head["split"], tags=self._words) for entry in entries]
        for record in self._recorded:
            kind = loop_kind(record, self._words)
            found.append(facts_of_record(replace(record, kind=kind), tags=self._words))
        return found


@contextmanager
def _index_of(folder: Path) -> Iterator[None]:
    try:
        yield
    except (KeyError, TypeError, IndexError) as error:
        raise InputError(f"The index in {folder} is damaged ({error!r}). Render the loops again.") from error


def sounds_of(file: SoundFile, words: TagEmbedder, *, sample_rate: int, window_s: float) -> Iterator[SoundToEncode]:
    """What a file gives: a loop, or a one-shot cut to `window_s` at each of `SEMITONES`."""
    if isinstance(file, OneShotFile):
        yield from _one_shots(file, words, sample_rate=sample_rate, window_s=window_s)
    elif isinstance(file, RecordedLoopFile):
        yield _recorded_loop(file, words, sample_rate=sample_rate)
    else:
        with _index_of(file.folder):
            sound = _loop(file, words, sample_rate=sample_rate)
        yield sound


def _loop(file: LoopFile, words: TagEmbedder, *, sample_rate: int) -> SoundToEncode:
    entry = file.entry
    audio = read_audio(file.folder / entry["path"], sample_rate=sample_rate, mono=True)
    known = words.parse(", ".join(entry["tags"])).known
    extra = tuple(tag for tag in known if tag not in (*ONE_SHOT_KINDS, *LOOP_KINDS, entry["style"]))
    return SoundToEncode(
        audio, entry["kind"], (entry["kind"], entry["style"], *extra), loop=True, split=file.split,
        source=f"{file.folder.name}/{entry['index']}", bpm=entry["bpm"], bars=entry["bars"],
        beats_per_bar=entry["meter"][0],
    )  # fmt: skip


def _recorded_loop(file: RecordedLoopFile, words: TagEmbedder, *, sample_rate: int) -> SoundToEncode:
    record, kind = file.record, loop_kind(file.record, words)
    known = [tag for tag in words.parse(record.caption).known if tag not in (*ONE_SHOT_KINDS, *LOOP_KINDS)]
    styles_first = sorted(known, key=lambda tag: tag not in STYLES)
    return SoundToEncode(
        read_ring(Library(file.library, ()), record, sample_rate=sample_rate), kind, (kind, *styles_first), loop=True,
        split=record.split, source=record.source, bpm=record.bpm or 0.0, bars=whole_bars(record) or 0,
        beats_per_bar=BEATS_PER_BAR,
    )  # fmt: skip


def _one_shots(file: OneShotFile, words: TagEmbedder, *, sample_rate: int, window_s: float) -> Iterator[SoundToEncode]:
    record = file.record
    audio = read_audio(file.path, sample_rate=sample_rate, mono=True, max_seconds=2 * window_s)
    extra = tuple(tag for tag in words.parse(record.caption).known if tag not in (*ONE_SHOT_KINDS, *LOOP_KINDS))
    for semitones in SEMITONES:
        played = _at_speed(audio, 2.0 ** (semitones / 12.0), window_s=window_s)
        yield SoundToEncode(
            played, record.kind, (record.kind, *extra), loop=False, split=record.split, source=record.source
        )


def _at_speed(audio: Audio, speed: float, *, window_s: float) -> Audio:
    """Faster or slower, cut to the window with a short fade, at a fixed peak."""
    samples = audio.samples
    if speed != 1.0:
        rate = float(audio.sample_rate)
        samples = soxr.resample(samples.T, rate * speed, rate, quality="HQ").T.astype(np.float32)
    most = seconds_to_samples(window_s, sample_rate=audio.sample_rate)
    cut = audio.with_samples(np.ascontiguousarray(samples[:, :most]))
    if samples.shape[1] > most:
        cut = fade_out(cut, fade_ms=_FADE_MS)
    return normalise_peak(cut, peak_db=PEAK_DB)

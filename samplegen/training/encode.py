"""``samplegen data encode``: one-shots of a library and rendered loops to a `LatentSet`."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import soxr

from samplegen.audio.io import read_audio
from samplegen.audio.types import Audio
from samplegen.codec import load_codec
from samplegen.codec.base import Codec
from samplegen.conditioning.embedder import TagEmbedder
from samplegen.conditioning.vocabulary import LOOP_KINDS, ONE_SHOT_KINDS
from samplegen.errors import InputError
from samplegen.post.fades import fade_out
from samplegen.post.loudness import normalise_peak
from samplegen.training.latents import LatentSet, SoundToEncode, encode_sounds
from samplegen.training.library import Library, Record, load_library
from samplegen.training.render_folder import read_index
from samplegen.units import seconds_to_samples

ONE_SHOT_SECONDS = 2.2
PEAK_DB = -1.0
SEMITONES = (0.0, -2.0, 2.0)
_FADE_MS = 10.0
_WHOLE = 8  # a window that every U-Net divides

RenderedFolder = tuple[Path, dict[str, Any], list[dict[str, Any]]]
Report = Callable[[float, float | None], None]


@dataclass(frozen=True)
class EncodeResult:
    """Where the latents went and what they hold."""

    folder: Path
    one_shots: int
    loops: int
    frames: int


def encode_library(
    library: Path,
    *,
    codec: str,
    out: Path,
    loops: Sequence[Path] = (),
    one_shot_seconds: float = ONE_SHOT_SECONDS,
    progress: Report | None = None,
) -> EncodeResult:
    """Encode a library's one-shots (each also two semitones lower and higher) and rendered loops.

    Parameters
    ----------
    loops
        Folders that `render_to_folder` wrote; each item keeps its folder's split.
    one_shot_seconds
        Window of a one-shot.

    Raises
    ------
    InputError, ModelError
        If a library, folder or codec is unusable.
    """
    coder = load_codec(codec)
    scanned = load_library(library).library
    records = scanned.select(kinds=ONE_SHOT_KINDS)
    frames = _WHOLE * max(1, round(one_shot_seconds * coder.sample_rate / (_WHOLE * coder.hop_length)))
    folders = [(folder, *read_index(folder)) for folder in loops]
    total = len(records) * len(SEMITONES) + sum(len(entries) for _, _, entries in folders)
    window_s = min(one_shot_seconds, frames * coder.hop_length / coder.sample_rate)
    sounds = _counted(_all_sounds(scanned, records, folders, coder, window_s=window_s), total, progress)
    latents = LatentSet.collect(
        encode_sounds(sounds, coder, one_shot_frames=frames), coder, one_shot_frames=frames,
        licences={record.licence for record in scanned.records},
        attributions={record.attribution for record in scanned.records if record.licence.startswith("CC-BY")},
    )  # fmt: skip
    latents.save(out)
    shots = sum(not item.loop for item in latents.items)
    return EncodeResult(out, shots, len(latents.items) - shots, latents.values.shape[0])


def _all_sounds(
    library: Library, records: Sequence[Record], folders: Sequence[RenderedFolder], codec: Codec, *, window_s: float
) -> Iterator[SoundToEncode]:
    words = TagEmbedder()
    for record in records:
        yield from _one_shots(library, record, words, sample_rate=codec.sample_rate, window_s=window_s)
    for folder, head, entries in folders:
        for entry in entries:
            try:
                yield _loop(folder, head, entry, words, sample_rate=codec.sample_rate)
            except (KeyError, TypeError, IndexError) as error:
                raise InputError(f"The index in {folder} is damaged ({error!r}). Render the loops again.") from error


def _loop(
    folder: Path, head: dict[str, Any], entry: dict[str, Any], words: TagEmbedder, *, sample_rate: int
) -> SoundToEncode:
    audio = read_audio(folder / entry["path"], sample_rate=sample_rate, mono=True)
    known = words.parse(", ".join(entry["tags"])).known
    extra = tuple(tag for tag in known if tag not in (*ONE_SHOT_KINDS, *LOOP_KINDS, entry["style"]))
    return SoundToEncode(
        audio, entry["kind"], (entry["kind"], entry["style"], *extra), loop=True, split=head["split"],
        source=f"{folder.name}/{entry['index']}", bpm=entry["bpm"], bars=entry["bars"],
        beats_per_bar=entry["meter"][0],
    )  # fmt: skip


def _one_shots(
    library: Library, record: Record, words: TagEmbedder, *, sample_rate: int, window_s: float
) -> Iterator[SoundToEncode]:
    audio = read_audio(library.path_of(record), sample_rate=sample_rate, mono=True, max_seconds=2 * window_s)
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


def _counted(sounds: Iterator[SoundToEncode], total: int, progress: Report | None) -> Iterator[SoundToEncode]:
    for count, sound in enumerate(sounds, start=1):
        yield sound
        if progress is not None:
            progress(count, total)

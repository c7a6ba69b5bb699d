"""``samplegen data encode`` and ``caption``: one-shots and rendered loops to a `LatentSet`, with CLAP's vectors."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import soxr

from samplegen.audio.io import read_audio
from samplegen.audio.types import Audio
from samplegen.codec import load_codec
from samplegen.conditioning.clap import load_clap
from samplegen.conditioning.embedder import TagEmbedder
from samplegen.conditioning.vocabulary import LOOP_KINDS, ONE_SHOT_KINDS
from samplegen.errors import InputError
from samplegen.post.fades import fade_out
from samplegen.post.loudness import normalise_peak
from samplegen.training.condition_vectors import Listener
from samplegen.training.facts import Facts, facts_of_loop, facts_of_record
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


@dataclass(frozen=True)
class CaptionResult:
    """Where the vectors went, of how many sounds, and of which CLAP."""

    folder: Path
    sounds: int
    clap: str


def encode_library(
    library: Path,
    *,
    codec: str,
    out: Path,
    loops: Sequence[Path] = (),
    one_shot_seconds: float = ONE_SHOT_SECONDS,
    clap: str | None = None,
    progress: Report | None = None,
) -> EncodeResult:
    """Encode a library's one-shots (each also two semitones lower and higher) and rendered loops.

    Parameters
    ----------
    loops
        Folders that `render_to_folder` wrote; each item keeps its folder's split.
    one_shot_seconds
        Window of a one-shot.
    clap
        Also keep this CLAP's vectors of each sound and of texts about it.

    Raises
    ------
    InputError, ModelError
        If a library, folder, codec or CLAP is unusable.
    """
    coder = load_codec(codec)
    material = Material.read(library, loops)
    listener = None if clap is None else Listener(load_clap(clap), material.facts())
    frames = _WHOLE * max(1, round(one_shot_seconds * coder.sample_rate / (_WHOLE * coder.hop_length)))
    window_s = min(one_shot_seconds, frames * coder.hop_length / coder.sample_rate)
    sounds = material.sounds(sample_rate=coder.sample_rate, window_s=window_s)
    heard = sounds if listener is None else listener.listen(sounds)
    steps = len(material) * (1 if listener is None else 2)
    latents = LatentSet.collect(
        encode_sounds(_counted(heard, steps, progress), coder, one_shot_frames=frames), coder, one_shot_frames=frames,
        licences={record.licence for record in material.library.records},
        attributions={r.attribution for r in material.library.records if r.licence.startswith("CC-BY")},
    )  # fmt: skip
    if listener is not None:
        latents = listener.tell(latents, on_sounds=_second_half(steps, progress))
    latents.save(out)
    shots = sum(not item.loop for item in latents.items)
    return EncodeResult(out, shots, len(latents.items) - shots, latents.values.shape[0])


def caption_latents(
    folder: Path, *, library: Path, clap: str, loops: Sequence[Path] = (), progress: Report | None = None
) -> CaptionResult:
    """Add a CLAP's vectors to encoded sounds without encoding again; former vectors are replaced.

    Parameters
    ----------
    folder
        What `encode_library` wrote.
    library, loops
        What it was made from, in the same order.

    Raises
    ------
    InputError, ModelError
        If one of them is unusable or the sounds are not those of `folder`.
    """
    latents, material = LatentSet.load(folder), Material.read(library, loops)
    if len(material) != len(latents.items):
        raise _other_sounds(folder, f"{len(latents.items)} sounds, not {len(material)}")
    listener = Listener(load_clap(clap), material.facts())
    sounds = material.sounds(
        sample_rate=int(latents.header.get("sample_rate", 44_100)),
        window_s=min(ONE_SHOT_SECONDS, latents.one_shot_frames / latents.frame_rate),
    )
    steps = 2 * len(material)
    heard = _counted(listener.listen(sounds), steps, progress)
    for number, (item, sound) in enumerate(zip(latents.items, heard, strict=True)):
        if (item.kind, item.tags, item.split, item.source) != (sound.kind, sound.tags, sound.split, sound.source):
            raise _other_sounds(folder, f"the {item.kind} of {item.source} as number {number}, not a {sound.kind}")
    told = listener.tell(latents, on_sounds=_second_half(steps, progress))
    told.save_vectors(folder)
    return CaptionResult(folder, len(told.items), told.header["clap"]["name"])


def _second_half(steps: int, progress: Report | None) -> Callable[[int], None] | None:
    return None if progress is None else lambda done: progress(steps // 2 + done, steps)


def _other_sounds(folder: Path, found: str) -> InputError:
    return InputError(
        f"The folder {folder} was not made from this library and these loops: it holds {found}. "
        "Name the same --loops in the same order, or encode again."
    )


class Material:
    """What is encoded: one-shots of a library, then the loops of rendered folders."""

    def __init__(self, library: Library, folders: Sequence[RenderedFolder]) -> None:
        self.library, self._folders = library, folders
        self._records = library.select(kinds=ONE_SHOT_KINDS)
        self._words = TagEmbedder()

    @classmethod
    def read(cls, library: Path, loops: Sequence[Path]) -> "Material":
        """The one-shots of a scanned library and the loops of rendered folders."""
        return cls(load_library(library).library, [(folder, *read_index(folder)) for folder in loops])

    def __len__(self) -> int:
        return len(self._records) * len(SEMITONES) + sum(len(entries) for _, _, entries in self._folders)

    def sounds(self, *, sample_rate: int, window_s: float) -> Iterator[SoundToEncode]:
        """Every sound in order; one-shots are cut to `window_s`."""
        for record in self._records:
            yield from _one_shots(self.library, record, self._words, sample_rate=sample_rate, window_s=window_s)
        for folder, head, entries in self._folders:
            for entry in entries:
                with _index_of(folder):
                    sound = _loop(folder, head, entry, self._words, sample_rate=sample_rate)
                yield sound

    def facts(self) -> list[Facts]:
        """What is known of each of `sounds`."""
        found = [facts_of_record(record, tags=self._words) for record in self._records for _ in SEMITONES]
        for folder, head, entries in self._folders:
            with _index_of(folder):
                found += [facts_of_loop(entry, split=head["split"], tags=self._words) for entry in entries]
        return found


@contextmanager
def _index_of(folder: Path) -> Iterator[None]:
    try:
        yield
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

"""``samplegen data remember``: fingerprints of training sounds beside the model that learned from them."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch

from samplegen.audio.io import read_audio
from samplegen.audio.types import Audio
from samplegen.checkpoints.companions import record_companion
from samplegen.checkpoints.locations import CONFIG_FILE, find_model
from samplegen.checkpoints.schema import read_json_object
from samplegen.codec import load_codec
from samplegen.codec.base import Codec
from samplegen.conditioning.vocabulary import ONE_SHOT_KINDS
from samplegen.errors import InputError, ModelInvalidError, UsageError
from samplegen.pack.memorisation.guard import SPEEDS
from samplegen.pack.memorisation.memory import RENDERED, Fingerprints, make_fingerprints, save_memory
from samplegen.pack.memorisation.pictures import Float32, hear_one_shot, picture_loop
from samplegen.post.loudness import normalise_peak
from samplegen.post.trim import trim_one_shot
from samplegen.training.encoding.encode import ONE_SHOT_SECONDS
from samplegen.training.rendering.render_folder import read_index
from samplegen.training.sources.library import PEAK_DB, load_library
from samplegen.training.sources.recorded_loops import BEATS_PER_BAR, read_ring, recorded_loops, whole_bars
from samplegen.units import seconds_to_samples

DIMENSION: Final = 128
PERCENTILE: Final = 1.0
_READ_S: Final = 2 * ONE_SHOT_SECONDS
_WHOLE: Final = 8  # a window that every codec divides
Report = Callable[[float, float | None], None]


@dataclass(frozen=True)
class FormFacts:
    """What a model remembers of one form.

    Parameters
    ----------
    trained, held_out
        How many sounds of each split there are.
    limit
        The `PERCENTILE` of the distances of held-out sounds to the nearest training one.
    median
        Of the same distances (one-shots: of held-out sounds as the model's codec renders them).
    nearest
        Held-out sounds, their nearest training sound and the distance, of the pairs that are nearest.
    """

    trained: int
    held_out: int
    limit: float
    median: float
    nearest: tuple[tuple[str, str, float], ...]


@dataclass(frozen=True)
class MemoryResult:
    """Where the memory went and what it holds, by form."""

    file: Path
    size_bytes: int
    forms: dict[str, FormFacts]


@dataclass(frozen=True)
class _Heard:
    """Pictures ``[alignments, bars, cells]`` of a sound; `asked` are those of it as a model would bring it."""

    name: str
    form: str
    split: str
    pictures: Float32
    asked: Float32


def remember(
    library: Path, *, model: str | Path, loops: Sequence[Path] = (), progress: Report | None = None
) -> MemoryResult:
    """Write ``memory.safetensors`` into a model's folder and record it in its configuration.

    Parameters
    ----------
    library
        The library that the model learned from, with its recorded loops; its held-out one-shots settle the limit.
    loops
        Rendered folders, training and held-out ones.

    Raises
    ------
    InputError, ModelError
        If one of them is unusable.
    UsageError
        If there are no held-out sounds of a form that there are training sounds of.
    """
    folder = find_model(model)
    config = read_json_object(folder / CONFIG_FILE)
    heard = list(_hear(library, loops, codec=_codec_of(config, folder), progress=progress))
    forms, facts = {}, {}
    for form in sorted({sound.form for sound in heard}):
        forms[form], facts[form] = _form([sound for sound in heard if sound.form == form], form=form)
    file = save_memory(folder, forms, model_hash=str(config.get("sha256")))
    record_companion(folder, file.name)
    return MemoryResult(file, file.stat().st_size, facts)


def _form(heard: Sequence[_Heard], *, form: str) -> tuple[Fingerprints, FormFacts]:
    trained = [sound for sound in heard if sound.split == "train"]
    held_out = [sound for sound in heard if sound.split != "train"]
    if not held_out:
        raise UsageError(
            f"There are no held-out sounds of the form {form}, so no limit can be measured. "
            "Render some with: samplegen data render --split held_out"
        )
    known = make_fingerprints(
        [sound.pictures[0] for sound in trained],
        form=form,
        names=[sound.name for sound in trained],
        dimension=DIMENSION,
    )
    near = [(sound.name, *known.nearest(sound.asked)) for sound in held_out]
    distances = [distance for _, distance, _ in near]
    limit = float(np.percentile(distances, PERCENTILE))
    nearest = sorted(((name, known.names[index], distance) for name, distance, index in near), key=lambda pair: pair[2])
    facts = FormFacts(len(trained), len(held_out), limit, float(np.median(distances)), tuple(nearest[:8]))
    return replace(known, limit=limit), facts


def _codec_of(config: Mapping[str, Any], folder: Path) -> Codec:
    codec = config.get("codec")
    if not isinstance(codec, dict) or not isinstance(codec.get("name"), str):
        raise ModelInvalidError(f"{folder} is no generator with a codec. Choose another --model.")
    return load_codec(codec["name"])


def _hear(library: Path, loops: Sequence[Path], *, codec: Codec, progress: Report | None) -> Iterator[_Heard]:
    scanned = load_library(library).library
    records = scanned.select(kinds=ONE_SHOT_KINDS)
    folders = [(folder, *read_index(folder)) for folder in loops]
    recorded, _ = recorded_loops(scanned)
    total = len(records) + sum(len(entries) for _, _, entries in folders) + len(recorded)
    done = 0
    for record in records:
        audio = read_audio(scanned.path_of(record), sample_rate=codec.sample_rate, mono=True, max_seconds=_READ_S)
        original, rendered = _pictures(audio), _pictures(_render(audio, codec))
        yield _Heard(record.path, "one_shot", record.split, original, rendered)
        yield _Heard(record.path, RENDERED, record.split, rendered, rendered)
        done = _tell(progress, done, total)
    for folder, head, entries in folders:
        for entry in entries:
            yield _loop(folder, entry, split=str(head.get("split")))
            done = _tell(progress, done, total)
    for record in recorded:
        ring = read_ring(scanned, record, sample_rate=codec.sample_rate)
        yield _heard_loop(record.path, ring, bars=whole_bars(record) or 1, beats=BEATS_PER_BAR, split=record.split)
        done = _tell(progress, done, total)


def _pictures(audio: Audio) -> Float32:
    spectrum = hear_one_shot(audio)
    return np.stack([spectrum.picture(speed=speed) for speed in SPEEDS])[:, None]


def _render(audio: Audio, codec: Codec) -> Audio:
    """A one-shot as it leaves the codec, finished as the generator's are."""
    most = min(audio.length, seconds_to_samples(ONE_SHOT_SECONDS, sample_rate=codec.sample_rate))
    whole = _WHOLE * codec.hop_length
    samples = np.zeros((1, 1, whole * (most // whole + 1)), np.float32)
    peaked = normalise_peak(audio.with_samples(audio.samples[:, :most]), peak_db=PEAK_DB)
    samples[0, :, :most] = peaked.samples
    with torch.inference_mode():
        decoded = codec.decode(codec.encode(torch.from_numpy(samples), loop=False))
    return trim_one_shot(Audio(decoded[0].numpy(), codec.sample_rate))


def _loop(folder: Path, entry: Mapping[str, Any], *, split: str) -> _Heard:
    try:
        path, bars, beats = Path(entry["path"]), int(entry["bars"]), int(entry["meter"][0])
    except (KeyError, TypeError, IndexError, ValueError) as error:
        raise InputError(f"The index in {folder} is damaged ({error!r}). Render the loops again.") from error
    return _heard_loop(path.stem, read_audio(folder / path, mono=True), bars=bars, beats=beats, split=split)


def _heard_loop(name: str, ring: Audio, *, bars: int, beats: int, split: str) -> _Heard:
    pictures = picture_loop(ring, bars=bars, beats=beats)
    pictures = pictures[:1] if split == "train" else pictures
    return _Heard(name, "loop", split, pictures, pictures)


def _tell(progress: Report | None, done: int, total: int) -> int:
    if progress is not None:
        progress(done + 1, total)
    return done + 1

"""Three recordings of 30 s, put together from a library of sounds: what engines are measured on."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain, zip_longest
from pathlib import Path

import numpy as np

from samplegen.audio.io import read_audio
from samplegen.audio.types import Audio, Samples
from samplegen.errors import InputError
from samplegen.units import seconds_to_samples

SECONDS = 30.0
SAMPLE_RATE = 44_100
_FADE_S = 0.002  # files follow each other without a step
_PANS = (0.5, 0.35, 0.65, 0.45, 0.55)  # a mono file's place, so that the channels of a recording differ


@dataclass(frozen=True)
class _Part:
    """Where a recording's files come from: folders taken in turn, every `stride`-th file, `longest_s` of each."""

    folders: tuple[str, ...]
    stride: int
    longest_s: float


_PARTS = {
    "drums": _Part(("ccby/loops/waivops_edm_tr8", "ccby/loops/waivops_pop_rok"), stride=2, longest_s=4.0),
    "melodic": _Part(
        ("oneshots/piano", "oneshots/guitar", "oneshots/strings", "oneshots/mallet"), stride=7, longest_s=1.2
    ),
    "mixed": _Part(("loops/cc0_beats",), stride=3, longest_s=6.0),
}


def make_recordings(folder: Path) -> dict[str, Audio]:
    """The recordings "drums", "melodic" and "mixed", ``[2, 30 s]`` at 44.1 kHz, always the same.

    Parameters
    ----------
    folder
        A library laid out as shared/audio: ``oneshots``, ``loops``, ``ccby``.

    Raises
    ------
    InputError
        If the folder does not hold the files they are made of.
    """
    return {name: _assemble(_files(folder, part), longest_s=part.longest_s) for name, part in _PARTS.items()}


def _files(folder: Path, part: _Part) -> list[Path]:
    groups = [sorted((folder / name).glob("*.flac"))[:: part.stride] for name in part.folders]
    for name, group in zip(part.folders, groups, strict=True):
        if not group:
            raise InputError(f"{folder / name} holds no FLAC files. Name the folder of the shared audio library.")
    return [path for path in chain.from_iterable(zip_longest(*groups)) if path is not None]


def _assemble(paths: Sequence[Path], *, longest_s: float) -> Audio:
    """Files one after the other, from the first again when they do not suffice."""
    wanted = seconds_to_samples(SECONDS, sample_rate=SAMPLE_RATE)
    made = np.zeros((2, wanted), np.float32)
    position = number = 0
    while position < wanted:
        audio = read_audio(paths[number % len(paths)], sample_rate=SAMPLE_RATE, max_seconds=longest_s)
        clip = _faded(_stereo(audio, pan=_PANS[number % len(_PANS)]))[:, : wanted - position]
        made[:, position : position + clip.shape[1]] = clip
        position += clip.shape[1]
        number += 1
    return Audio(made, SAMPLE_RATE)


def _stereo(audio: Audio, *, pan: float) -> Samples:
    if audio.channels > 1:
        return audio.samples[:2].copy()
    gains = np.array([[1.0 - pan], [pan]], np.float32) / max(pan, 1.0 - pan)
    return np.asarray(audio.samples * gains, np.float32)


def _faded(samples: Samples) -> Samples:
    length = min(samples.shape[1] // 2, seconds_to_samples(_FADE_S, sample_rate=SAMPLE_RATE))
    curve = np.linspace(0.0, 1.0, length, endpoint=False, dtype=np.float32)
    samples[:, :length] *= curve
    samples[:, samples.shape[1] - length :] *= curve[::-1]
    return samples

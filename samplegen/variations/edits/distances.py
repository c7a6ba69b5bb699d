"""How far an edit is from its source, in three ways (specs/applications.md §2)."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from samplegen.audio.features import log_mel_db
from samplegen.audio.resample import resample
from samplegen.audio.types import Audio
from samplegen.units import seconds_to_samples

if TYPE_CHECKING:
    from samplegen.conditioning.embedder import Embedder

SAMPLE_RATE: Final = 44_100
# FFT size and mel bands; a hop is a quarter of the FFT.
RESOLUTIONS: Final = ((512, 40), (1024, 64), (2048, 96))
RANGE_DB: Final = 60.0
HEARD_S: Final = 1.5
_LEVEL: Final = 0.1
_ENVELOPE_S: Final = 0.005

Float32 = npt.NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Picture:
    """Log-mel levels of a sound at equal energy, ``[bands, frames]`` for each of `RESOLUTIONS`."""

    levels: tuple[Float32, ...]


def picture(audio: Audio) -> Picture:
    """What `d_spec` compares: mono, the first 1.5 s from sample 0, RMS at -20 dB, 60 dB deep.

    Onsets are expected at the same place; see `samplegen.variations.edits.alignment`.
    """
    mono = resample(audio.mono(), sample_rate=SAMPLE_RATE)
    samples = mono.samples[:, : seconds_to_samples(HEARD_S, sample_rate=SAMPLE_RATE)]
    rms = float(np.sqrt(np.square(samples.astype(np.float64)).mean())) if samples.size else 0.0
    level = mono.with_samples(samples * np.float32(_LEVEL / rms) if rms > 0.0 else samples)
    made = []
    for size, bands in RESOLUTIONS:
        levels = log_mel_db(level, n_fft=size, hop_length=size // 4, n_mels=bands)
        made.append(np.maximum(levels, levels.max() - RANGE_DB))
    return Picture(tuple(made))


def d_spec(first: Picture, second: Picture) -> float:
    """Mean absolute difference in dB, over the cells where either is heard and over three resolutions."""
    found = []
    for one, other in zip(first.levels, second.levels, strict=True):
        frames = min(one.shape[1], other.shape[1])
        one, other = one[:, :frames], other[:, :frames]
        heard = (one > one.max() - RANGE_DB) | (other > other.max() - RANGE_DB)
        found.append(float(np.abs(one - other)[heard].mean()) if heard.any() else 0.0)
    return float(np.mean(found))


def pairwise(pictures: Sequence[Picture]) -> list[float]:
    """`d_spec` of every pair."""
    return [d_spec(one, other) for one, other in combinations(pictures, 2)]


def d_env(first: Audio, second: Audio) -> float:
    """Mean absolute difference in dB of the levels in steps of 5 ms, down to 60 dB below the louder one's highest."""
    levels = [_levels_db(audio) for audio in (first, second)]
    length = min(map(len, levels))
    floor = max(level.max(initial=-200.0) for level in levels) - RANGE_DB
    one, other = (np.maximum(level[:length], floor) for level in levels)
    heard = (one > floor) | (other > floor)
    return float(np.abs(one - other)[heard].mean()) if heard.any() else 0.0


def d_emb(first: Audio, second: Audio, *, embedder: "Embedder") -> float:
    """One minus the cosine of the two sounds' embeddings."""
    vectors = embedder.embed_audio([first, second])
    return 1.0 - float(vectors[0] @ vectors[1])


def _levels_db(audio: Audio) -> npt.NDArray[np.float64]:
    size = max(1, seconds_to_samples(_ENVELOPE_S, sample_rate=audio.sample_rate))
    power = np.square(audio.samples.astype(np.float64)).mean(axis=0)
    padded = np.pad(power, (0, -power.size % size)).reshape(-1, size).mean(axis=1)
    return np.asarray(10.0 * np.log10(np.maximum(padded, 1e-20)))

"""Which drums a hit holds: a small learned rule on the levels of mel bands round the hit.

The rule is a network of one hidden layer, fitted by ``benchmarks/transcription.py --fit`` to
loops that the renderer made of CC0 sounds; its weights lie beside this module. numpy runs it.
"""

import io
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import Final

import numpy as np
import numpy.typing as npt

from samplegen.audio.features import mel_filterbank, spectra
from samplegen.audio.onsets import detect_onsets
from samplegen.audio.resample import resample
from samplegen.audio.types import Audio
from samplegen.units import db_to_gain, seconds_to_samples

Float32 = npt.NDArray[np.float32]
Float64 = npt.NDArray[np.float64]

CLASSES: Final = ("kick", "snare", "clap", "rim", "hat_closed", "hat_open", "tom", "cymbal", "percussion")
SAMPLE_RATE: Final = 44_100
BANDS: Final = 24
WINDOW: Final = 1024
OFFSETS_MS: Final = (-14.0, 14.0, 45.0, 100.0)  # middles of the windows, from the hit
LOW_BANDS: Final = 12
LOW_WINDOW: Final = 4096  # tells a kick from a tom
LOW_OFFSETS_MS: Final = (-50.0, 50.0)
FLOOR_DB: Final = -66.0
SENSITIVITY: Final = 5.0  # of the onset detector: the rule refuses what is none
_LOW_HZ: Final = 30.0
_SAME_S: Final = 0.001
_SCALE_DB: Final = 20.0
WEIGHTS_NAME: Final = "hits.npz"


@dataclass(frozen=True, eq=False)
class Hits:
    """Candidates for hits in a recording.

    Parameters
    ----------
    times_s
        ``[hits]``, ascending.
    levels_db
        ``[hits, OFFSETS_MS, BANDS]`` of mel bands; 0 is the loudest of all, `FLOOR_DB` the least.
    low_db
        ``[hits, LOW_OFFSETS_MS, LOW_BANDS]``, the same of long windows below 600 Hz.
    sure
        ``[hits]``: something starts here, whatever it is.
    """

    times_s: Float64
    levels_db: Float32
    low_db: Float32
    sure: npt.NDArray[np.bool_]

    @property
    def features(self) -> Float32:
        """``[hits, features]``: the hit's own levels, and the mean of all hits just after their starts."""
        count = len(self.times_s)
        around = np.repeat(self.levels_db[:, 1].sum(axis=0, keepdims=True) / max(count, 1), count, axis=0)
        parts = (
            *(levels.reshape(count, np.prod(levels.shape[1:])) for levels in (self.levels_db, self.low_db)),
            around,
        )
        features = (np.concatenate(parts, axis=1) - FLOOR_DB / 2) / _SCALE_DB
        return features.astype(np.float32)


@dataclass(frozen=True, eq=False)
class Rule:
    """A network ``features -> hidden -> classes`` and the probability from which a class counts."""

    hidden_weight: Float32
    hidden_bias: Float32
    weight: Float32
    bias: Float32
    thresholds: Float32

    def probabilities(self, features: Float32) -> Float32:
        """``[hits, CLASSES]`` in 0 to 1."""
        hidden = np.maximum(features @ self.hidden_weight + self.hidden_bias, 0.0)
        probabilities: Float32 = 1.0 / (1.0 + np.exp(-(hidden @ self.weight + self.bias)))
        return probabilities


@lru_cache(maxsize=1)
def load_rule() -> Rule:
    """The rule that comes with samplegen."""
    data = resources.files("samplegen.pack.midi").joinpath(WEIGHTS_NAME).read_bytes()
    with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
        return Rule(**{name: arrays[name].astype(np.float32) for name in arrays.files})


def find_hits(audio: Audio, *, ring: bool = True) -> Hits:
    """Everything in `audio` that may be the start of a drum; with `ring` it is one period of a loop."""
    audio = resample(audio.mono(), sample_rate=SAMPLE_RATE) if audio.sample_rate != SAMPLE_RATE else audio.mono()
    times = detect_onsets(audio, ring=ring, sensitivity=SENSITIVITY)
    samples = audio.samples[0]
    levels = _levels_db(samples, times, offsets_ms=OFFSETS_MS, window=WINDOW, bands=BANDS, high_hz=16_000.0, ring=ring)
    low = _levels_db(
        samples, times, offsets_ms=LOW_OFFSETS_MS, window=LOW_WINDOW, bands=LOW_BANDS, high_hz=600.0, ring=ring
    )
    plain = detect_onsets(audio, ring=ring)
    sure = np.asarray((np.abs(times[:, None] - plain[None]) < _SAME_S).any(axis=1))
    return Hits(times, levels, low, sure)


def _levels_db(
    samples: Float32, times: Float64, *, offsets_ms: tuple[float, ...], window: int, bands: int, high_hz: float,
    ring: bool,
) -> Float32:  # fmt: skip
    """Levels ``[hits, offsets, bands]`` of windows round the hits, below the loudest of them."""
    if not times.size:
        return np.zeros((0, len(offsets_ms), bands), np.float32)
    margin = 0 if ring else seconds_to_samples(0.2, sample_rate=SAMPLE_RATE)
    padded = np.pad(samples, margin)
    offsets = np.rint(np.array(offsets_ms) * SAMPLE_RATE / 1000.0).astype(np.int64)
    centres = np.rint(times * SAMPLE_RATE).astype(np.int64)[:, None] + offsets + margin
    centres = centres % len(padded) if ring else np.clip(centres, 0, len(padded) - 1)
    bank = mel_filterbank(sample_rate=SAMPLE_RATE, n_fft=window, n_mels=bands, low_hz=_LOW_HZ, high_hz=high_hz)
    blocks = spectra(padded, n_fft=window, centres=centres.reshape(-1), ring=ring)
    power = np.concatenate([np.square(block) @ bank.T for block in blocks])
    loudest = max(float(power.max()), 1e-12)
    levels = 10.0 * np.log10(np.maximum(power / loudest, db_to_gain(FLOOR_DB) ** 2))
    return levels.reshape(len(times), len(offsets), bands).astype(np.float32)

"""What a sound is like, as numbers: bright, long, wet, punchy, noisy, high.

Each measure is one number per sound, comparable between sounds of one kind. Words such
as "bright" or "short" are given to sounds by comparing these numbers (`training.facts`),
and generated sounds are judged by the same ones.
"""

from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt

from samplegen.audio.features import frame_centres, log_mel_db, spectra
from samplegen.audio.types import Audio

Float64 = npt.NDArray[np.float64]

_N_FFT, _HOP = 2048, 512
_LEVEL_HOP_S = 0.005
_LOW_HZ = 30.0
_ACTIVE_DB = 40.0
_LONG_DB, _TAIL_START_DB, _TAIL_END_DB = 30.0, 15.0, 45.0
_ATTACK_S = 0.03


@dataclass(frozen=True)
class Descriptors:
    """Measures of one sound.

    Parameters
    ----------
    brightness
        Spectral centroid of the mel power, in octaves above 1 Hz (13 is 8.2 kHz).
    length_s
        Seconds until the level stays 30 dB below its peak.
    wetness
        Seconds from 15 to 45 dB below the peak: a dry sound falls fast, a room rings on.
    punch
        Level of the first 30 ms after the onset over that of the whole sound, in dB.
    noisiness
        Spectral flatness, -60 (one partial) to 0 dB (white noise), weighted by energy.
    height
        Frequency below which half the energy lies, in octaves above 1 Hz.
    """

    brightness: float
    length_s: float
    wetness: float
    punch: float
    noisiness: float
    height: float


NAMES = tuple(field.name for field in fields(Descriptors))


def describe_audio(audio: Audio) -> Descriptors:
    """Measure ``[C, T]``; silence gives zeros."""
    samples = audio.mono().samples[0]
    if not np.any(samples):
        return Descriptors(0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
    centres = frame_centres(audio.length, hop_length=_HOP, ring=False)
    power = np.concatenate([np.square(block) for block in spectra(samples, n_fft=_N_FFT, centres=centres, ring=False)])
    length_s, wetness, punch = _times(samples, audio.sample_rate)
    return Descriptors(
        _brightness(audio), length_s, wetness, punch, _flatness_db(power, audio.sample_rate),
        _median_octave(power, audio.sample_rate),
    )  # fmt: skip


def _brightness(audio: Audio) -> float:
    levels = log_mel_db(audio, n_fft=_N_FFT, hop_length=_HOP, n_mels=64)
    weights = np.maximum(0.0, levels - (levels.max() - _ACTIVE_DB)).astype(np.float64)
    edges = np.linspace(0.0, 2595.0 * np.log10(1.0 + audio.sample_rate / 2 / 700.0), 66)[1:-1]
    octaves = np.log2(700.0 * (10.0 ** (edges / 2595.0) - 1.0))
    return float((weights.sum(axis=1) @ octaves) / max(1e-9, weights.sum()))


def _times(samples: npt.NDArray[np.float32], sample_rate: int) -> tuple[float, float, float]:
    """Length, tail and punch from the level in steps of 5 ms."""
    size = max(1, round(_LEVEL_HOP_S * sample_rate))
    count = -(-samples.size // size)
    padded = np.zeros(count * size)
    padded[: samples.size] = np.square(samples, dtype=np.float64)
    energy = padded.reshape(count, size).mean(axis=1)
    smooth = np.convolve(energy, np.ones(3) / 3.0, mode="same")
    peak = int(smooth.argmax())
    level = 10.0 * np.log10(np.maximum(smooth, 1e-12) / max(1e-12, smooth[peak]))

    def last_above(db: float) -> int:
        return int(np.flatnonzero(level >= -db)[-1])

    tail = (last_above(_TAIL_END_DB) - last_above(_TAIL_START_DB)) * _LEVEL_HOP_S
    onset = int(np.flatnonzero(level >= -20.0)[0])
    attack = energy[onset : onset + max(1, round(_ATTACK_S / _LEVEL_HOP_S))].mean()
    whole = energy[: last_above(_LONG_DB) + 1].mean()
    return (last_above(_LONG_DB) + 1) * _LEVEL_HOP_S, tail, float(10.0 * np.log10((attack + 1e-12) / (whole + 1e-12)))


def _flatness_db(power: npt.NDArray[np.float32], sample_rate: int) -> float:
    low = max(1, round(_LOW_HZ * _N_FFT / sample_rate))
    band = power[:, low:].astype(np.float64) + 1e-12
    frames = band.mean(axis=1)
    flatness = np.exp(np.log(band).mean(axis=1)) / frames
    return float(max(-60.0, 10.0 * np.log10(max(1e-6, (flatness * frames).sum() / frames.sum()))))


def _median_octave(power: npt.NDArray[np.float32], sample_rate: int) -> float:
    low = max(1, round(_LOW_HZ * _N_FFT / sample_rate))
    running = np.cumsum(power[:, low:].sum(axis=0, dtype=np.float64))
    place = int(np.searchsorted(running, 0.5 * running[-1]))
    return float(np.log2((low + place) * sample_rate / _N_FFT))

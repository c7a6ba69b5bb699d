"""A sound's colour at any pitch: harmonics of the note under the sound's own spectrum over time.

For sounds without a pitch of their own, and for those of generators whose codec keeps spectra and no phase: all that
is tonal in them repeats at the codec's frame rate. A plain channel vocoder (Dudley 1939) whose carrier is the note.
"""

from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.ndimage import uniform_filter1d

from samplegen.audio.types import Audio
from samplegen.units import midi_to_hz
from samplegen.variations.edits.alignment import match_level

Float64 = npt.NDArray[np.float64]

_FFT: Final = 2048
_HOP: Final = 128
_SMOOTH_HZ: Final = 130.0
# 50 ms: a spectrum that flickers as noise does would make the note rough; the level has its own, faster way.
_SMOOTH_FRAMES: Final = 17
_HARMONICS: Final = 240
# Amplitude of the noise beside the harmonics, low and high; struck sounds are noisier at first.
_BREATH: Final = (0.01, 0.35)
_BREATH_HZ: Final = 4000.0
_ATTACK_S: Final = 0.012
_RAMP_S: Final = 0.002


def repitch(audio: Audio, *, midi: float, seed: int = 0) -> Audio:
    """`audio` sung by harmonics of a MIDI note, ``[C, T]`` to ``[1, T]``; length, energy and envelope stay its own."""
    source = audio.mono().samples[0].astype(np.float64)
    rate = audio.sample_rate
    envelope = _envelope(source, sample_rate=rate)
    made = _sing(envelope, source.size, hz=midi_to_hz(midi), sample_rate=rate)
    made += _breathe(envelope, source.size, sample_rate=rate, seed=seed)
    made = made * _follow(source, made, sample_rate=rate)
    return audio.with_samples(match_level(made[None].astype(np.float32), audio.mono().samples))


def _envelope(source: Float64, *, sample_rate: int) -> Float64:
    """Smoothed magnitudes, ``[frames, bins]``; frame k is centred on sample ``k * _HOP``."""
    padded = np.pad(source, (_FFT // 2, _FFT))
    starts = np.arange(0, source.size + _HOP, _HOP)
    frames = np.lib.stride_tricks.sliding_window_view(padded, _FFT)[starts]
    power = np.square(np.abs(np.fft.rfft(frames * np.hanning(_FFT), axis=1)))
    width = max(3, round(_SMOOTH_HZ * _FFT / sample_rate) | 1)
    smooth = uniform_filter1d(uniform_filter1d(power, width, axis=1, mode="nearest"), _SMOOTH_FRAMES, axis=0)
    return np.asarray(np.sqrt(np.maximum(smooth, 0.0)))


def _sing(envelope: Float64, length: int, *, hz: float, sample_rate: int) -> Float64:
    count = min(_HARMONICS, int(0.45 * sample_rate / hz))
    places = np.arange(1, count + 1) * hz * _FFT / sample_rate
    low = places.astype(np.int64)
    levels = envelope[:, low] + (places - low) * (envelope[:, low + 1] - envelope[:, low])
    time, frames = np.arange(length), np.arange(envelope.shape[0]) * _HOP
    made = np.zeros(length)
    for number in range(1, count + 1):
        phase = 2.0 * np.pi * number * hz / sample_rate * time + 2.4 * number**2 / count
        made += np.interp(time, frames, levels[:, number - 1]) * np.sin(phase)
    return made


def _breathe(envelope: Float64, length: int, *, sample_rate: int, seed: int) -> Float64:
    """Noise under the envelope, by overlapping frames."""
    rng = np.random.default_rng(seed)
    hz = np.fft.rfftfreq(_FFT, 1.0 / sample_rate)
    share = _BREATH[0] + (_BREATH[1] - _BREATH[0]) * np.square(hz) / (np.square(hz) + _BREATH_HZ**2)
    step = _FFT // 4
    noise = rng.standard_normal(length + 2 * _FFT)
    made, window = np.zeros(length + 2 * _FFT), np.hanning(_FFT)
    for start in range(0, length + _FFT, step):
        frame = envelope[min(max(0, start - _FFT // 2) // _HOP, envelope.shape[0] - 1)]
        spectrum = np.fft.rfft(noise[start : start + _FFT] * window) * frame * share
        made[start : start + _FFT] += np.fft.irfft(spectrum, _FFT) * window / 1.5
    return made[_FFT // 2 + _FFT // 2 :][:length]


def _follow(source: Float64, made: Float64, *, sample_rate: int) -> Float64:
    """Gain ``[T]`` that gives `made` the level of `source` at every moment, attack included."""
    width = max(3, round(2.0 * _ATTACK_S * sample_rate))
    asked, has = (np.sqrt(uniform_filter1d(np.square(part), width) + 1e-14) for part in (source, made))
    gain = np.minimum(asked / has, 8.0 * float(asked.max()) / float(has.max()))
    onset = int(np.argmax(np.abs(source) >= 0.1 * np.abs(source).max()))
    ramp = max(1, round(_RAMP_S * sample_rate))
    gain[: max(0, onset - ramp)] = 0.0
    rise = slice(max(0, onset - ramp), onset)
    gain[rise] *= np.linspace(0.0, 1.0, rise.stop - rise.start, endpoint=False)
    end = min(made.size, round(0.005 * sample_rate))
    gain[made.size - end :] *= np.linspace(1.0, 0.0, end)
    return np.asarray(gain)

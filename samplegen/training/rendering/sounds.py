"""One-shots in memory: decoded once, trimmed to their attack, shaped by pitch, decay and tilt."""

from collections import OrderedDict
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import scipy.fft
import soxr

from samplegen.audio.io import read_audio
from samplegen.training.sources.library import Library, Record
from samplegen.units import db_to_gain, gain_to_db

Ring = npt.NDArray[np.float32]

MAX_CACHE_BYTES = 192 << 20
MAX_SOUND_S = 6.0
LEVEL_WINDOW_S = 0.05
_ATTACK_FLOOR_DB = -46.0
_TILT_HZ = 1200.0
_END_FADE_S = 0.004  # recordings that stop in their own noise would click


@dataclass(frozen=True)
class Shape:
    """How a recorded sound is varied.

    Parameters
    ----------
    semitones
        Pitch change by resampling, so the duration changes with it.
    decay
        Share of the sound's own length after which an added fade has fallen by 60 dB; 1 or more adds none.
    tilt_db
        Gain of a first-order shelf above 1.2 kHz.
    """

    semitones: float = 0.0
    decay: float = 1.0
    tilt_db: float = 0.0


@dataclass
class SoundStore:
    """Reads one-shots of a library as mono at one rate and keeps the latest ones within a byte bound.

    `pitches` keeps what `training.pitches` heard in them.
    """

    library: Library
    sample_rate: int = 44_100
    max_bytes: int = MAX_CACHE_BYTES
    pitches: dict[str, float | None] = field(default_factory=dict)
    _sounds: "OrderedDict[str, Ring]" = field(default_factory=OrderedDict)
    _bytes: int = 0

    def read(self, record: Record) -> Ring:
        """Samples ``[T]`` of `record`, starting at its attack; read-only."""
        if record.path in self._sounds:
            self._sounds.move_to_end(record.path)
            return self._sounds[record.path]
        path = self.library.path_of(record)
        audio = read_audio(path, sample_rate=self.sample_rate, mono=True, max_seconds=MAX_SOUND_S)
        sound = trim_attack(audio.samples[0])
        sound = fade_out(sound, length=len(sound) - 1, fade=int(_END_FADE_S * self.sample_rate))
        sound.flags.writeable = False
        self._sounds[record.path] = sound
        self._bytes += sound.nbytes
        while self._bytes > self.max_bytes and len(self._sounds) > 1:
            self._bytes -= self._sounds.popitem(last=False)[1].nbytes
        return sound


def trim_attack(samples: Ring) -> Ring:
    """Copy of ``[T]`` from the first value above -46 dB of the peak, so that hits fall on the grid."""
    peak = float(np.max(np.abs(samples), initial=0.0))
    loud = np.flatnonzero(np.abs(samples) > peak * db_to_gain(_ATTACK_FLOOR_DB))
    return samples[loud[0] :].copy() if loud.size else samples.copy()


def shape_sound(samples: Ring, shape: Shape, *, sample_rate: int) -> Ring:
    """Apply `shape` to ``[T]``; a new array, of another length when the pitch changes."""
    if shape.semitones:
        ratio = 2.0 ** (shape.semitones / 12.0)
        samples = soxr.resample(samples, sample_rate * ratio, sample_rate, quality="HQ")
    if shape.tilt_db:
        samples = _tilted(samples, tilt_db=shape.tilt_db, sample_rate=sample_rate)
    if shape.decay < 1.0:
        samples = samples[: max(1, int(len(samples) * shape.decay))]
        samples = samples * np.exp(np.linspace(0.0, np.log(1e-3), len(samples), dtype=np.float32))
    return np.asarray(samples, dtype=np.float32)


def _tilted(samples: Ring, *, tilt_db: float, sample_rate: int) -> Ring:
    """Causal first-order shelf, (1 + g·s)/(1 + s) with s = j·f/1.2 kHz."""
    size = int(scipy.fft.next_fast_len(len(samples) + 256, real=True))
    s = 1j * np.fft.rfftfreq(size, 1.0 / sample_rate).astype(np.float32) / _TILT_HZ
    spectrum = scipy.fft.rfft(samples, size) * ((1.0 + db_to_gain(tilt_db) * s) / (1.0 + s))
    return np.asarray(scipy.fft.irfft(spectrum, size)[: len(samples)], dtype=np.float32)


def level_db(samples: Ring, *, sample_rate: int) -> float:
    """RMS in dB of the loudest 50 ms of ``[T]``."""
    width = max(1, int(LEVEL_WINDOW_S * sample_rate))
    energy = np.concatenate([[0.0], np.cumsum(np.square(samples, dtype=np.float64)), np.zeros(width)])
    energy[len(samples) + 1 :] = energy[len(samples)]
    loudest = float(np.max(energy[width:] - energy[:-width]))
    return gain_to_db(float(np.sqrt(max(loudest, 0.0) / width)))


def fade_out(samples: Ring, *, length: int, fade: int) -> Ring:
    """Copy of ``[T]`` cut after `length` samples, the last `fade` of them faded."""
    if length >= len(samples):
        return samples
    cut = samples[: max(length, 1)].copy()
    fade = min(fade, len(cut))
    cut[len(cut) - fade :] *= np.linspace(1.0, 0.0, fade, dtype=np.float32)
    return cut

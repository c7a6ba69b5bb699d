"""What the audio tower of the bundled embedder hears."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from samplegen.audio.features import log_mel_db
from samplegen.audio.resample import resample
from samplegen.audio.types import Audio
from samplegen.units import seconds_to_samples

SAMPLE_RATE = 44_100
BANDS = 64
HOP = 441
WINDOW_S = 4.0
FRAMES = 400
MOST_WINDOWS = 3
RANGE_DB = 70.0

Float32 = npt.NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Heard:
    """One window of a sound.

    Parameters
    ----------
    mels
        ``[BANDS, n]``, n at most `FRAMES`: dB below the loudest value of the sound, 0 at -70 and 1 at 0.
    extras
        ``[4]``: duration, crest factor, active length and rise time, scaled to about one.
    """

    mels: Float32
    extras: Float32


def windows_of(audio: Audio) -> list[Heard]:
    """Up to `MOST_WINDOWS` windows of 4 s, evenly placed; a shorter sound is one window. Level does not matter."""
    mono = resample(audio.mono(), sample_rate=SAMPLE_RATE)
    size = seconds_to_samples(WINDOW_S, sample_rate=SAMPLE_RATE)
    count = min(MOST_WINDOWS, max(1, -(-mono.length // size)))
    starts = np.linspace(0, max(0, mono.length - size), count).astype(int)
    return [hear(mono.with_samples(mono.samples[:, start : start + size]), whole_s=mono.duration_s) for start in starts]


def hear(window: Audio, *, whole_s: float) -> Heard:
    """One window of mono audio at `SAMPLE_RATE`; `whole_s` is how long the whole sound lasts."""
    peak = float(np.abs(window.samples).max(initial=0.0))
    levels = log_mel_db(window.with_samples(window.samples / max(peak, 1e-9)), n_fft=1024, hop_length=HOP, n_mels=BANDS)
    levels = levels[:, :FRAMES]
    mels = np.clip((levels - levels.max()) / RANGE_DB + 1.0, 0.0, 1.0)
    return Heard(mels.astype(np.float32), _extras(window.samples[0] / max(peak, 1e-9), mels, whole_s))


def _extras(samples: Float32, mels: Float32, whole_s: float) -> Float32:
    crest_db = -10.0 * np.log10(float(np.mean(np.square(samples))) + 1e-6)
    loudness = mels.mean(axis=0)
    active = float((loudness > 0.5 * loudness.max()).mean()) * mels.shape[1] / FRAMES
    rise = float(loudness.argmax()) / FRAMES
    return np.array([np.log2(whole_s + 0.05) / 3.0, crest_db / 20.0, active, rise], np.float32)

"""Levels: gains, and the removal of DC. No dynamics here."""

import numpy as np

from samplegen.audio.quality import loudness_lufs
from samplegen.audio.types import Audio
from samplegen.errors import UsageError
from samplegen.units import db_to_gain, seconds_to_samples

PEAK_DB = -0.3
HIGH_PASS_HZ = 20.0
MOMENTARY_S = 0.4
_CHANNELS_FIRST = 64  # pedalboard guesses the channel axis of an array: the shorter one


def normalise_peak(audio: Audio, *, peak_db: float = PEAK_DB) -> Audio:
    """Gain to a sample peak of `peak_db` dBFS over all channels; silence stays.

    Raises
    ------
    UsageError
        If `peak_db` is above 0 or not finite.
    """
    limit = _peak_limit(peak_db)
    peak = float(np.abs(audio.samples).max(initial=0.0))
    return apply_gain(audio, gain=limit / peak) if peak > 0.0 else audio


def limit_peak(audio: Audio, *, peak_db: float = PEAK_DB) -> Audio:
    """Gain down where the peak is above `peak_db`; anything below passes unchanged."""
    loud = float(np.abs(audio.samples).max(initial=0.0)) > _peak_limit(peak_db)
    return normalise_peak(audio, peak_db=peak_db) if loud else audio


def normalise_loudness(audio: Audio, *, lufs: float, max_peak_db: float = PEAK_DB) -> Audio:
    """Gain to an integrated loudness (ITU-R BS.1770), or less where the peak would pass `max_peak_db`.

    A sound below 0.4 s, one block of that measure, counts as followed by silence. Silence stays.

    Raises
    ------
    UsageError
        If a level is out of range.
    """
    if not -70.0 <= lufs <= 0.0:
        raise UsageError(f"A loudness of {lufs} LUFS makes no sense; give -70 to 0, such as -14.")
    measured = loudness_lufs(_at_least(audio, seconds=MOMENTARY_S))
    if measured is None:
        return limit_peak(audio, peak_db=max_peak_db)
    return limit_peak(apply_gain(audio, gain=db_to_gain(lufs - measured)), peak_db=max_peak_db)


def remove_dc(audio: Audio, *, ring: bool) -> Audio:
    """Take the constant part out of each channel.

    A ring (a loop) loses its FFT bin 0, the mean, and so keeps its seam. Elsewhere that
    would turn silence into an offset, so a one-pole high-pass at 20 Hz (causal, -3 dB
    there, nothing before the onset) takes it out as it decays.
    """
    if not audio.length:
        return audio
    if ring:
        samples = audio.samples.astype(np.float64)
        return audio.with_samples((samples - samples.mean(axis=1, keepdims=True)).astype(np.float32))
    from pedalboard import HighpassFilter

    padded = np.pad(audio.samples, ((0, 0), (0, _CHANNELS_FIRST)))
    filtered = HighpassFilter(HIGH_PASS_HZ)(padded, float(audio.sample_rate))
    return audio.with_samples(np.asarray(filtered[:, : audio.length], dtype=np.float32))


def apply_gain(audio: Audio, *, gain: float) -> Audio:
    """Multiply every value by `gain`."""
    return audio.with_samples((audio.samples * gain).astype(np.float32))


def _at_least(audio: Audio, *, seconds: float) -> Audio:
    missing = seconds_to_samples(seconds, sample_rate=audio.sample_rate) + 1 - audio.length
    return audio if missing <= 0 else audio.with_samples(np.pad(audio.samples, ((0, 0), (0, missing))))


def _peak_limit(peak_db: float) -> float:
    if not -200.0 <= peak_db <= 0.0:
        raise UsageError(f"A peak of {peak_db} dBFS makes no sense; give -200 to 0, such as -0.3.")
    return db_to_gain(peak_db) * (1.0 - 2.0**-20)  # so that rounding to 24 bits stays below too

"""Key and pitch of finished sounds by a third party: librosa, which neither transposes nor gates anything here."""

import numpy as np

from samplegen.audio.key import MAJOR_PROFILE, MINOR_PROFILE, HeardKey, rank_keys
from samplegen.audio.types import Audio
from samplegen.units import hz_to_midi

_HOP = 512
_LOW_HZ, _HIGH_HZ = 30.0, 1_000.0
_PITCH_FRAME = 8_192


def librosa_key(audio: Audio) -> HeardKey:
    """Key by librosa's constant-Q chroma (CENS) of the loop played twice, and Krumhansl's profiles."""
    import librosa

    samples = np.tile(audio.mono().samples[0], 2)
    chroma = librosa.feature.chroma_cens(
        y=samples, sr=audio.sample_rate, hop_length=_HOP, fmin=librosa.note_to_hz("C1")
    )
    shares = np.asarray(chroma.mean(axis=1), np.float64)
    return rank_keys(shares / max(float(shares.sum()), 1e-12), major=MAJOR_PROFILE, minor=MINOR_PROFILE)


def librosa_pitch(audio: Audio) -> float | None:
    """Fractional MIDI note of a one-shot: median of librosa's YIN over its louder half; None in silence."""
    import librosa

    samples = audio.mono().samples[0]
    if not np.any(samples):
        return None
    samples = np.pad(samples, (0, max(0, _PITCH_FRAME - samples.size)))
    hz = librosa.yin(
        samples, fmin=_LOW_HZ, fmax=_HIGH_HZ, sr=audio.sample_rate, frame_length=_PITCH_FRAME, hop_length=_HOP,
        center=False,
    )  # fmt: skip
    frames = np.lib.stride_tricks.sliding_window_view(samples, _PITCH_FRAME)[::_HOP][: hz.size]
    levels = np.square(frames).sum(axis=1)
    return hz_to_midi(float(np.median(hz[levels >= np.median(levels)])))


def cents_from(note: float, *, tonic: int) -> float:
    """Distance of a MIDI note to the nearest octave of a pitch class, -600 to 600 cents."""
    return 100.0 * ((note - tonic + 6.0) % 12.0 - 6.0)

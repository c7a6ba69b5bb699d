import numpy as np
import pytest

from samplegen.audio.types import Audio
from samplegen.errors import UsageError
from samplegen.post.loudness import apply_gain, limit_peak, normalise_loudness, normalise_peak, remove_dc

RATE = 48000


def tone(level_db: float, *, hz: float = 997.0, seconds: float = 2.0) -> Audio:
    t = np.arange(round(seconds * RATE)) / RATE
    return Audio((10 ** (level_db / 20) * np.sin(2 * np.pi * hz * t)).astype(np.float32), RATE)


@pytest.mark.parametrize("peak_db", [-0.3, -6.0, 0.0])
def test_peak_is_met_and_never_passed(peak_db: float) -> None:
    for source in (tone(-30), apply_gain(tone(0), gain=7.0)):
        peak = np.abs(normalise_peak(source, peak_db=peak_db).samples).max()
        assert peak == pytest.approx(10 ** (peak_db / 20), rel=1e-5) and peak <= 10 ** (peak_db / 20)


def test_limiting_only_turns_down() -> None:
    quiet = tone(-30)
    assert limit_peak(quiet) is quiet
    assert np.abs(limit_peak(apply_gain(quiet, gain=100.0)).samples).max() <= 10 ** (-0.3 / 20)


def test_the_ratio_of_channels_stays() -> None:
    stereo = Audio(np.stack([np.full(10, 0.5), np.full(10, 0.25)]).astype(np.float32), RATE)
    raised = normalise_peak(stereo).samples
    assert raised[0] / raised[1] == pytest.approx(np.full(10, 2.0))


def test_silence_stays_silence() -> None:
    silence = Audio(np.zeros((1, 48000), np.float32), RATE)
    assert not normalise_peak(silence).samples.any()
    assert not normalise_loudness(silence, lufs=-14).samples.any()
    assert normalise_peak(Audio(np.zeros((1, 0), np.float32), RATE)).length == 0


def test_loudness_is_met() -> None:
    """A 997 Hz sine at 0 dBFS in one channel has -3.01 LUFS (ITU-R BS.1770-4)."""
    normalised = normalise_loudness(tone(-20), lufs=-18.0)
    assert 20 * np.log10(np.abs(normalised.samples).max()) == pytest.approx(-18.0 + 3.01, abs=0.1)


def test_a_short_hit_counts_as_followed_by_silence() -> None:
    """A quarter of the 0.4 s block has a quarter of the power: 6.02 dB less."""
    hit = normalise_loudness(tone(-20, seconds=0.1), lufs=-18.0)
    assert 20 * np.log10(np.abs(hit.samples).max()) == pytest.approx(-18.0 + 3.01 + 6.02, abs=0.2)
    assert normalise_loudness(Audio(np.ones((1, 1), np.float32), RATE), lufs=-18.0).length == 1
    tiny = Audio(np.full((2, 2), 0.25, np.float32), RATE)
    assert remove_dc(tiny, ring=False).samples.shape == (2, 2)


def test_the_peak_limit_wins_over_the_loudness() -> None:
    assert np.abs(normalise_loudness(tone(-20), lufs=-1.0).samples).max() == pytest.approx(10 ** (-0.3 / 20), rel=1e-5)


def test_a_ring_loses_its_mean_and_keeps_its_seam() -> None:
    ring = tone(-6, hz=100.0, seconds=1.0)
    shifted = ring.with_samples(ring.samples + np.float32(0.1))
    cleaned = remove_dc(shifted, ring=True)
    assert cleaned.samples == pytest.approx(ring.samples, abs=1e-6)
    assert abs(cleaned.samples.mean()) < 1e-7


def test_each_channel_loses_its_own_mean() -> None:
    stereo = Audio(np.stack([np.full(100, 0.5), np.full(100, -0.25)]).astype(np.float32), RATE)
    assert np.abs(remove_dc(stereo, ring=True).samples).max() < 1e-7


def test_a_one_shot_is_high_passed_without_touching_silence_or_onset() -> None:
    hit = np.zeros(RATE, np.float32)
    hit[1000:] = 0.5  # an offset that sets in
    cleaned = remove_dc(Audio(hit, RATE), ring=False).samples[0]
    assert not cleaned[:1000].any()
    assert cleaned[1000] == pytest.approx(0.5, rel=0.01)
    # one pole at 20 Hz: exp(-2 pi 20 t)
    assert cleaned[1000 + 480] == pytest.approx(0.5 * np.exp(-2 * np.pi * 20 * 0.01), rel=0.01)
    assert abs(cleaned[-1]) < 1e-5


def test_sound_passes_the_high_pass() -> None:
    assert np.std(remove_dc(tone(-6, hz=200.0), ring=False).samples) == pytest.approx(0.5**0.5 * 10**-0.3, rel=0.01)
    assert remove_dc(Audio(np.zeros((1, 0), np.float32), RATE), ring=False).length == 0


@pytest.mark.parametrize("peak_db", [0.1, float("nan"), float("inf"), -500.0])
def test_peaks_that_make_no_sense_are_refused(peak_db: float) -> None:
    with pytest.raises(UsageError, match="-200 to 0"):
        normalise_peak(tone(-6), peak_db=peak_db)


@pytest.mark.parametrize("lufs", [1.0, -80.0, float("nan")])
def test_loudness_that_makes_no_sense_is_refused(lufs: float) -> None:
    with pytest.raises(UsageError, match="-70 to 0"):
        normalise_loudness(tone(-6), lufs=lufs)

import numpy as np
import pytest

from samplegen.audio.types import Audio
from samplegen.errors import UsageError
from samplegen.post.fades import blend, crossfade, equal_power, fade_in, fade_out, raised_cosine

ONES = Audio(np.ones((2, 1000), np.float32), 10_000)


def test_curves_have_their_closed_forms() -> None:
    assert raised_cosine(4) == pytest.approx([0.0, 0.5 - 0.5 * 0.5**0.5, 0.5, 0.5 + 0.5 * 0.5**0.5])
    assert equal_power(2) == pytest.approx([0.0, 0.5**0.5])
    assert raised_cosine(0).shape == equal_power(0).shape == (0,)


def test_complementary_curves_keep_gain_or_power() -> None:
    gain = raised_cosine(64)[1:]
    assert gain + gain[::-1] == pytest.approx(np.ones(63))
    power = equal_power(64)[1:] ** 2
    assert power + power[::-1] == pytest.approx(np.ones(63))


def test_fades_touch_only_their_time_and_end_in_exact_zero() -> None:
    faded = fade_out(ONES, fade_ms=5).samples  # 50 samples
    assert (faded[:, :950] == 1).all() and (faded[:, -1] == 0).all()
    assert (np.diff(faded[0, 949:]) < 0).all()
    assert np.array_equal(fade_in(ONES, fade_ms=5).samples, faded[:, ::-1])


def test_a_fade_longer_than_the_sound_takes_all_of_it() -> None:
    short = Audio(np.ones((1, 3), np.float32), 10_000)
    assert fade_out(short, fade_ms=50).samples[0] == pytest.approx([0.75, 0.25, 0.0])
    assert fade_out(Audio(np.zeros((1, 0), np.float32), 10_000), fade_ms=5).length == 0


@pytest.mark.parametrize("fade_ms", [-1.0, float("nan"), float("inf"), 1e9])
def test_a_fade_that_is_no_time_is_refused(fade_ms: float) -> None:
    with pytest.raises(UsageError, match="0 to 60000"):
        fade_in(ONES, fade_ms=fade_ms)


def test_blending_equal_signals_changes_nothing() -> None:
    noise = np.random.default_rng(0).standard_normal((2, 500)).astype(np.float32)
    assert np.array_equal(blend(noise, noise), noise)


def test_blending_unrelated_signals_keeps_the_power() -> None:
    rng = np.random.default_rng(1)
    first, second = rng.standard_normal((2, 400, 1000)).astype(np.float32)
    power = np.mean([blend(a[None], b[None])[0] ** 2 for a, b in zip(first, second, strict=True)], axis=0)
    assert power.mean() == pytest.approx(1.0, abs=0.03)
    assert power[450:550].mean() == pytest.approx(1.0, abs=0.08)  # equal gain would give 0.5


def test_blending_opposite_signals_and_silence() -> None:
    wave = np.sin(np.arange(100) / 5).astype(np.float32)[None]
    assert np.isfinite(blend(wave, -wave)).all()
    assert blend(wave, np.zeros_like(wave))[0, 50] == pytest.approx(wave[0, 50] * 0.5**0.5, abs=1e-6)
    assert not blend(np.zeros_like(wave), np.zeros_like(wave)).any()


def test_crossfade_overlaps_and_joins() -> None:
    joined = crossfade(ONES, ONES, fade_ms=10)
    assert joined.length == 1900
    assert (joined.samples == 1).all()


def test_crossfade_refuses_sounds_that_do_not_fit() -> None:
    with pytest.raises(UsageError, match="1 channels at 10000 Hz"):
        crossfade(ONES, Audio(np.ones((1, 10), np.float32), 10_000), fade_ms=5)

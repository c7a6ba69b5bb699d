import numpy as np
import pytest

from samplegen.post.widen import taps, widen

NOISE = np.random.default_rng(3).standard_normal((1, 20_000)).astype(np.float32) * 0.1


def wide(samples: np.ndarray, amount: float = 0.5) -> np.ndarray:
    return widen(samples, sample_rate=44100, amount=amount, spread_ms=18, low_cut_hz=250)


@pytest.mark.parametrize("channels", [1, 2])
def test_the_fold_down_is_the_mono_input(channels: int) -> None:
    source = np.random.default_rng(4).standard_normal((channels, 20_000)).astype(np.float32) * 0.1
    assert wide(source).mean(axis=0) == pytest.approx(source.mean(axis=0), abs=1e-6)


def test_no_amount_gives_the_input_on_both_sides() -> None:
    assert wide(NOISE, amount=0.0) == pytest.approx(np.repeat(NOISE, 2, axis=0), abs=1e-7)


def test_the_amount_is_the_level_of_the_side_and_the_bass_stays_in_the_middle() -> None:
    left, right = wide(NOISE, amount=0.5)
    side = 0.5 * (left - right)
    assert np.std(side) / np.std(NOISE) == pytest.approx(0.5, abs=0.06)
    bass = np.sin(2 * np.pi * 40 * np.arange(44100) / 44100).astype(np.float32)[None]
    left, right = wide(bass, amount=0.5)
    assert np.std(0.5 * (left - right)) < 0.05 * np.std(bass)


def test_taps_are_causal_ordered_and_of_unit_power() -> None:
    found = taps(spread_ms=18, sample_rate=44100)
    delays = [delay for delay, _ in found]
    assert delays == sorted(set(delays)) and 0 < delays[0] and delays[-1] <= 0.018 * 44100
    assert sum(gain**2 for _, gain in found) == pytest.approx(1.0)
    signs = [gain > 0 for _, gain in found]
    assert 8 <= sum(signs) <= 16

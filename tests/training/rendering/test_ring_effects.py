import numpy as np
import pytest

from samplegen.training.rendering.ring_effects import BusEffects, apply_bus, draw_bus

RATE = 44_100
EVERYTHING = BusEffects(6.0, 40.0, 8000.0, 3.0, 0.0, 0.2, 1.5, 7)


def _ring(length: int) -> np.ndarray:
    rng = np.random.default_rng(0)
    return (rng.standard_normal(length) * np.exp(-np.arange(length) / 3000.0) * 0.3).astype(np.float32)


@pytest.mark.parametrize("length", [44_100, 10_007])  # the second is prime, and shorter than the room
def test_rotating_the_input_rotates_the_output(length: int) -> None:
    ring = _ring(length)
    rolled = apply_bus(np.roll(ring, 1234), EVERYTHING, sample_rate=RATE)
    assert np.max(np.abs(rolled - np.roll(apply_bus(ring, EVERYTHING, sample_rate=RATE), 1234))) < 1e-5


def test_defaults_change_nothing() -> None:
    ring = _ring(5000)
    assert apply_bus(ring, BusEffects(), sample_rate=RATE) is ring


@pytest.mark.parametrize(("hz", "gain_db"), [(50.0, -3.01), (12.5, -24.1), (1000.0, 0.0)])
def test_the_low_cut_is_a_second_order_butterworth(hz: float, gain_db: float) -> None:
    tone = np.sin(2 * np.pi * hz * np.arange(2 * RATE) / RATE).astype(np.float32)
    filtered = apply_bus(tone, BusEffects(low_cut_hz=50.0), sample_rate=RATE)
    assert 20 * np.log10(np.std(filtered) / np.std(tone)) == pytest.approx(gain_db, abs=0.1)


def test_drive_keeps_the_peak_and_raises_the_rest() -> None:
    ring = _ring(20_000)
    driven = apply_bus(ring, BusEffects(drive_db=9.0), sample_rate=RATE)
    assert np.max(np.abs(driven)) == pytest.approx(float(np.max(np.abs(ring))), rel=1e-4)
    assert np.std(driven) > 1.2 * np.std(ring)


def test_the_compressor_turns_the_loud_part_down_more() -> None:
    ring = _ring(44_100)
    pressed = apply_bus(ring, BusEffects(compressor_ratio=4.0, compressor_threshold_db=-3.0), sample_rate=RATE)
    gain = np.abs(pressed) / np.maximum(np.abs(ring), 1e-9)
    assert gain[500] < 0.8 and gain[40_000] == pytest.approx(1.0, abs=1e-3)


def test_a_room_longer_than_the_loop_wraps() -> None:
    ring = np.zeros(4410, dtype=np.float32)
    ring[0] = 1.0
    wet = apply_bus(ring, BusEffects(reverb_mix=0.2, reverb_s=1.0), sample_rate=RATE)
    assert np.std(wet[-500:]) > 1e-4


def test_draws_stay_light() -> None:
    drawn = [draw_bus(rng=np.random.default_rng(seed)) for seed in range(200)]
    assert max(bus.reverb_mix for bus in drawn) <= 0.12 and max(bus.drive_db for bus in drawn) <= 9.0
    assert len(set(drawn)) > 190

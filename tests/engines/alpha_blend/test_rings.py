"""Rings for loops of any tempo, meter and number of bars; periodic latents."""

import pytest
import torch

from samplegen.engines.alpha_blend.rings import MAX_PITCH_ERROR_CENTS, hold_period, plan_ring
from samplegen.errors import UsageError
from samplegen.units import bars_to_samples, ratio_to_cents

TEMPI = (*range(60, 201), 87.5, 174.3)


@pytest.mark.parametrize("hop_length", [256, 512, 1024])
@pytest.mark.parametrize("multiple", [1, 2, 4, 8])
def test_every_loop_has_a_ring_in_tune(hop_length: int, multiple: int) -> None:
    for bpm in TEMPI:
        for beats in (3, 4, 5, 7):
            for bars in range(1, 17):
                length = bars_to_samples(bars, bpm=bpm, beats_per_bar=beats, sample_rate=44_100)
                plan = plan_ring(length, hop_length=hop_length, multiple=multiple)
                assert plan.length == length and plan.frames > 0 and plan.repeats > 0
                error = ratio_to_cents(plan.frames * hop_length / (plan.repeats * length))
                assert abs(error) <= MAX_PITCH_ERROR_CENTS and error == plan.pitch_error_cents


def test_a_ring_that_the_network_divides_comes_first() -> None:
    assert plan_ring(16 * 1024 + 50, hop_length=1024, multiple=8).frames == 16
    assert plan_ring(190 * 1024, hop_length=1024, multiple=8).frames == 190  # 192 would be 18 cents off
    assert plan_ring(1000 * 1024, hop_length=1024, multiple=8).frames == 1000


def test_a_short_loop_goes_round_several_times() -> None:
    plan = plan_ring(5 * 1024 + 512, hop_length=1024, multiple=1)
    assert (plan.frames, plan.repeats, plan.pitch_error_cents) == (11, 2, 0.0)


def test_too_short_for_any_ring() -> None:
    with pytest.raises(UsageError, match="A loop of 1 samples is too short"):
        plan_ring(1, hop_length=1024, multiple=8)


@pytest.mark.parametrize(("frames", "repeats"), [(12, 3), (12, 4), (11, 2), (13, 5), (7, 7), (52, 1)])
def test_holding_a_period_is_a_projection(frames: int, repeats: int) -> None:
    latents = torch.randn(2, 3, frames, generator=torch.Generator().manual_seed(0))
    held = hold_period(latents, repeats=repeats)
    assert held.shape == latents.shape
    torch.testing.assert_close(hold_period(held, repeats=repeats), held, atol=1e-6, rtol=1e-6)


@pytest.mark.parametrize(("frames", "repeats"), [(12, 3), (12, 4), (50, 5)])
def test_what_is_held_repeats(frames: int, repeats: int) -> None:
    latents = torch.randn(1, 2, frames, generator=torch.Generator().manual_seed(0))
    held, period = hold_period(latents, repeats=repeats), frames // repeats
    torch.testing.assert_close(held.roll(period, -1), held, atol=1e-6, rtol=1e-6)
    mean = latents.reshape(1, 2, repeats, period).mean(2).repeat(1, 1, repeats)
    torch.testing.assert_close(held, mean, atol=1e-6, rtol=1e-6)


def test_a_fractional_period_is_held_too() -> None:
    time = torch.arange(11) / 11
    periodic, other = torch.cos(2 * torch.pi * 2 * time), torch.cos(2 * torch.pi * 3 * time)
    held = hold_period((periodic + other)[None, None], repeats=2)
    torch.testing.assert_close(held[0, 0], periodic, atol=1e-6, rtol=1e-6)

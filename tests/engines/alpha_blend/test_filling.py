"""Windows filled by a generator: what counts as known, rings, both kinds of networks."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from samplegen.audio.types import Audio
from samplegen.engines.alpha_blend import load_generator
from samplegen.engines.alpha_blend.filling import Window, _known, condition, fill_window, frames_in, one_shot_beat
from samplegen.errors import UsageError
from tests.models import GENERATOR, plain_codec
from tests.variations.gap_sounds import editing_generator

RATE = 44_100


@pytest.fixture(params=["replacing", "shown"])
def generator(request, tiny_models):
    return load_generator(GENERATOR) if request.param == "replacing" else editing_generator()


def noise(length: int) -> Audio:
    return Audio(0.1 * np.random.default_rng(0).standard_normal((1, length)).astype(np.float32), RATE)


def test_what_is_known_is_the_round_trip_and_gaps_differ_with_the_seed(generator):
    generator, audio = replace(generator, codec=plain_codec(generator.codec)), noise(20_000)
    window = Window(audio, ((9_000, 12_000),))
    vectors = condition(generator, tags=("kick",))
    first, second = fill_window(generator, window, seeds=[1, 2], vectors=vectors)
    (again,) = fill_window(generator, window, seeds=[2], vectors=vectors)
    assert first.length == audio.length and np.array_equal(second.samples, again.samples)
    assert not np.array_equal(first.samples[:, 9_000:12_000], second.samples[:, 9_000:12_000])
    assert np.allclose(first.samples[:, :4_000], second.samples[:, :4_000], atol=1e-6)
    assert np.allclose(first.samples[:, -4_000:], second.samples[:, -4_000:], atol=1e-6)


def test_frames_that_hear_the_gap_are_unknown(generator):
    latents, keep, _ = _known(generator, Window(noise(20_000), ((9_000, 12_000),)))
    hop = generator.codec.hop_length
    assert latents.shape[-1] == keep.shape[-1] == frames_in(generator, 20_000)
    assert not keep[9_000 // hop : -(-12_000 // hop)].any()
    assert keep[:20].all() and keep[-10:].all()


def test_a_gap_over_the_seam_of_a_ring(generator):
    plan = generator.plan_loop(bpm=120.0, bars=1, beats_per_bar=4)
    audio = noise(plan.ring.frames * generator.codec.hop_length)
    window = Window(audio, ((audio.length - 4_000, audio.length + 4_000),), loop=plan)
    _, keep, beat = _known(generator, window)
    assert not keep[0] and not keep[-1] and keep[len(keep) // 2] and bool(beat.any())
    (made,) = fill_window(
        generator, window, seeds=[1], vectors=condition(generator, tags=("loop_drums",)), strength=0.5
    )
    assert made.length == audio.length and np.isfinite(made.samples).all()


def test_conditions_on_the_way_and_phases_of_one_shots(generator):
    ends = [condition(generator, tags=(kind,)) for kind in ("kick", "snare")]
    way = [condition(generator, tags=("kick",), towards=(("snare",), None), position=p) for p in (0.0, 0.5, 1.0)]
    assert torch.equal(way[0], ends[0]) and torch.allclose(way[2], ends[1], atol=1e-6)
    assert not torch.allclose(way[1], ends[0], atol=1e-3) and not torch.allclose(way[1], ends[1], atol=1e-3)
    longest = generator.description.one_shot_frames * generator.codec.hop_length
    assert one_shot_beat(generator, longest) is not None and one_shot_beat(generator, longest + 1) is None


@pytest.mark.parametrize(
    ("audio", "gaps", "why"),
    [
        (Audio(np.zeros((1, 100), np.float32), 48_000), ((1, 9),), "mono at"),
        (Audio(np.zeros((2, 100), np.float32), RATE), ((1, 9),), "mono at"),
        (Audio(np.zeros((1, 100), np.float32), RATE), (), "without a gap"),
        (Audio(np.zeros((1, 61 * RATE), np.float32), RATE), ((1, 9),), "in one go"),
    ],
)
def test_windows_that_cannot_be_filled_are_refused(tiny_models, audio, gaps, why):
    generator = load_generator(GENERATOR)
    with pytest.raises(UsageError, match=why):
        fill_window(generator, Window(audio, gaps), seeds=[1], vectors=condition(generator, tags=()))

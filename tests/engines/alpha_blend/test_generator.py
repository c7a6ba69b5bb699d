"""Loops and one-shots of the tiny generator: exact, closed, and the same for the same seeds."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch

from samplegen.audio.types import Audio
from samplegen.diffusion.guidance import Guidance
from samplegen.engines.alpha_blend import Generator, Sampling, Towards, load_generator
from samplegen.errors import UsageError
from samplegen.units import bars_to_samples
from tests.models import GENERATOR, ONE_SHOT_FRAMES
from tests.text_models import TEXT_GENERATOR

TAGS = ("loop_drums", "house")


@pytest.fixture(scope="module")
def generator(_tiny_models: Path) -> Iterator[Generator]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SAMPLEGEN_MODELS", str(_tiny_models))
        yield load_generator(GENERATOR)


def make(
    generator: Generator, *, bpm: float, bars: int = 1, beats: int = 4, seeds: tuple[int, ...] = (1,)
) -> list[Audio]:
    plan = generator.plan_loop(bpm=bpm, bars=bars, beats_per_bar=beats)
    return generator.make_loops(plan, tags=[TAGS] * len(seeds), seeds=seeds)


@pytest.mark.parametrize("bars", [1, 2, 16])
@pytest.mark.parametrize("beats", [3, 4, 5, 7])
def test_plans_are_exact(generator: Generator, bars: int, beats: int) -> None:
    for bpm in (60.0, 87.5, 128.0, 174.3, 200.0):
        plan = generator.plan_loop(bpm=bpm, bars=bars, beats_per_bar=beats)
        assert plan.ring.length == bars_to_samples(bars, bpm=bpm, beats_per_bar=beats, sample_rate=44_100)
        assert abs(plan.ring.pitch_error_cents) <= 10.0


@pytest.mark.parametrize(
    ("bpm", "bars", "beats"), [(200.0, 1, 3), (174.3, 1, 4), (87.5, 1, 7), (60.0, 1, 5), (128.0, 2, 4)]
)
def test_loops_have_exactly_their_length(generator: Generator, bpm: float, bars: int, beats: int) -> None:
    (loop,) = make(generator, bpm=bpm, bars=bars, beats=beats)
    assert loop.samples.shape == (1, bars_to_samples(bars, bpm=bpm, beats_per_bar=beats, sample_rate=44_100))
    assert loop.sample_rate == 44_100
    assert np.isfinite(loop.samples).all() and loop.samples.std() > 0


@pytest.mark.parametrize(("bpm", "beats"), [(200.0, 1), (200.0, 3), (200.0, 4), (199.7, 1)])
def test_short_loops_close(generator: Generator, bpm: float, beats: int) -> None:
    (loop,) = make(generator, bpm=bpm, beats=beats)
    steps = np.abs(np.diff(np.concatenate([loop.samples[0, -400:], loop.samples[0, :400]])))
    seam = steps[397:402].max()
    assert seam <= 1.5 * np.abs(np.diff(loop.samples[0])).max()
    assert seam <= 4.0 * np.sort(steps)[-40:].mean()


def test_a_loop_on_several_rounds_is_periodic(generator: Generator) -> None:
    plan = generator.plan_loop(bpm=200.0, bars=1, beats_per_bar=1)
    assert plan.ring.repeats > 1  # a beat of 13230 samples is no whole number of frames


def test_same_seeds_same_bytes(generator: Generator) -> None:
    first, again = (make(generator, bpm=150.0, seeds=(3, 4)) for _ in range(2))
    for one, other in zip(first, again, strict=True):
        assert one.samples.tobytes() == other.samples.tobytes()
    assert first[0].samples.tobytes() != first[1].samples.tobytes()


def test_a_sound_hardly_depends_on_its_company(generator: Generator) -> None:
    """Bytes hold for the same batch; in another one products add up in another order, no more than that.

    So the pipeline always draws whole blocks again. Only a ring that is wrapped takes its turns from all seeds.
    """
    plan = generator.plan_loop(bpm=150.0, bars=1, beats_per_bar=4)
    assert plan.ring.frames % generator.network.multiple == 0
    (alone,), (_, together) = make(generator, bpm=150.0, seeds=(3,)), make(generator, bpm=150.0, seeds=(9, 3))
    scale = np.abs(alone.samples).max()
    np.testing.assert_allclose(together.samples, alone.samples, atol=0.05 * scale)


def test_tags_are_heard(generator: Generator) -> None:
    plan = generator.plan_loop(bpm=150.0, bars=1, beats_per_bar=4)
    house, bass = (generator.make_loops(plan, tags=[tags], seeds=[5])[0] for tags in (TAGS, ("loop_bass", "techno")))
    assert not np.array_equal(house.samples, bass.samples)
    with pytest.raises(UsageError, match="no tag 'polka'"):
        generator.make_loops(plan, tags=[("polka",)], seeds=[5])


def test_one_shots_fill_their_window(generator: Generator) -> None:
    shots = generator.make_one_shots(tags=[("kick",), ("snare", "short")], seeds=[1, 2])
    assert [shot.samples.shape for shot in shots] == [(1, ONE_SHOT_FRAMES * generator.codec.hop_length)] * 2
    again = generator.make_one_shots(tags=[("kick",), ("snare", "short")], seeds=[1, 2])
    assert all(a.samples.tobytes() == b.samples.tobytes() for a, b in zip(shots, again, strict=True))


def test_progress_is_told(generator: Generator) -> None:
    told: list[tuple[int, int]] = []
    generator.make_one_shots(tags=[("kick",)], seeds=[1], progress=lambda done, total: told.append((done, total)))
    assert told == [(1, 2), (2, 2)]


@pytest.mark.parametrize(
    "values",
    [{"sampler": "magic"}, {"steps": 0}, {"steps": 10**6}, {"shape": 0.0}, {"rescale": 2.0}, {"interval": (0.9, 0.1)}],
)
def test_sampling_that_cannot_be(values: dict[str, object]) -> None:
    with pytest.raises(UsageError):
        Sampling(**values)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def told(_text_models: Path) -> Iterator[Generator]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SAMPLEGEN_MODELS", str(_text_models))
        yield load_generator(TEXT_GENERATOR)


def say(generator: Generator, *texts: str) -> torch.Tensor:
    assert generator.clap is not None
    return generator.clap.embed_text(texts)


def shot(generator: Generator, **asked: object) -> bytes:
    (audio,) = generator.make_one_shots(tags=[("kick",)], seeds=[1], **asked)  # type: ignore[arg-type]
    return audio.samples.tobytes()


def test_words_negatives_and_scales_are_heard(told: Generator) -> None:
    own = told.sampling.guidance()
    dark, bright = say(told, "dark"), say(told, "bright metallic")
    harder = Guidance(own.beat_scale, 5.0, own.interval, own.rescale)
    asked: list[dict[str, object]] = [
        {}, {"clap": dark}, {"clap": bright}, {"clap": dark, "negative": bright}, {"clap": dark, "guidance": harder},
    ]  # fmt: skip
    assert len({shot(told, **one) for one in asked}) == len(asked)
    assert shot(told, clap=dark, guidance=own) == shot(told, clap=dark)
    assert shot(told, clap=torch.zeros(1, 8)) == shot(told) == shot(told, negative=torch.zeros(1, 8))


def test_without_words_it_makes_what_the_tags_alone_make(told: Generator, generator: Generator) -> None:
    assert shot(told) == shot(generator)


def test_a_row_starts_and_ends_with_its_descriptions(told: Generator) -> None:
    dark, bright = say(told, "dark"), say(told, "bright metallic")
    first, half, last = (
        shot(told, clap=dark, towards=Towards([("snare",)], [position], bright)) for position in (0.0, 0.5, 1.0)
    )
    (far,) = told.make_one_shots(tags=[("snare",)], seeds=[1], clap=bright)
    assert first == shot(told, clap=dark) and last == far.samples.tobytes()
    assert half not in (first, last)


def test_loops_hear_words(told: Generator) -> None:
    plan = told.plan_loop(bpm=150.0, bars=1, beats_per_bar=4)
    plain, dark = (told.make_loops(plan, tags=[TAGS], seeds=[5], clap=clap)[0] for clap in (None, say(told, "dark")))
    assert plain.samples.shape == dark.samples.shape and not np.array_equal(plain.samples, dark.samples)


def test_vectors_for_a_model_of_tags_are_refused(generator: Generator) -> None:
    with pytest.raises(UsageError, match="generator-tiny was trained without CLAP"):
        shot(generator, clap=torch.ones(1, 8))
    with pytest.raises(UsageError, match="without CLAP"):
        shot(generator, negative=torch.ones(1, 8))

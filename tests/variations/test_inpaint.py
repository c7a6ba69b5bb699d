"""Fillings: known samples stay bit for bit, whoever fills; order by joins."""

import numpy as np
import pytest

from samplegen.audio.types import Audio
from samplegen.engines.alpha_blend import load_generator
from samplegen.errors import InputError
from samplegen.variations.gaps.fillers import (
    ArFiller,
    CopyFiller,
    CrossfadeFiller,
    ModelFiller,
    PlainFiller,
    Scene,
    make_scene,
)
from samplegen.variations.gaps.places import Gap
from samplegen.variations.inpaint import CEILING, complete, fill_in_turn, fill_scene
from tests.models import GENERATOR
from tests.variations.gap_sounds import TIME, editing_generator, loop

RATE = 44_100
INSIDE, OVER = Gap(30_000, 34_000), Gap(175_000, 179_000)


def known(scene: Scene) -> np.ndarray:
    mask = np.ones(scene.audio.length, bool)
    for gap in scene.gaps:
        mask[np.arange(gap.start, gap.stop) % scene.audio.length] = False
    return mask


@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("name", ["model", "shown", "copy", "ar", "crossfade"])
def test_known_samples_stay_as_they_are(tiny_models, name, channels):
    if name in ("model", "shown"):
        filler = ModelFiller(load_generator(GENERATOR) if name == "model" else editing_generator())
    else:
        filler = {"copy": CopyFiller(), "ar": ArFiller(longest_s=1.0), "crossfade": CrossfadeFiller()}[name]
    audio = loop(channels=channels)
    scene = make_scene(audio, [INSIDE, OVER], time=TIME, category="loop_drums")
    mask = known(scene)
    assert not scene.audio.samples[:, ~mask].any()
    for filled in fill_scene(scene, filler, seeds=[1, 2]):
        assert np.array_equal(filled.audio.samples[:, mask], audio.samples[:, mask])
        assert filled.audio.samples[:, ~mask].any(axis=1).all()
        assert [piece.shape for piece in filled.pieces] == [(channels, 4_000)] * 2


def test_what_lay_in_the_gap_is_never_heard(tiny_models):
    audio = loop()
    damaged = audio.samples.copy()
    damaged[:, INSIDE.start : INSIDE.stop] = np.random.default_rng(0).uniform(-1, 1, (1, INSIDE.length))
    filler = ModelFiller(editing_generator())
    made = [
        fill_scene(make_scene(one, [INSIDE], time=TIME), filler, seeds=[1])[0].audio.samples
        for one in (audio, audio.with_samples(damaged))
    ]
    assert np.array_equal(made[0], made[1])


def test_the_least_conspicuous_join_comes_first_and_seeds_decide(tiny_models):
    scene = make_scene(loop(), [INSIDE], time=TIME, category="loop_drums")
    filler = ModelFiller(load_generator(GENERATOR))
    found, again = (fill_scene(scene, filler, seeds=[3, 4, 5]) for _ in range(2))
    assert [one.join for one in found] == sorted(one.join for one in found)
    assert [one.audio.samples.tobytes() for one in found] == [one.audio.samples.tobytes() for one in again]
    assert len({one.audio.samples.tobytes() for one in found}) == 3


def test_a_filling_that_would_be_clipped_is_turned_down():
    """A sine of four times full scale comes back as a sine, where a clipped one would be nearly a square."""
    audio = Audio(0.3 * np.sin(np.arange(44_100) / 20, dtype=np.float32)[None], RATE)
    scene = make_scene(audio, [Gap(10_000, 30_000)])
    made = audio.samples.copy()
    made[:, 10_000:30_000] = 4.0 * np.sin(np.arange(20_000) / 20)
    (piece,) = complete(scene, made, seed=0)
    middle = piece[0, 2_000:-2_000]
    assert np.abs(middle).max() == pytest.approx(CEILING, abs=2e-3)
    assert np.sqrt(np.mean(middle**2)) == pytest.approx(CEILING / np.sqrt(2), rel=0.01)


def test_a_copy_restores_what_repeats():
    audio = loop()
    gap = Gap(22_050 - 400, 22_050 + 8_000)  # the second beat, whose hit is that of the sixth
    made = fill_scene(make_scene(audio, [gap], time=TIME), PlainFiller(), seeds=[1])[0]
    inner = slice(gap.start + 441, gap.stop - 441)
    assert np.abs(made.audio.samples[:, inner] - audio.samples[:, inner]).max() < 1e-3


def test_without_a_model_long_gaps_of_recordings_are_not_filled():
    audio = loop()
    with pytest.raises(InputError, match="too long to be filled without the model"):
        fill_scene(make_scene(audio, [Gap(30_000, 36_000)]), PlainFiller(), seeds=[1])
    short = fill_scene(make_scene(audio, [Gap(30_000, 32_000)]), PlainFiller(), seeds=[1])
    assert np.isfinite(short[0].audio.samples).all()
    with pytest.raises(InputError, match="Only loops"):
        fill_scene(make_scene(audio, [INSIDE]), CopyFiller(), seeds=[1])


def test_an_open_end_fades_out_and_parts_follow_each_other(tiny_models):
    audio = Audio(np.pad(loop().samples[:, :40_000], ((0, 0), (0, 30_000))), RATE)
    gap = Gap(40_000, 70_000)
    scene = make_scene(audio, [gap], open_end=True)
    parts = [Gap(40_000, 55_000), Gap(55_000, 70_000)]
    asked: list[tuple[int, int]] = []
    filler = ModelFiller(editing_generator())

    def filler_of(number: int, start: int) -> ModelFiller:
        asked.append((number, start))
        return filler

    (made,) = fill_in_turn(scene, parts, filler_of, seeds=[1], context_s=0.5)
    assert asked == [(0, 17_950), (1, 32_950)]
    assert np.array_equal(made.audio.samples[:, :40_000], audio.samples[:, :40_000])
    assert np.abs(made.audio.samples[:, -1]).max() < 1e-3
    assert all(made.audio.samples[:, part.start : part.stop].any() for part in parts)

"""Sliders: measures, DSP, words, and what a moved condition does."""

from pathlib import Path

import numpy as np
import pytest

from samplegen.audio.types import Audio
from samplegen.engines.alpha_blend import load_generator
from samplegen.engines.alpha_blend.steering import steer_sound
from samplegen.variations.edits.alignment import attack_slice
from samplegen.variations.tweak import _renderer, only_part
from samplegen.variations.tweaks import sliders
from samplegen.variations.tweaks.dsp import drive_to, process
from samplegen.variations.tweaks.sliders import NAMES, fit_directions, measure, slider_table
from samplegen.variations.tweaks.words import understand
from tests.models import GENERATOR
from tests.variations.hit_sounds import RATE, drum


def tone(hz: float, *, decay_s: float = 0.1, attack_s: float = 0.0) -> Audio:
    time = np.arange(RATE // 2) / RATE
    rise = np.minimum(1.0, time / attack_s) if attack_s else 1.0
    return Audio((0.5 * np.sin(2 * np.pi * hz * time) * np.exp(-time / decay_s) * rise)[None].astype(np.float32), RATE)


def at(audio: Audio, name: str) -> float:
    return float(measure(audio)[NAMES.index(name)])


def test_measures_of_signals_that_are_known() -> None:
    assert at(tone(200.0), "body") > 15.0 > -15.0 > at(tone(3000.0), "body")
    assert at(tone(3000.0), "brightness") > at(tone(200.0), "brightness") + 2.0
    noise = Audio(np.random.default_rng(0).standard_normal((1, RATE)).astype(np.float32) * 0.1, RATE)
    assert at(noise, "noisiness") > at(tone(200.0), "noisiness") + 20.0
    # A linear rise takes 0.8 of its time from 10 % to 90 %, one octave more where it is twice as long.
    slow, slower = (at(tone(200.0, attack_s=seconds, decay_s=9.0), "attack") for seconds in (0.05, 0.1))
    assert slower - slow == pytest.approx(1.0, abs=0.2)
    # exp(-t / 0.1 s) falls by 60 dB in 0.69 s.
    assert 1e-4 * 2.0 ** at(tone(200.0), "decay") == pytest.approx(0.69, rel=0.1)
    clipped = tone(200.0).with_samples(np.tanh(8.0 * tone(200.0).samples))
    assert at(clipped, "crunch") > at(tone(200.0), "crunch") + 10.0
    assert not measure(tone(200.0).with_samples(np.zeros((1, 1000), np.float32))).any()


def test_directions_of_a_linear_world_move_one_slider_alone() -> None:
    rng = np.random.default_rng(0)
    true, vectors = rng.standard_normal((6, 12)), rng.standard_normal((400, 12))
    table = fit_directions(vectors @ true.T, vectors, ["a", "b"] * 200, ridge=1e-6)
    assert table.directions is not None
    moved = table.directions @ true.T / table.sigma
    np.testing.assert_allclose(moved, np.eye(6), atol=1e-6)


def test_the_shipped_table() -> None:
    table = slider_table()
    assert table.directions is not None and table.directions.shape[0] == len(NAMES) == len(table.sigma)
    assert (table.sigma > 0.0).all() and table.sounds > 500
    assert table.directions_for("other") is None and table.directions_for(table.clap_hash) is table.directions


@pytest.mark.parametrize(("name", "units"), [("body", -0.5), ("brightness", 0.5), ("noisiness", 0.6), ("attack", 0.8),
                                             ("decay", -0.6), ("crunch", 0.4)])  # fmt: skip
def test_dsp_reaches_what_is_asked(name: str, units: float) -> None:
    audio, table = drum(seconds=0.4), slider_table()
    origin = measure(audio)
    made = drive_to(audio, {name: units}, table=table, origin=origin, seed=1, ring=False, finish=lambda one: one)
    assert made.length == audio.length
    assert table.units(measure(made), origin)[NAMES.index(name)] == pytest.approx(units, abs=0.2)


def test_no_drive_is_the_sound_itself_and_rings_stay_rings() -> None:
    audio = tone(200.0, decay_s=9.0)
    assert process(audio, {"body": 0.0}, seed=1) is audio
    ring = Audio(0.3 * np.sin(2 * np.pi * 50 * np.arange(RATE) / RATE)[None].astype(np.float32), RATE)
    for name in ("body", "brightness", "crunch"):
        made = process(ring, {name: 9.0}, seed=1, ring=True).samples[0]
        step = np.abs(np.diff(made)).max()
        assert made.size == RATE and abs(made[0] - made[-1]) <= 1.05 * step


@pytest.mark.parametrize("part", ["attack", "tail"])
def test_only_a_part_changes(part: str) -> None:
    audio = drum()
    changed = only_part(audio, part)(audio.with_samples(0.5 * audio.samples))
    inside = attack_slice(audio)
    early, late = slice(inside.start, inside.stop), slice(2 * inside.stop, None)
    kept, moved = (late, early) if part == "attack" else (early, late)
    assert np.array_equal(changed.samples[:, kept], audio.samples[:, kept])
    np.testing.assert_allclose(changed.samples[:, moved], 0.5 * audio.samples[:, moved], atol=1e-6)


def test_a_move_is_rendered_in_measure_with_its_gain() -> None:
    """What made brighter copies of a codec's output brighter makes the sound itself brighter; no gain leaves it."""
    audio, table = drum(seconds=0.4), slider_table()
    same = audio.samples
    made = process(audio, {"brightness": 9.0}, seed=1).samples
    for ring in (False, True):
        render = _renderer(audio, made, same, strength=0.3, ring=ring, finish=lambda one: one, novelty=False)
        np.testing.assert_allclose(render(0.0).samples, audio.samples, atol=1e-4)
        moved = [table.units(measure(render(gain)), measure(audio))[1] for gain in (0.5, 1.0, 2.0)]
        assert 0.0 < moved[0] < moved[1] < moved[2]
        assert render(1.0).length == audio.length


def test_steering_starts_from_one_noise(tiny_models: Path) -> None:
    """A weight of 0 is the plain edit, whatever the moved condition is."""
    import torch

    generator, audio = load_generator(GENERATOR), drum()
    # The tiny generator knows tags alone: its "own" condition is the tags' vector.
    generator._embed = lambda tags, clap: torch.nn.functional.pad(clap, (0, generator.embedder.dimension - 4))  # type: ignore[method-assign]
    own, moved = torch.eye(4)[0], torch.eye(4)[1:3]
    plain, none, far = steer_sound(
        generator, audio, strength=0.3, seed=1, tags=("kick",), own=own, moved=moved, weights=(0.0, 8.0)
    )
    np.testing.assert_allclose(plain.samples, none.samples, atol=1e-5)
    assert np.abs(far.samples - plain.samples).max() > 1e-4


def test_words() -> None:
    said = understand("warmer, more air and less crunch", amount=0.5)
    assert said.sliders == pytest.approx({"body": 0.25, "brightness": 0.05, "crunch": -0.5})
    assert said.words == ("warm", "air") and said.unknown == ()
    assert understand("much darker").sliders["brightness"] == pytest.approx(-1.5)
    assert understand("slightly noisier").sliders["noisiness"] == pytest.approx(0.5)
    assert understand("zorgy").unknown == ("zorgy",)
    assert set().union(*sliders_of_words()) <= set(sliders.NAMES)


def sliders_of_words() -> list[set[str]]:
    from samplegen.variations.tweaks.words import WORDS

    return [set(units) for units in WORDS.values()]

"""Free variations: exact length and end, rings, strengths, levels given back, and what the fallback keeps."""

from pathlib import Path

import numpy as np
import pytest

from samplegen.audio.quality import measure_seam
from samplegen.audio.types import Audio
from samplegen.engines.alpha_blend import Generator, load_generator
from samplegen.errors import InputError, UsageError
from samplegen.pack.recordings import Recording
from samplegen.pack.sound import Tags
from samplegen.units import bars_to_samples
from samplegen.variations.edits.calls import Wish, edit_lanes, from_lanes, join, plan_of, to_lanes, windows
from samplegen.variations.edits.deltas import colour_db, follow_levels, undo_codec
from samplegen.variations.edits.sources import EditSource
from samplegen.variations.edits.vary_dsp import vary_without_model
from samplegen.variations.vary import find_turn, onset_shifts_ms, render, settle, steered, vary
from tests.models import GENERATOR
from tests.variations.hit_sounds import RATE, drum


def one_shot(channels: int = 1, seconds: float = 0.25) -> EditSource:
    return EditSource(Recording(Path("hit.wav")), drum(seconds=seconds, channels=channels), Tags("one_shot", "snare"))


def loop(bpm: float = 120.0) -> EditSource:
    """One bar, a hit on each beat that rings over the next."""
    length = bars_to_samples(1, bpm=bpm, beats_per_bar=4, sample_rate=RATE)
    samples = np.zeros(length, np.float32)
    for beat in range(4):
        hit = drum(seconds=0.4, seed=beat, hz=120.0 + 60.0 * (beat % 2)).samples[0]
        samples[(np.arange(hit.size) + beat * length // 4) % length] += hit
    return EditSource(Recording(Path("loop.wav")), Audio(samples[None], RATE), Tags("loop", "drums", bpm=bpm, bars=1))


@pytest.fixture
def generator(tiny_models: Path) -> Generator:
    return load_generator(GENERATOR)


@pytest.mark.parametrize("strength", [0.2, 0.35, 0.5])
def test_hits_keep_length_channels_energy_and_end(generator: Generator, strength: float) -> None:
    source = one_shot(channels=2)
    first, second = vary(generator, source, strength=strength, seeds=[1, 2])
    for made in (first, second):
        assert made.samples.shape == source.audio.samples.shape
        assert np.square(made.samples).sum() == pytest.approx(np.square(source.audio.samples).sum(), rel=0.05)
        np.testing.assert_allclose(made.samples[:, -1], source.audio.samples[:, -1], atol=1e-6)
        assert np.abs(made.samples[:, :40]).max() == 0.0  # the drum begins after 2 ms
    assert np.abs(first.samples - second.samples).max() > 1e-3


def test_strength_zero_is_the_sound_itself(generator: Generator) -> None:
    source = one_shot()
    (made,) = vary(generator, source, strength=0.0, seeds=[1])
    assert made.samples.tobytes() == source.audio.samples.tobytes()


def test_loops_keep_length_and_seam(generator: Generator) -> None:
    source = loop()
    for made in vary(generator, source, strength=0.5, seeds=[1, 2]):
        assert made.samples.shape == source.audio.samples.shape
        assert measure_seam(made, bars=1, beats_per_bar=4).passed


def test_loops_that_are_too_long_are_refused(generator: Generator) -> None:
    audio = Audio(np.zeros((1, 61 * RATE), np.float32), RATE)
    source = EditSource(Recording(Path("long.wav")), audio, Tags("loop", "drums", bpm=120.0, bars=30))
    with pytest.raises(InputError, match="loop of 61 s"):
        plan_of(generator, source)


def test_turned_loops_are_turned_back() -> None:
    source = loop()
    turned = np.roll(source.audio.samples, 441, axis=1)
    assert abs(find_turn(source.audio.with_samples(turned), source.audio) - 441) < 150
    back = settle(turned, source)
    assert np.median(np.abs(onset_shifts_ms(back, source))) < 3.5


def test_shifts_of_a_late_hit() -> None:
    source = one_shot()
    late = np.roll(source.audio.samples, 100, axis=1)
    (shift,) = onset_shifts_ms(source.audio.with_samples(late), source)
    assert shift == pytest.approx(1e3 * 100 / RATE, abs=0.05)
    (settled,) = onset_shifts_ms(settle(late, source), source)
    assert abs(settled) < 0.1


def test_windows_cover_everything_and_join_unchanged() -> None:
    samples = np.random.default_rng(0).standard_normal((2, 3000)).astype(np.float32)
    spans = windows(3000, rate=40)  # windows of 1200
    assert spans[0].start == 0 and spans[-1].stop == 3000
    assert all(one.stop - other.start >= 20 for one, other in zip(spans, spans[1:], strict=False))
    np.testing.assert_allclose(join([samples[:, span] for span in spans], spans), samples, atol=1e-6)


def test_lanes_and_back() -> None:
    wide = drum(channels=2).samples
    np.testing.assert_allclose(from_lanes(to_lanes(wide), channels=2), wide, atol=1e-6)
    assert len(to_lanes(np.stack([wide[0], wide[0]]))) == 1


def test_the_level_does_not_matter(generator: Generator) -> None:
    lanes = drum().samples
    loud, quiet = (
        edit_lanes(generator, lanes * np.float32(gain), strength=0.5, seeds=[1], wish=Wish()) for gain in (1.0, 0.125)
    )
    np.testing.assert_allclose(quiet.made[0] * 8, loud.made[0], atol=2e-4)


def test_levels_that_a_codec_took_come_back() -> None:
    noise = np.random.default_rng(1).standard_normal((1, 20_000)).astype(np.float32)
    np.testing.assert_allclose(undo_codec(0.5 * noise, noise, 0.5 * noise), noise, atol=1e-3)
    assert abs(float(colour_db(noise, 0.5 * noise).mean()) - 6.02) < 0.01


def test_a_difference_follows_the_levels_of_its_source() -> None:
    rng = np.random.default_rng(2)
    envelope = np.repeat([0.0, 1.0, 0.1, 0.0], 10_000).astype(np.float32)
    source = (envelope * rng.standard_normal(40_000)).astype(np.float32)[None]
    made = follow_levels(0.5 * rng.standard_normal((1, 40_000)).astype(np.float32), source)
    levels = [np.sqrt(np.square(made[0, 10_000 * k + 2500 : 10_000 * k + 7500]).mean()) for k in range(4)]
    assert levels[0] < 1e-6 and levels[3] < 1e-6
    assert 0.6 < levels[1] < 1.1 and levels[2] / levels[1] == pytest.approx(0.1, rel=0.15)


@pytest.mark.parametrize("strength", [0.2, 0.3, 0.35])
def test_a_sound_that_was_recoloured_is_not_coloured_again(strength: float) -> None:
    rng = np.random.default_rng(3)
    noise = np.concatenate([np.zeros(400), rng.standard_normal(20_000)]).astype(np.float32)
    own = np.stack([noise, noise + np.float32(1e-3) * rng.standard_normal(noise.size).astype(np.float32)])
    source = EditSource(Recording(Path("hit.wav")), Audio(own, RATE), Tags("one_shot", "snare"))
    gain = np.where(np.arange(noise.size) < 10_000, 1.0, 2.0).astype(np.float32)
    trip = from_lanes(to_lanes(own), channels=2)  # its side is too faint to be edited
    assert np.abs(trip - own).max() > 0.0
    made = render(source, gain * trip, trip, strength=strength)
    power = [np.square(half).mean(axis=1) for half in (made[:, 2000:9000], made[:, 12_000:19_000])]
    np.testing.assert_allclose(10 * np.log10(power[1] / power[0]), 6.02, atol=0.3)


@pytest.mark.parametrize("strength", [0.0, 0.5])
def test_without_a_model(strength: float) -> None:
    for source in (one_shot(channels=2, seconds=0.15), loop()):
        made = vary_without_model(source, strength=strength, seed=3)
        assert made.samples.shape == source.audio.samples.shape
        same = made.samples.tobytes() == source.audio.samples.tobytes()
        assert same == (strength == 0.0)
    assert measure_seam(made, bars=1, beats_per_bar=4).passed


def test_prompts_that_say_nothing_to_a_model_without_clap(generator: Generator) -> None:
    with pytest.raises(UsageError, match="knows none"):
        steered(generator, Wish(), "zzgrmbl")
    wish, unknown = steered(generator, Wish(("snare",)), "dark zzgrmbl")
    assert wish.tags == ("snare", "dark") and unknown == ("zzgrmbl",) and wish.guidance is not None

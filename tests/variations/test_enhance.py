"""Enhanced sounds: the trusted band, the level where both meet, rings, channels, rates, long recordings."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from samplegen.audio.types import Audio
from samplegen.engines.alpha_blend import Generator, load_generator
from samplegen.errors import UsageError
from samplegen.networks.unet import UNet
from samplegen.pack.recordings import Recording
from samplegen.pack.sound import Tags
from samplegen.training.encoding.degradations import Degradation, degrade
from samplegen.units import bars_to_samples
from samplegen.variations.edits.bands import Crossover, level_between, spectrum_of
from samplegen.variations.edits.sources import EditSource
from samplegen.variations.enhance import (
    at_rate,
    extrapolated,
    generate_tops,
    merge,
    replicate_bands,
    splice_step_db,
    trusted_snr_db,
)
from tests.models import GENERATOR
from tests.variations.edits.test_bands import RATE, noise
from tests.variations.hit_sounds import drum

CROSSOVER = Crossover(7600.0)


def shown(generator: Generator) -> Generator:
    """The generator with an untrained network that is shown sounds."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        network = UNet(replace(generator.network.config, inpainting=True)).eval()
        for parameter in network.parameters():
            torch.nn.init.normal_(parameter, std=0.05)
    return replace(generator, network=network)


@pytest.fixture
def generator(tiny_models: Path) -> Generator:
    return shown(load_generator(GENERATOR))


def limited(audio: Audio, *, loop: bool = False) -> Audio:
    return degrade(audio, Degradation(8000.0, "resampling"), loop=loop)


@pytest.mark.parametrize("ring", [False, True])
@pytest.mark.parametrize("channels", [1, 2])
def test_replication_keeps_what_there_is_and_continues_the_slope(channels: int, ring: bool) -> None:
    own = limited(noise(seconds=1.0, slope_db=6.0, channels=channels), loop=ring)
    made = merge(own, replicate_bands(own, CROSSOVER, ring=ring), CROSSOVER, ring=ring)
    assert made.audio.samples.shape == own.samples.shape
    assert trusted_snr_db(made.audio, own, CROSSOVER, ring=ring) >= 60.0 and abs(made.step_db) < 0.5
    hz, power = spectrum_of(made.audio.samples, rate=RATE)
    falls = level_between(hz, power, 9000.0, 11_000.0) - level_between(hz, power, 17_000.0, 21_000.0)
    below = level_between(hz, power, 5000.0, 6000.0) - level_between(hz, power, 8000.0, 9500.0)
    assert falls == pytest.approx(5.6, abs=2.0) and below == pytest.approx(4.0, abs=2.0)


def test_a_ring_has_no_seam() -> None:
    own = limited(noise(seconds=0.5), loop=True)
    made = merge(own, replicate_bands(own, CROSSOVER, ring=True), CROSSOVER, ring=True).audio.samples
    turned_own = Audio(np.roll(own.samples, 5000, axis=1), RATE)
    turned = merge(turned_own, np.roll(replicate_bands(own, CROSSOVER, ring=True), 5000, axis=1), CROSSOVER, ring=True)
    np.testing.assert_allclose(turned.audio.samples, np.roll(made, 5000, axis=1), atol=2e-5)


def test_levels_are_matched_where_both_meet() -> None:
    own, top = limited(noise(seconds=0.5)), noise(seconds=0.5, seed=1)
    for gain in (0.02, 5.0):
        loud = top.samples * np.float32(gain)
        assert abs(splice_step_db(own.samples, loud, CROSSOVER, rate=RATE)) > 10.0
        made = merge(own, loud, CROSSOVER, ring=False)
        assert abs(made.step_db) <= 3.0 and trusted_snr_db(made.audio, own, CROSSOVER) >= 60.0
        hz, power = spectrum_of(made.audio.samples, rate=RATE)
        assert level_between(hz, power, 9000.0, 15_000.0) == pytest.approx(
            level_between(hz, power, 2000.0, 6000.0), abs=1.5
        )


def test_the_top_follows_the_recording() -> None:
    """Half a second of sound, half of silence: nothing is made in the silence."""
    own = limited(noise(seconds=1.0))
    quiet = own.samples.copy()
    quiet[:, RATE // 2 :] = 0.0
    made = merge(Audio(quiet, RATE), noise(seconds=1.0, seed=1).samples, CROSSOVER, ring=False).audio.samples
    first, second = (float(np.square(part).sum()) for part in (made[:, : RATE // 2], made[:, RATE * 6 // 10 :]))
    assert second < first * 10.0 ** (-1.1)


def test_the_slope_is_measured() -> None:
    _, slope = extrapolated(noise(seconds=2.0, slope_db=9.0).samples, CROSSOVER, rate=RATE)
    assert slope == pytest.approx(-9.0, abs=1.0)


def test_long_recordings_go_in_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("samplegen.variations.edits.calls.WINDOW_S", 1.0)
    own = limited(noise(seconds=2.3, slope_db=6.0))
    made = replicate_bands(own, CROSSOVER, ring=False)
    assert made.shape == own.samples.shape
    merged = merge(own, made, CROSSOVER, ring=False)
    assert trusted_snr_db(merged.audio, own, CROSSOVER) >= 60.0
    levels = [level_between(*spectrum_of(made[:, place : place + RATE // 4], rate=RATE), 9000.0, 15_000.0)
              for place in range(0, 2 * RATE, RATE // 4)]  # fmt: skip
    assert max(levels) - min(levels) < 2.0


@pytest.mark.parametrize("channels", [1, 2])
def test_the_generator_is_shown_the_recording(generator: Generator, channels: int) -> None:
    own = limited(drum(seconds=0.2, channels=channels))
    source = EditSource(Recording(Path("snare.wav")), own, Tags("one_shot", "snare"))
    first, second = generate_tops(generator, source, CROSSOVER, seeds=[1, 2], rate=RATE, length=own.length)
    assert first.shape == own.samples.shape and np.abs(first - second).max() > 0.0
    (again,) = generate_tops(generator, source, CROSSOVER, seeds=[1], rate=RATE, length=own.length)
    np.testing.assert_allclose(again, first, atol=1e-4)
    other = EditSource(source.recording, limited(drum(seconds=0.2, seed=5, channels=channels)), source.tags)
    (heard,) = generate_tops(generator, other, CROSSOVER, seeds=[1], rate=RATE, length=own.length)
    assert np.abs(heard - first).max() > 1e-4
    made = merge(own, first, CROSSOVER, ring=False)
    assert trusted_snr_db(made.audio, own, CROSSOVER) >= 60.0


def test_loops_stay_rings(generator: Generator) -> None:
    length = bars_to_samples(1, bpm=120.0, beats_per_bar=4, sample_rate=RATE)
    own = limited(Audio(noise(seconds=2.0).samples[:, :length], RATE), loop=True)
    source = EditSource(Recording(Path("loop.wav")), own, Tags("loop", "loop_drums", bpm=120.0, bars=1))
    (top,) = generate_tops(generator, source, CROSSOVER, seeds=[1], rate=48_000, length=96_000)
    assert top.shape == (1, 96_000)


def test_a_network_that_sees_nothing_is_refused(tiny_models: Path) -> None:
    source = EditSource(Recording(Path("snare.wav")), drum(), Tags("one_shot", "snare"))
    with pytest.raises(UsageError, match="not trained to see"):
        generate_tops(load_generator(GENERATOR), source, CROSSOVER, seeds=[1], rate=RATE, length=source.audio.length)


def test_other_rates() -> None:
    audio = drum(seconds=0.2)
    assert at_rate(audio, rate=48_000, length=9601, ring=False).shape == (1, 9601)
    assert at_rate(audio, rate=RATE, length=audio.length, ring=True).tobytes() == audio.samples.tobytes()

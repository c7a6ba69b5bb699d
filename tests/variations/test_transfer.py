"""Voice transfer: what is kept of the source, both routes, stereo, and cross-synthesis."""

from pathlib import Path

import numpy as np
import pytest

from samplegen.audio.types import Audio
from samplegen.engines.alpha_blend import load_generator
from samplegen.errors import InputError
from samplegen.variations.edits.calls import Wish
from samplegen.variations.transfer import ROUTES, Target, cross_synthesis, envelope_correlation, transfer_sounds
from tests.models import GENERATOR
from tests.variations.hit_sounds import RATE, drum


def test_envelope_correlation() -> None:
    audio = drum()
    assert envelope_correlation(audio, audio.with_samples(0.1 * audio.samples)) == pytest.approx(1.0)
    assert envelope_correlation(audio, audio.with_samples(audio.samples[:, ::-1].copy())) < 0.3
    assert envelope_correlation(audio, audio.with_samples(np.zeros_like(audio.samples))) == 0.0


@pytest.mark.parametrize("route", ROUTES)
def test_transfers_keep_length_level_and_end(tiny_models: Path, route: str) -> None:
    generator, audio = load_generator(GENERATOR), drum(channels=2)
    wish = {"voice": Wish(("kick",)), "strength": 0.7, "seeds": [1, 2], "route": route}
    first, second = transfer_sounds(generator, audio, Target("snare"), **wish)  # type: ignore[arg-type]
    (again,) = transfer_sounds(generator, audio, Target("snare"), **{**wish, "seeds": [1]})  # type: ignore[arg-type]
    assert first.samples.shape == audio.samples.shape
    np.testing.assert_allclose(again.samples, first.samples, atol=1e-4)
    assert np.abs(first.samples - second.samples).max() > 1e-3
    assert np.abs(first.samples - audio.samples).max() > 1e-2
    assert not first.samples[:, -1].any() and np.abs(first.samples).max() <= 1.0


def test_inversion_alone_does_not_depend_on_the_seed(tiny_models: Path) -> None:
    from samplegen.engines.alpha_blend.inversion import regenerate_sounds

    generator, audio = load_generator(GENERATOR), drum()
    (edited,) = regenerate_sounds(
        generator, [audio], strength=0.6, seeds=[[1, 2]], source_tags=[("kick",)], tags=[("kick",)], fresh=0.0
    )
    np.testing.assert_allclose(edited.made[0].samples, edited.made[1].samples, atol=1e-4)
    # Back and forth under one condition is the codec's round trip, up to the steps' error.
    error = np.square(edited.made[0].samples - edited.round_trip.samples).sum()
    assert error < 0.5 * np.square(edited.round_trip.samples).sum()
    (same,) = regenerate_sounds(
        generator, [audio], strength=0.0, seeds=[[1]], source_tags=[("kick",)], tags=[("snare",)]
    )
    np.testing.assert_allclose(same.made[0].samples, same.round_trip.samples, atol=1e-4)


def test_what_is_too_long_to_invert(tiny_models: Path) -> None:
    generator = load_generator(GENERATOR)
    with pytest.raises(InputError, match="can be inverted"):
        transfer_sounds(generator, Audio(np.ones((1, 31 * RATE), np.float32), RATE), Target("snare"), voice=Wish(),
                        strength=0.5, seeds=[1], route="invert")  # fmt: skip


def test_cross_synthesis_goes_from_source_to_target() -> None:
    audio, voice = drum(hz=60.0), drum(hz=900.0, seed=3)
    made = [cross_synthesis(audio, voice, strength=strength) for strength in (0.0, 0.5, 1.0)]

    def share(one: Audio) -> float:
        """Power about the target's 900 Hz over that about the source's 60 Hz."""
        power, hz = np.abs(np.fft.rfft(one.samples[0])) ** 2, np.fft.rfftfreq(one.length, 1.0 / RATE)
        return float(power[np.abs(hz - 900.0) < 60.0].sum() / power[hz < 150.0].sum())

    assert np.abs(made[0].samples - audio.samples).max() < 0.05
    assert share(made[0]) < share(made[1]) < share(made[2])
    assert all(envelope_correlation(audio, one) > 0.8 for one in made)

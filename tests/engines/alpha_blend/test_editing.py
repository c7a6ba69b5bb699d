"""Edits by a tiny generator: round trips, seeds, exact lengths, rings, masks, and what is refused."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from samplegen.audio.types import Audio
from samplegen.codec.base import Latents
from samplegen.engines.alpha_blend import Generator, edit_sounds, load_generator
from samplegen.engines.alpha_blend.editing import RECOLOUR_BELOW, frames_of
from samplegen.errors import UsageError
from tests.models import GENERATOR, plain_codec
from tests.pack.signals import hit


@pytest.fixture
def generator(tiny_models: Path) -> Generator:
    return load_generator(GENERATOR)


@pytest.fixture
def plain(generator: Generator) -> Generator:
    """Of a codec that cannot recolour, as EnCodec cannot."""
    return replace(generator, codec=plain_codec(generator.codec))


def sounds(generator: Generator, *lengths: int) -> list[Audio]:
    rate = generator.codec.sample_rate
    return [Audio(0.5 * hit(length, seed=length)[None].astype(np.float32), rate) for length in lengths]


def test_small_edits_recolour_the_sound_itself(generator: Generator) -> None:
    audios = sounds(generator, 5000, 3000)
    wanted = {"seeds": [[1, 2], [3]], "tags": [("kick",), ("snare",)]}
    none, small = (edit_sounds(generator, audios, strength=strength, **wanted) for strength in (0.0, 0.2))
    for audio, still, moved in zip(audios, none, small, strict=True):
        assert still.round_trip is audio and moved.round_trip is audio
        assert all(made.samples.tobytes() == audio.samples.tobytes() for made in still.made)
        assert all(
            made.length == audio.length and np.abs(made.samples - audio.samples).max() > 0.0 for made in moved.made
        )


def test_large_edits_are_the_codecs(generator: Generator) -> None:
    (audio,) = sounds(generator, 5000)
    (edited,) = edit_sounds(generator, [audio], strength=RECOLOUR_BELOW, seeds=[[1]], tags=[("kick",)])
    assert np.abs(edited.round_trip.samples - audio.samples).max() > 0.0


def test_recoloured_loops_stay_rings(generator: Generator) -> None:
    """A ring turned by a whole number of frames, and its edit: nothing jumps where the ends meet."""
    plan = generator.plan_loop(bpm=140.0, bars=1, beats_per_bar=4)
    time = np.arange(plan.ring.length) / plan.ring.length
    ring = Audio(0.3 * np.sin(2 * np.pi * 40 * time)[None].astype(np.float32), generator.codec.sample_rate)
    (edited,) = generator.edit([ring], strength=0.3, seeds=[[5]], tags=[("loop_drums",)], loop=plan)
    made = edited.made[0].samples[0]
    across = np.abs(np.diff(np.concatenate([made[-64:], made[:64]])))
    assert len(made) == plan.ring.length and across[60:68].max() <= np.abs(np.diff(made)).max()
    assert np.abs(made - ring.samples[0]).max() > 0.0


def test_strength_zero_is_the_codecs_round_trip(plain: Generator) -> None:
    (audio,) = sounds(plain, 5000)
    (edited,) = plain.edit([audio], strength=0.0, seeds=[[1, 2]], tags=[("kick",)])
    assert [made.samples.shape for made in (edited.round_trip, *edited.made)] == [(1, 5000)] * 3
    for made in edited.made:
        np.testing.assert_allclose(made.samples, edited.round_trip.samples, atol=1e-5)
    frames = frames_of(plain, audio)
    laid = torch.zeros(1, 1, frames * plain.codec.hop_length)
    laid[0, 0, :5000] = torch.from_numpy(audio.samples[0].copy())
    latents = plain.codec.encode(laid).values
    direct = plain.codec.decode(Latents(latents, 1.0)).numpy()[0, :, :5000]
    # What lies far after the end of the sound is not decoded.
    np.testing.assert_allclose(direct[:, :4000], edited.round_trip.samples[:, :4000], atol=2e-3)


def test_strength_moves_and_seeds_decide(plain: Generator) -> None:
    audios = sounds(plain, 5000, 3000)
    wanted = {"seeds": [[1, 2], [3]], "tags": [("kick",), ("snare",)]}
    weak, again = (edit_sounds(plain, audios, strength=0.1, **wanted) for _ in range(2))
    strong = edit_sounds(plain, audios, strength=0.6, **wanted)
    assert [len(edited.made) for edited in weak] == [2, 1]
    assert weak[0].made[0].samples.tobytes() == again[0].made[0].samples.tobytes()
    assert np.abs(weak[0].made[0].samples - weak[0].made[1].samples).max() > 0.0
    for small, large in zip(weak, strong, strict=True):
        moved = [float(np.square(one.made[0].samples - one.round_trip.samples).sum()) for one in (small, large)]
        assert 0.0 < moved[0] < moved[1]


def test_loops_keep_their_length_and_are_rings(plain: Generator) -> None:
    plan = plain.plan_loop(bpm=140.0, bars=1, beats_per_bar=4)
    time = np.arange(plan.ring.length) / plan.ring.length
    ring = Audio(0.3 * np.sin(2 * np.pi * 40 * time)[None].astype(np.float32), plain.codec.sample_rate)
    (edited,) = plain.edit([ring], strength=0.3, seeds=[[5]], tags=[("loop_drums",)], loop=plan)
    assert edited.made[0].length == edited.round_trip.length == plan.ring.length


def test_masked_frames_stay(generator: Generator) -> None:
    (audio,) = sounds(generator, 9000)
    mask = torch.ones(frames_of(generator, audio), dtype=torch.bool)
    (kept,) = generator.edit([audio], strength=0.8, seeds=[[1]], tags=[("kick",)], mask=mask)
    np.testing.assert_allclose(kept.made[0].samples, kept.round_trip.samples, atol=1e-5)
    mask[20:] = False
    (partly,) = generator.edit([audio], strength=0.8, seeds=[[1]], tags=[("kick",)], mask=mask)
    assert np.abs(partly.made[0].samples - partly.round_trip.samples).max() > 1e-4


def test_no_sounds_no_edits(generator: Generator) -> None:
    assert generator.edit([], strength=0.1, seeds=[], tags=[]) == []


def test_what_cannot_be_edited(generator: Generator) -> None:
    rate = generator.codec.sample_rate
    (audio,) = sounds(generator, 1000)
    stereo = Audio(np.zeros((2, 1000), np.float32), rate)
    slow, endless = Audio(audio.samples, 8000), Audio(np.zeros((1, 61 * rate), np.float32), rate)
    for wrong, said in ((stereo, "2 channels"), (slow, "8000 Hz"), (endless, "61.0 s")):
        with pytest.raises(UsageError, match=said):
            generator.edit([wrong], strength=0.1, seeds=[[1]], tags=[()])
    with pytest.raises(UsageError, match="as many"):
        generator.edit([audio], strength=0.1, seeds=[], tags=[()])
    with pytest.raises(UsageError, match="strength"):
        generator.edit([audio], strength=1.5, seeds=[[1]], tags=[()])
    plan = generator.plan_loop(bpm=140.0, bars=1, beats_per_bar=4)
    with pytest.raises(UsageError, match="is expected, not 1000"):
        generator.edit([audio], strength=0.1, seeds=[[1]], tags=[()], loop=plan)

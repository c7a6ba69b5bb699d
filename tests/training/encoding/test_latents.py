"""Encoded sounds: what is kept of them, and what a damaged folder says."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from samplegen.audio.types import Audio
from samplegen.codec import load_codec
from samplegen.codec.base import Codec, Latents
from samplegen.errors import InputError
from samplegen.training.encoding.latents import LatentSet, SoundToEncode, encode_sounds
from samplegen.units import samples_to_frames
from tests.models import CODEC, CODEC_CONFIG, ONE_SHOT_FRAMES, tiny_latents, tiny_sounds


@pytest.fixture
def codec(tiny_models: Path) -> Codec:
    return load_codec(CODEC)


@pytest.fixture
def latents(codec: Codec) -> LatentSet:
    return tiny_latents(codec)


def test_every_sound_has_its_frames(latents: LatentSet, codec: Codec) -> None:
    start = 0
    for item, sound in zip(latents.items, tiny_sounds(), strict=True):
        frames = samples_to_frames(sound.audio.length, hop_length=codec.hop_length) if sound.loop else ONE_SHOT_FRAMES
        assert (item.start, item.frames) == (start, frames)
        assert (item.kind, item.tags, item.split, item.source) == (sound.kind, sound.tags, sound.split, sound.source)
        assert item.sounding == (None if sound.loop else -(-sound.audio.length // codec.hop_length))
        start += frames
    assert latents.values.shape == (start, codec.dimension) and latents.values.dtype == torch.float16


def test_the_header_names_the_codec(latents: LatentSet, codec: Codec) -> None:
    assert latents.header["codec"] == CODEC and latents.header["codec_hash"] == codec.hash
    assert latents.header["latent_hash"] == codec.latent_hash and latents.header["licences"] == ["CC0-1.0"]
    assert latents.frame_rate == pytest.approx(44_100 / 256) and latents.one_shot_frames == ONE_SHOT_FRAMES


def test_one_shots_are_filled_with_silence_or_cut(codec: Codec) -> None:
    sounds = [
        SoundToEncode(Audio(np.full((1, length), 0.3, np.float32), 44_100), "fx", ("fx",), False, "train", "x")
        for length in (300, 99 * codec.hop_length)
    ]
    short, long = (values for values, _ in encode_sounds(sounds, codec, one_shot_frames=20))
    silence = codec.encode(torch.zeros(1, 1, codec.hop_length * 20)).values[0].T.half()
    assert short.shape == long.shape == (20, codec.dimension)
    torch.testing.assert_close(short[12:18], silence[12:18])
    assert (long[12:18] - silence[12:18]).abs().max() > 0.01


def test_a_loop_is_encoded_as_a_ring(codec: Codec) -> None:
    samples = np.random.default_rng(0).standard_normal((1, 40 * codec.hop_length)).astype(np.float32) / 5
    loops = [
        SoundToEncode(
            Audio(np.roll(samples, -turn * codec.hop_length, axis=1), 44_100), "x", ("x",), True, "train", "x"
        )
        for turn in (0, 7)
    ]
    (plain, _), (turned, _) = encode_sounds(loops, codec, one_shot_frames=8)
    torch.testing.assert_close(turned, plain.roll(-7, 0), atol=2e-3, rtol=2e-3)


def test_a_loop_is_fitted_to_whole_frames(codec: Codec) -> None:
    time = np.arange(10 * codec.hop_length + 100) / (10 * codec.hop_length + 100)
    tone = Audio(np.sin(2 * np.pi * 20 * time)[None].astype(np.float32), 44_100)
    fitted = Audio(np.sin(2 * np.pi * 20 * np.arange(2560) / 2560)[None].astype(np.float32), 44_100)
    sounds = [SoundToEncode(audio, "x", ("x",), True, "train", "x") for audio in (tone, fitted)]
    (stretched, _), (exact, _) = encode_sounds(sounds, codec, one_shot_frames=8)
    torch.testing.assert_close(stretched, exact, atol=5e-3, rtol=5e-3)


def test_saved_and_loaded(latents: LatentSet, tmp_path: Path) -> None:
    latents.save(tmp_path / "set")
    again = LatentSet.load(tmp_path / "set")
    assert torch.equal(again.values, latents.values) and again.items == latents.items
    assert {**again.header, **latents.header} == again.header


def test_normal_latents_have_unit_variance(latents: LatentSet) -> None:
    stats = latents.stats()
    sounding = [
        latents.values[item.start : item.start + (item.sounding or item.frames)]
        for item in latents.items
        if item.split == "train"
    ]
    normal = stats.normalise(torch.cat(sounding).float().T[None])[:, : CODEC_CONFIG.learned]  # no low tones in it
    assert 0.95 <= float(normal.std()) <= 1.05 and abs(float(normal.mean())) < 0.01


def test_padding_and_held_out_sounds_do_not_count(codec: Codec) -> None:
    def one_shot(level: float, split: str) -> SoundToEncode:
        samples = np.random.default_rng(0).standard_normal((1, 5 * codec.hop_length)).astype(np.float32)
        return SoundToEncode(Audio(level * samples, 44_100), "fx", ("fx",), False, split, split)

    def stats_of(frames: int, *sounds: SoundToEncode) -> torch.Tensor:
        encoded = encode_sounds(sounds, codec, one_shot_frames=frames)
        return LatentSet.collect(encoded, codec, one_shot_frames=frames).stats().std

    alone = stats_of(6, one_shot(0.1, "train"))
    torch.testing.assert_close(
        stats_of(60, one_shot(0.1, "train"), one_shot(0.9, "held_out")), alone, atol=0.05, rtol=0.1
    )


def test_nothing_to_train_on(codec: Codec) -> None:
    held_out = [sound for sound in tiny_sounds() if sound.split == "held_out"]
    latents = LatentSet.collect(encode_sounds(held_out, codec, one_shot_frames=8), codec, one_shot_frames=8)
    with pytest.raises(InputError, match="no training sounds"):
        latents.stats()


def test_nothing_to_encode(codec: Codec) -> None:
    with pytest.raises(InputError, match="nothing to encode"):
        LatentSet.collect([], codec, one_shot_frames=8)


def edit(change: Callable[[dict], object]) -> Callable[[Path], None]:
    def damage(folder: Path) -> None:
        index = json.loads((folder / "index.json").read_text())
        change(index)
        (folder / "index.json").write_text(json.dumps(index))

    return damage


@pytest.mark.parametrize(
    "damage",
    [
        lambda folder: (folder / "latents.npy").unlink(),
        lambda folder: (folder / "latents.npy").write_bytes(b""),
        lambda folder: (folder / "latents.npy").write_bytes((folder / "latents.npy").read_bytes()[:-50]),
        lambda folder: np.save(folder / "latents.npy", np.array([{"a": 1}], dtype=object)),
        lambda folder: np.save(folder / "latents.npy", np.zeros((4, 8), np.float16)),
        lambda folder: np.save(folder / "latents.npy", np.zeros((4000, 8), np.float64)),
        lambda folder: (folder / "index.json").write_text("[]"),
        lambda folder: (folder / "index.json").write_text("{"),
        edit(lambda index: index.pop("items")),
        edit(lambda index: index.pop("frame_rate")),
        edit(lambda index: index.update(format="samplegen-pack")),
        edit(lambda index: index.update(one_shot_frames="many")),
        edit(lambda index: index["items"][0].pop("kind")),
        edit(lambda index: index["items"].append(3)),
    ],
)
def test_a_damaged_folder(latents: LatentSet, tmp_path: Path, damage: Callable[[Path], object]) -> None:
    latents.save(tmp_path)
    damage(tmp_path)
    with pytest.raises(InputError, match="holds no encoded sounds .* Run: samplegen data encode"):
        LatentSet.load(tmp_path)


def with_vectors(latents: LatentSet) -> LatentSet:
    vectors = torch.randn(len(latents.items), 4, 5, generator=torch.Generator().manual_seed(0))
    return latents.with_vectors(vectors, name="clap-tiny", hash="abc")


def test_vectors_go_along(latents: LatentSet, tmp_path: Path) -> None:
    made = with_vectors(latents)
    made.save(tmp_path)
    again = LatentSet.load(tmp_path)
    assert again.vectors is not None and made.vectors is not None and torch.equal(again.vectors, made.vectors)
    assert again.clap == {"name": "clap-tiny", "hash": "abc"} and again.header["clap"]["captions"] == 3
    assert latents.clap is None and latents.vectors is None and again.items == latents.items
    latents.save(tmp_path)  # the file of vectors stays, but is nobody's
    assert LatentSet.load(tmp_path).vectors is None


@pytest.mark.parametrize(
    "damage",
    [
        lambda folder: (folder / "vectors.npy").unlink(),
        lambda folder: (folder / "vectors.npy").write_bytes(b"none"),
        lambda folder: np.save(folder / "vectors.npy", np.zeros((9, 4, 5), np.float16)),
        lambda folder: np.save(folder / "vectors.npy", np.zeros((10, 3, 5), np.float16)),
        lambda folder: np.save(folder / "vectors.npy", np.zeros((10, 4), np.float16)),
        lambda folder: np.save(folder / "vectors.npy", np.zeros((10, 4, 5), np.float32)),
        lambda folder: np.save(folder / "vectors.npy", np.full((10, 4, 5), np.nan, np.float16)),
        edit(lambda index: index["clap"].pop("hash")),
        edit(lambda index: index["clap"].update(name=3)),
        edit(lambda index: index["clap"].update(captions="three")),
        edit(lambda index: index.update(clap=["clap-tiny"])),
    ],
)
def test_damaged_vectors(latents: LatentSet, tmp_path: Path, damage: Callable[[Path], object]) -> None:
    assert len(latents.items) == 10
    with_vectors(latents).save(tmp_path)
    damage(tmp_path)
    with pytest.raises(InputError, match="holds no encoded sounds .* Run: samplegen data encode"):
        LatentSet.load(tmp_path)


def test_no_folder(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="nowhere holds no encoded sounds"):
        LatentSet.load(tmp_path / "nowhere")


def test_bits_do_not_depend_on_the_number_of_threads(codec: Codec) -> None:
    seen: list[int] = []

    class Watched:
        hop_length = codec.hop_length

        def encode(self, samples: torch.Tensor, *, loop: bool) -> Latents:
            seen.append(torch.get_num_threads())
            return codec.encode(samples, loop=loop)

    before = torch.get_num_threads()
    try:
        torch.set_num_threads(2)
        sound = SoundToEncode(Audio(np.zeros((1, 2000), np.float32), 44_100), "kick", ("kick",), False, "train", "s")
        for _ in encode_sounds([sound], Watched(), one_shot_frames=8):  # type: ignore[arg-type]
            assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)
    assert seen == [1]

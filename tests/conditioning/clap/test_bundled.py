"""The bundled joint embedder: any text and any sound, without an exception."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from samplegen.audio.types import Audio
from samplegen.checkpoints import find_model, load_model, save_model
from samplegen.conditioning.clap import DEFAULT_CLAP, load_clap
from samplegen.conditioning.clap.bundled import FAMILY, BundledClap, embed_words, load_bundled
from samplegen.conditioning.clap.text_gap import TextGap
from samplegen.errors import ModelInvalidError, ModelMissingError
from samplegen.networks.joint import JointConfig, JointEmbedding

SMALL = JointConfig(dimension=8, text_width=8, audio_width=8, text_blocks=1, audio_blocks=1)


def network() -> JointEmbedding:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return JointEmbedding(SMALL)


@pytest.fixture(scope="module")
def clap() -> BundledClap:
    return BundledClap(network(), name="tiny", hash="h", words=["kick", "dark", "punchy"])


def burst(seconds: float = 0.2, *, channels: int = 1, sample_rate: int = 44_100, seed: int = 0) -> Audio:
    samples = np.random.default_rng(seed).standard_normal((channels, max(1, int(seconds * sample_rate))))
    return Audio((0.1 * samples).astype(np.float32), sample_rate)


@pytest.mark.parametrize("text", ["", "   ", "🎉🎉", "привет мир", "鼓", "the of", "!?", "\x00\n"])
def test_texts_that_say_nothing_are_zero(clap, text):
    assert clap.embed_text([text]).tolist() == [[0.0] * 8]


def test_texts_that_say_something_are_unit_vectors(clap):
    texts = ["dark kick", "", "kick " * 10_000, "DARK 🎉 Kick", "a dark flute kick"]
    vectors = clap.embed_text(texts)
    assert vectors.shape == (5, 8) and not vectors.requires_grad
    torch.testing.assert_close(vectors.norm(dim=1), torch.tensor([1.0, 0.0, 1.0, 1.0, 1.0]))
    torch.testing.assert_close(vectors[3], vectors[0])
    torch.testing.assert_close(vectors[4], vectors[0])  # what is not known is left out
    assert clap.embed_text([]).shape == (0, 8)


def test_knows(clap):
    assert clap.knows("kick") and clap.knows("pucnhy") and not clap.knows("flute")
    assert BundledClap(network(), name="", hash="").knows("flute")


def test_batches_do_not_matter(clap):
    texts = ["kick", "dark punchy kick kick", "punchy"]
    torch.testing.assert_close(clap.embed_text(texts)[0], clap.embed_text(texts[:1])[0])
    audios = [burst(0.3), burst(5.0, seed=1)]
    both = clap.embed_audio(audios)
    assert float(both[0] @ clap.embed_audio(audios[:1])[0]) > 0.99


@pytest.mark.parametrize(
    "audio", [burst(0.00003), burst(0.01, sample_rate=8000), burst(9.0, channels=2), burst(0.1, sample_rate=96_000)]
)
def test_sounds_of_any_form_are_unit_vectors(clap, audio):
    assert abs(float(clap.embed_audio([audio]).norm()) - 1.0) < 1e-4


def test_silence_is_zero_beside_sounds(clap):
    nothing = Audio(np.zeros((1, 0), np.float32), 44_100)
    vectors = clap.embed_audio([Audio(np.zeros((1, 500), np.float32), 44_100), burst(), nothing])
    assert vectors.norm(dim=1).round().tolist() == [0.0, 1.0, 0.0]
    assert clap.embed_audio([]).shape == (0, 8)


def test_dropped_pieces_come_from_the_generator():
    draws = [
        embed_words(network(), [["punchy", "kick"]], dropped=0.5, generator=torch.Generator().manual_seed(seed))
        for seed in (0, 0, 1)
    ]
    assert torch.equal(draws[0], draws[1]) and not torch.equal(draws[0], draws[2])


def save(folder: Path, **changes: object) -> Path:
    gap = TextGap.measure(torch.randn(20, 8), torch.randn(20, 8))
    config = {"family": FAMILY, "architecture": vars(SMALL), "words": ["kick"], **changes}
    save_model(folder, tensors={**network().state_dict(), **gap.tensors()}, config=config, card=None, half=False)
    return folder


def test_saved_and_loaded(tmp_path):
    loaded = load_clap(save(tmp_path / "clap-tiny"))
    assert isinstance(loaded, BundledClap) and (loaded.name, loaded.dimension) == ("clap-tiny", 8)
    assert loaded.hash == load_model(tmp_path / "clap-tiny").hash
    assert loaded.gap is not None and loaded.gap.bank.shape == (20, 8)
    direct = BundledClap(network(), name="", hash="", words=["kick"])
    torch.testing.assert_close(loaded.embed_text(["kick"]), direct.embed_text(["kick"]))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"family": "generator"}, "cannot compare texts and sounds"),
        ({"words": "kick"}, "must hold a list of words"),
        ({"architecture": {**vars(SMALL), "buckets": 100}}, "100 buckets"),
        ({"architecture": {**vars(SMALL), "text_width": 16}}, "do not fit its config.json"),
        ({"architecture": {"width": 3}}, "width"),
    ],
)
def test_models_that_are_refused(tmp_path, changes, message):
    with pytest.raises(ModelInvalidError, match=message):
        load_clap(save(tmp_path / "clap-bad", **changes))


def test_a_missing_model_is_said():
    with pytest.raises(ModelMissingError, match="clap-nothing"):
        load_clap("clap-nothing")


def test_another_family_is_refused_by_the_bundled_loader(tmp_path):
    with pytest.raises(ModelInvalidError, match="is a 'other'"):
        load_bundled(load_model(save(tmp_path / "m", family="other")))


def test_a_bank_without_the_rest_is_refused(tmp_path):
    config = {"family": FAMILY, "architecture": vars(SMALL), "words": ["kick"]}
    tensors = {**network().state_dict(), "bank": torch.zeros(2, 8)}
    save_model(tmp_path / "m", tensors=tensors, config=config, card=None)
    with pytest.raises(ModelInvalidError, match="do not fit"):
        load_clap(tmp_path / "m")


@pytest.fixture(scope="module")
def shipped() -> BundledClap:
    loaded = load_clap()
    assert isinstance(loaded, BundledClap)
    return loaded


def test_the_shipped_model_orders_words_as_people_do(shipped):
    kick, bass_drum, flute, typo = shipped.embed_text(["punchy kick", "punchy bass drum", "soft flute", "punchy kikc"])
    assert kick @ bass_drum > 0.8 > 0.3 > kick @ flute
    assert kick @ typo > 0.7
    assert shipped.knows("kick") and not shipped.knows("quaternion")


def test_the_shipped_model_hears(shipped):
    time = np.arange(22_050) / 44_100
    thump = np.sin(2 * np.pi * (50 * time + 6 * (1 - np.exp(-time * 40)))) * np.exp(-9 * time)
    hiss = np.diff(np.random.default_rng(0).standard_normal(22_051)) * np.exp(-60 * time)
    sounds = shipped.embed_audio([Audio(np.float32(0.8) * wave.astype(np.float32), 44_100) for wave in (thump, hiss)])
    scores = sounds @ shipped.embed_text(["kick", "closed hi-hat"]).T
    assert scores[0].argmax() == 0 and scores[1].argmax() == 1


def test_the_shipped_model_is_small_and_documented():
    folder = find_model(DEFAULT_CLAP)
    config = json.loads((folder / "config.json").read_text())
    assert (folder / "model.safetensors").stat().st_size < 20e6 and config["training_licences"]
    gap = load_bundled(DEFAULT_CLAP).gap
    assert gap is not None and gap.bank.numel() * 2 < 1_000_000
    assert "recall@10" in (folder / "README.md").read_text()

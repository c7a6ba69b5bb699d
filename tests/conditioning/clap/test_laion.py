"""LAION-CLAP: plumbing on stand-ins for its packages, the real package where it is installed.

The stand-ins have the surface that samplegen uses, and no more: they show how samplegen calls
the package, not that the package works. That is for the last tests.
"""

import importlib.util
import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import torch

from samplegen.audio.types import Audio
from samplegen.checkpoints import find_model, load_model, pull, save_model
from samplegen.conditioning.clap import laion_package
from samplegen.conditioning.clap.laion import MOST_WINDOWS, WINDOW, LaionClap, load_laion, windows_of
from samplegen.conditioning.clap.laion_package import build_module
from samplegen.errors import DependencyError, ModelInvalidError, ModelMissingError

Vectors = npt.NDArray[np.float32]

STAND_IN_LAION_CLAP = """
import os, sys
sys.path.append(os.path.dirname(__file__))
import torch, transformers
import torchvision.datasets as datasets
import torchvision.transforms
from torchvision.ops.misc import FrozenBatchNorm2d
from torchvision.transforms import Compose, Normalize

LOOKED_UP = [one.from_pretrained("hub") for one in
             (transformers.BertTokenizer, transformers.RobertaTokenizer, transformers.BartTokenizer)]

class CLAP_Module(torch.nn.Module):
    def __init__(self, enable_fusion, device, amodel):
        super().__init__()
        print("the package talks on stdout")
        torch.rand(3)
        self.amodel, self.fusion = amodel, enable_fusion
        self.model = torch.nn.Module()
        self.model.text_branch = transformers.RobertaModel.from_pretrained("roberta-base")
        self.tokenize = transformers.RobertaTokenizer.from_pretrained("roberta-base")
"""
STAND_IN_TRANSFORMERS = """
import json, pathlib
import torch

class PreTrained:
    @classmethod
    def from_pretrained(cls, name, **options):
        if not pathlib.Path(name).is_dir():
            raise OSError("the hub is out of reach")
        return cls(pathlib.Path(name))

class RobertaTokenizer(PreTrained):
    bos_token_id, pad_token_id, eos_token_id = 0, 1, 2
    def __init__(self, folder):
        file = folder / "vocab.json"  # transformers 5 silently makes five tokens without it
        self.entries = json.loads(file.read_text()) if file.exists() else dict.fromkeys("abcde")
    def __len__(self):
        return len(self.entries)

class BertTokenizer(PreTrained): pass
class BartTokenizer(PreTrained): pass
class BertModel(PreTrained): pass
class BartModel(PreTrained): pass

class RobertaConfig:
    def __init__(self, **values):
        vars(self).update(values)

class RobertaModel(PreTrained, torch.nn.Module):
    def __init__(self, config):
        torch.nn.Module.__init__(self)
        self.config = config
        self.embeddings = torch.nn.Module()
        sizes = {"word": config.vocab_size, "position": config.max_position_embeddings,
                 "token_type": config.type_vocab_size}
        for name, size in sizes.items():
            setattr(self.embeddings, name + "_embeddings", torch.nn.Embedding(size, config.hidden_size))
        dense = torch.nn.Linear(config.hidden_size, config.intermediate_size)
        layer = torch.nn.ModuleDict({"intermediate": torch.nn.ModuleDict({"dense": dense})})
        self.encoder = torch.nn.ModuleDict({"layer": torch.nn.ModuleList([layer])})
"""


def text_tensors(*, entries: int = 7) -> dict[str, torch.Tensor]:
    """A text tower with the published names, 128 wide, one layer."""
    generator = torch.Generator().manual_seed(0)
    shapes = {
        "embeddings.word_embeddings.weight": (entries, 128),
        "embeddings.position_embeddings.weight": (9, 128),
        "embeddings.token_type_embeddings.weight": (1, 128),
        "encoder.layer.0.intermediate.dense.weight": (6, 128),
        "encoder.layer.0.intermediate.dense.bias": (6,),
    }
    tensors = {f"text_branch.{name}": torch.randn(shape, generator=generator) for name, shape in shapes.items()}
    return {**tensors, "text_branch.embeddings.position_ids": torch.arange(9)[None]}


def write_tokenizer(folder: Path, *, entries: int = 7) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "vocab.json").write_text(json.dumps({str(index): index for index in range(entries)}))
    (folder / "merges.txt").write_text("#version: 0.2\n")
    return folder


@pytest.fixture
def stand_ins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Packages of the names laion_clap and transformers that have samplegen's part of their surface."""
    for name, text in (("laion_clap", STAND_IN_LAION_CLAP), ("transformers", STAND_IN_TRANSFORMERS)):
        (tmp_path / "packages" / name).mkdir(parents=True)
        (tmp_path / "packages" / name / "__init__.py").write_text(text)
        monkeypatch.delitem(sys.modules, name, raising=False)
    monkeypatch.syspath_prepend(tmp_path / "packages")
    yield
    for name in ("laion_clap", "transformers"):
        sys.modules.pop(name, None)


@pytest.fixture
def pulled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of laion-clap-music, pulled from a small file with the published layout."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    folder = write_tokenizer(tmp_path / "by_hand")
    state = {f"module.{name}": tensor for name, tensor in text_tensors().items()}
    torch.save({"epoch": 15, "loss": np.float64(0.5), "state_dict": state}, folder / "clap.pt")
    return pull("laion-clap-music", source=folder / "clap.pt").model.folder


class StandInModule:
    """Answers with one axis per first letter, or per rounded level, and notes what it was given."""

    def __init__(self) -> None:
        self.given: list[Any] = []

    def get_text_embedding(self, texts: Sequence[str]) -> Vectors:
        self.given.append(list(texts))
        return np.stack([2.0 * np.eye(512, dtype=np.float32)[ord(text[0]) % 512] for text in texts])

    def get_audio_embedding_from_data(self, sounds: Sequence[Vectors]) -> Vectors:
        self.given.append(list(sounds))
        return np.stack([np.eye(512, dtype=np.float32)[round(float(sound.max()) * 10)] for sound in sounds])


@pytest.fixture
def clap() -> LaionClap:
    return LaionClap(StandInModule(), name="laion-clap-music", hash="0" * 64)


def level(value: float, *, seconds: float, sample_rate: int = 48_000) -> Audio:
    return Audio(np.full((1, round(seconds * sample_rate)), value, np.float32), sample_rate)


def test_texts_become_unit_vectors_and_no_text_zeros(clap: LaionClap) -> None:
    vectors = clap.embed_text(["kick", "", "snare", " !? ", "\ud800kick"])
    assert vectors.shape == (5, 512) and vectors.dtype == torch.float32
    assert vectors.norm(dim=1).tolist() == [1, 0, 1, 0, 1]
    assert torch.equal(vectors[0], vectors[4])  # half a character is dropped
    assert vectors[0, ord("k")] == vectors[2, ord("s")] == 1.0
    assert clap.embed_text([]).shape == (0, 512)


def test_many_texts_go_in_batches_and_keep_their_order(clap: LaionClap) -> None:
    texts = [chr(ord("a") + row % 26) for row in range(150)]
    vectors = clap.embed_text(texts)
    assert vectors.argmax(dim=1).tolist() == [ord(text) for text in texts]
    assert [len(batch) for batch in clap._module.given] == [64, 64, 22]


def test_sounds_reach_the_package_as_mono_at_48_khz(clap: LaionClap) -> None:
    stereo = Audio(np.stack([np.full(22_050, 0.2), np.full(22_050, 0.4)]).astype(np.float32), 44_100)
    vectors = clap.embed_audio([stereo])
    ((given,),) = clap._module.given
    assert given.shape == (24_000,) and given[12_000] == pytest.approx(0.3, abs=1e-4)
    assert vectors.shape == (1, 512) and vectors[0, 3] == 1.0


def test_a_longer_sound_is_the_mean_of_its_windows(clap: LaionClap) -> None:
    halves = np.concatenate([level(0.1, seconds=10).samples, level(0.5, seconds=10).samples], axis=1)
    vector = clap.embed_audio([Audio(halves, 48_000), level(0.2, seconds=1)])
    assert vector[0, 1] == vector[0, 5] == pytest.approx(0.5**0.5)
    assert vector[1, 2] == 1.0


def test_silence_is_zero(clap: LaionClap) -> None:
    silent = [level(0.0, seconds=1), level(2e-5, seconds=1), Audio(np.zeros((2, 0), np.float32), 48_000)]
    assert not clap.embed_audio(silent).any() and not clap._module.given
    mixed = clap.embed_audio([silent[0], level(0.3, seconds=1), silent[2]])
    assert mixed.norm(dim=1).tolist() == [0, 1, 0]
    assert clap.embed_audio([]).shape == (0, 512)


@pytest.mark.parametrize("length, starts", [(1, [0]), (WINDOW, [0]), (WINDOW + 1, [0, 1]), (3 * WINDOW, [0, 1, 2])])
def test_windows_cover_a_sound(length: int, starts: list[int]) -> None:
    ramp = Audio(np.linspace(0.1, 0.9, length, dtype=np.float32), 48_000)
    windows = windows_of(ramp)
    places = starts if length <= WINDOW + 1 else [start * WINDOW for start in starts]
    assert [len(window) for window in windows] == [min(length, WINDOW)] * len(starts)
    for window, place in zip(windows, places, strict=True):
        np.testing.assert_array_equal(window, ramp.samples[0, place : place + WINDOW])


def test_an_hour_is_heard_in_bounded_time() -> None:
    windows = windows_of(level(0.5, seconds=200.0))
    assert len(windows) == MOST_WINDOWS == 12 and {len(window) for window in windows} == {WINDOW}


@pytest.mark.usefixtures("stand_ins")
def test_the_package_is_built_offline_and_leaves_no_trace(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(laion_package, "_torchvision", without_torchvision)
    path, state = list(sys.path), torch.random.get_rng_state()
    tensors = text_tensors()
    module = build_module(
        audio_model="HTSAT-tiny", tensors=tensors, tokenizer_folder=write_tokenizer(tmp_path / "tokenizer")
    )
    assert (module.amodel, module.fusion, module.training, len(module.tokenize)) == ("HTSAT-tiny", False, False, 7)
    assert all(torch.equal(value, tensors[name]) for name, value in module.model.state_dict().items())
    config = module.model.text_branch.config
    assert (config.num_hidden_layers, config.num_attention_heads, config.pad_token_id) == (1, 2, 1)
    assert config.layer_norm_eps == 1e-5  # roberta-base's; the class's default is 1e-12
    transformers = sys.modules["transformers"]
    assert sys.modules["laion_clap"].LOOKED_UP == [None, None, None]
    with pytest.raises(OSError, match="out of reach"):
        transformers.RobertaTokenizer.from_pretrained("roberta-base")
    assert sys.path == path and "torchvision" not in sys.modules
    assert torch.equal(torch.random.get_rng_state(), state)
    assert capsys.readouterr().out == ""


def without_torchvision() -> Any:
    """The stand-in also where a torchvision happens to be installed."""
    return laion_package._lent(laion_package._torchvision_stand_ins())


@pytest.mark.usefixtures("stand_ins")
@pytest.mark.parametrize(
    "entries, rows, message", [(5, 7, "has 5 tokens, but the weights know 7"), (7, 6, "7 tokens.*know 6")]
)
def test_a_tokenizer_of_another_size_is_refused(tmp_path: Path, entries: int, rows: int, message: str) -> None:
    folder = write_tokenizer(tmp_path / "tokenizer", entries=entries)
    with pytest.raises(ModelInvalidError, match=message):
        build_module(audio_model="HTSAT-tiny", tensors=text_tensors(entries=rows), tokenizer_folder=folder)


@pytest.mark.usefixtures("stand_ins")
def test_the_five_tokens_of_no_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelInvalidError, match="has 5 tokens"):
        build_module(audio_model="HTSAT-tiny", tensors=text_tensors(), tokenizer_folder=tmp_path)


@pytest.mark.usefixtures("stand_ins")
@pytest.mark.parametrize(
    "name, value, message",
    [
        ("text_branch.embeddings.word_embeddings.weight", None, "lack a matrix"),
        ("text_branch.encoder.layer.0.intermediate.dense.weight", None, "no RoBERTa"),
        ("text_branch.encoder.layer.0.intermediate.dense.bias", None, "1 parameters are missing or unknown"),
        ("text_branch.encoder.layer.0.intermediate.dense.bias", torch.ones(5), "do not fit"),
        ("audio_branch.surplus", torch.ones(1), "audio_branch.surplus"),
    ],
)
def test_weights_that_do_not_fit(tmp_path: Path, name: str, value: torch.Tensor | None, message: str) -> None:
    tensors = {key: tensor for key, tensor in {**text_tensors(), name: value}.items() if tensor is not None}
    folder = write_tokenizer(tmp_path / "tokenizer")
    with pytest.raises(ModelInvalidError, match=message):
        build_module(audio_model="HTSAT-tiny", tensors=tensors, tokenizer_folder=folder)


@pytest.mark.usefixtures("stand_ins")
def test_pulled_weights_load_by_name_by_folder_and_loaded(pulled: Path) -> None:
    clap = load_laion("laion-clap-music")
    assert (clap.name, clap.dimension) == ("laion-clap-music", 512)
    assert clap.hash == load_model(pulled).hash == load_laion(pulled).hash == load_laion(load_model(pulled)).hash
    assert clap._module.amodel == "HTSAT-base"


@pytest.mark.usefixtures("stand_ins")
def test_a_package_that_breaks_is_a_dependency_error(tmp_path: Path, pulled: Path) -> None:
    (tmp_path / "packages" / "laion_clap" / "__init__.py").write_text("raise OSError('libc10_cuda.so: not found')")
    with pytest.raises(DependencyError, match=r"libc10_cuda.so: not found.*samplegen\[clap\]"):
        load_laion("laion-clap-music")


def test_missing_weights_are_one_clear_message(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    with pytest.raises(ModelMissingError) as caught:
        load_laion("laion-clap-audioset")
    message = str(caught.value)
    assert "samplegen models pull laion-clap-audioset" in message and str(tmp_path) in message
    assert all(part in message for part in ("630k-audioset-best.pt", "vocab.json", "merges.txt"))
    with pytest.raises(ModelMissingError, match="laion-clap-piano"):
        load_laion("laion-clap-piano")


def test_a_missing_package_says_what_to_install(pulled: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    for name in ("laion_clap", "transformers"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    for model in ("laion-clap-music", pulled, load_model(pulled)):
        with pytest.raises(DependencyError, match=r"laion-clap.*pip install 'samplegen\[clap\]'"):
            load_laion(model)


@pytest.mark.usefixtures("stand_ins")
@pytest.mark.parametrize(
    "config, message",
    [
        ({"family": "codec", "audio_model": "HTSAT-base"}, "is a 'codec'"),
        ({"family": "laion_clap", "audio_model": "PANN-14"}, "PANN-14.*HTSAT-base"),
        ({"family": "laion_clap"}, "audio_model is None"),
    ],
)
def test_other_models_are_refused(tmp_path: Path, config: dict[str, str], message: str) -> None:
    save_model(tmp_path / "other", tensors=text_tensors(), config=config, card=None)
    with pytest.raises(ModelInvalidError, match=message):
        load_laion(tmp_path / "other")


@pytest.mark.usefixtures("stand_ins")
def test_a_folder_without_tokenizer_says_what_to_download(tmp_path: Path) -> None:
    config = {"family": "laion_clap", "audio_model": "HTSAT-base"}
    save_model(tmp_path / "bare", tensors=text_tensors(), config=config, card=None)
    with pytest.raises(ModelMissingError, match=r"tokenizer/vocab.json and tokenizer/merges.txt.*https://"):
        load_laion(tmp_path / "bare")


needs_package = pytest.mark.skipif(
    importlib.util.find_spec("laion_clap") is None, reason="needs the package laion-clap, which wants numpy below 2"
)


@needs_package
@pytest.mark.slow
def test_the_real_package_on_small_weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    with laion_package._quiet_and_offline():
        reference = real_module(tmp_path)
        rng = np.random.default_rng(0)
        noise = (0.1 * rng.standard_normal(48_000 * 3)).astype(np.float32)
        heard = torch.from_numpy(reference.get_audio_embedding_from_data([noise]))
        said = torch.from_numpy(reference.get_text_embedding(["punchy kick", "warm pad"]))
    pull("laion-clap-audioset", source=tmp_path / "clap.pt")
    clap = load_laion("laion-clap-audioset")
    assert clap.dimension == heard.shape[1] == 512
    torch.testing.assert_close(clap.embed_audio([Audio(noise, 48_000)]), heard, rtol=0, atol=1e-5)
    torch.testing.assert_close(clap.embed_text(["punchy kick", "warm pad"]), said, rtol=0, atol=1e-5)
    torch.testing.assert_close(clap.embed_text(["warm pad"]), said[1:], rtol=0, atol=1e-5)
    assert not torch.allclose(said[0], said[1], atol=1e-3)


def real_module(folder: Path) -> Any:
    """The package's own module with random weights, a text tower of one layer, saved as it is published."""
    from tokenizers.pre_tokenizers import ByteLevel

    tokens = ["<s>", "<pad>", "</s>", "<unk>", *sorted(ByteLevel.alphabet()), "<mask>"]
    (folder / "vocab.json").write_text(json.dumps({token: row for row, token in enumerate(tokens)}))
    (folder / "merges.txt").write_text("#version: 0.2\n")
    package, transformers = laion_package._import_package()
    tokenizer = transformers.RobertaTokenizer.from_pretrained(str(folder), local_files_only=True)
    shape = {"vocab_size": len(tokens), "num_hidden_layers": 1, "intermediate_size": 32, "type_vocab_size": 1}
    config = transformers.RobertaConfig(**shape, max_position_embeddings=514, layer_norm_eps=1e-5)
    torch.manual_seed(0)
    with (
        laion_package._answering(transformers.RobertaTokenizer, lambda *_, **__: tokenizer),
        laion_package._answering(transformers.RobertaModel, lambda *_, **__: transformers.RobertaModel(config)),
    ):
        module = package.CLAP_Module(enable_fusion=False, device="cpu", amodel="HTSAT-tiny").eval()
    state = {f"module.{name}": value for name, value in module.model.state_dict().items()}
    state["module.text_branch.embeddings.position_ids"] = torch.arange(514)[None]
    torch.save({"epoch": 1, "loss": np.float64(0.5), "state_dict": state}, folder / "clap.pt")
    return module


@needs_package
@pytest.mark.weights
@pytest.mark.slow
def test_the_published_weights_know_what_words_mean() -> None:
    try:
        find_model("laion-clap-music")
    except ModelMissingError:
        pytest.skip("needs: samplegen models pull laion-clap-music")
    clap = load_laion("laion-clap-music")
    kick, bass_drum, violin = clap.embed_text(["a kick drum", "a bass drum", "a violin playing a slow melody"])
    assert kick @ bass_drum > kick @ violin

"""The sentence teacher: a BERT of two layers made here, against a plain computation."""

import json
import math
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from samplegen.errors import InputError
from samplegen.training.clap.teacher import CHARACTERS, SOUNDS, SentenceTeacher, teaching_texts

WIDTH, WORDS = 24, ("[PAD]", "dark", "kick", "soft")


class Tokenizer:
    """Words by their place in `WORDS`, padded, as the package does."""

    @classmethod
    def from_file(cls, path: str) -> "Tokenizer":
        assert json.loads(Path(path).read_text())["model"]["vocab"]["[PAD]"] == 0
        return cls()

    def enable_truncation(self, length: int) -> None:
        self.length = length

    def enable_padding(self, *, pad_id: int, pad_token: str) -> None:
        self.pad = pad_id

    def encode_batch(self, texts: list[str]) -> list[SimpleNamespace]:
        ids = [[WORDS.index(word) for word in text.split()][: self.length] for text in texts]
        most = max(map(len, ids))
        return [
            SimpleNamespace(ids=row + [self.pad] * (most - len(row)),
                            attention_mask=[1] * len(row) + [0] * (most - len(row)))
            for row in ids
        ]  # fmt: skip


def weights() -> dict[str, torch.Tensor]:
    generator = torch.Generator().manual_seed(0)

    def draw(*shape: int) -> torch.Tensor:
        return torch.randn(*shape, generator=generator) * 0.3

    made = {f"embeddings.{name}_embeddings.weight": draw(size, WIDTH)
            for name, size in (("word", 4), ("position", 8), ("token_type", 2))}  # fmt: skip
    norms = ["embeddings.LayerNorm"]
    for layer in range(2):
        name = f"encoder.layer.{layer}."
        sizes = {"intermediate.dense": (48, WIDTH), "output.dense": (WIDTH, 48), "attention.output.dense": (WIDTH,) * 2}
        sizes |= {f"attention.self.{part}": (WIDTH, WIDTH) for part in ("query", "key", "value")}
        for part, size in sizes.items():
            made |= {f"{name}{part}.weight": draw(*size), f"{name}{part}.bias": draw(size[0])}
        norms += [f"{name}attention.output.LayerNorm", f"{name}output.LayerNorm"]
    return made | {f"{norm}.{part}": draw(WIDTH) for norm in norms for part in ("weight", "bias")}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    package = ModuleType("tokenizers")
    package.Tokenizer = Tokenizer  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "tokenizers", package)
    save_file(weights(), tmp_path / "model.safetensors")
    (tmp_path / "tokenizer.json").write_text(json.dumps({"model": {"vocab": {"[PAD]": 0}}}))
    yield tmp_path


def by_hand(ids: list[int]) -> torch.Tensor:
    """One text, head by head."""
    w = weights()

    def norm(x: torch.Tensor, name: str) -> torch.Tensor:
        spread = (x.var(-1, unbiased=False, keepdim=True) + 1e-12).sqrt()
        return (x - x.mean(-1, keepdim=True)) / spread * w[name + ".weight"] + w[name + ".bias"]

    def linear(x: torch.Tensor, name: str) -> torch.Tensor:
        return x @ w[name + ".weight"].T + w[name + ".bias"]

    x = w["embeddings.word_embeddings.weight"][ids] + w["embeddings.position_embeddings.weight"][: len(ids)]
    x = norm(x + w["embeddings.token_type_embeddings.weight"][0], "embeddings.LayerNorm")
    for layer in range(2):
        name = f"encoder.layer.{layer}."
        q, k, v = (linear(x, f"{name}attention.self.{part}") for part in ("query", "key", "value"))
        heads = []
        for head in range(12):
            part = slice(2 * head, 2 * head + 2)
            heads.append(torch.softmax(q[:, part] @ k[:, part].T / math.sqrt(2), dim=-1) @ v[:, part])
        mixed = linear(torch.cat(heads, dim=-1), f"{name}attention.output.dense")
        x = norm(x + mixed, f"{name}attention.output.LayerNorm")
        wide = linear(x, f"{name}intermediate.dense")
        wide = 0.5 * wide * (1 + torch.erf(wide / math.sqrt(2)))
        x = norm(x + linear(wide, f"{name}output.dense"), f"{name}output.LayerNorm")
    return torch.nn.functional.normalize(x.mean(0), dim=-1)


def test_as_by_hand_in_the_given_order(folder: Path):
    vectors = SentenceTeacher(folder).embed(["dark soft kick", "kick", "soft kick"])
    for row, ids in zip(vectors, ([1, 3, 2], [2], [3, 2]), strict=True):
        torch.testing.assert_close(row, by_hand(ids), atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("model.safetensors", b"nothing", "weights"),
        ("tokenizer.json", b"{", "tokenizer"),
        ("tokenizer.json", b'{"model": []}', "tokenizer"),
    ],
)
def test_damaged_files(folder: Path, name: str, content: bytes, message: str):
    (folder / name).write_bytes(content)
    with pytest.raises(InputError, match=message):
        SentenceTeacher(folder)


def test_another_network_is_refused(folder: Path):
    save_file({"a": torch.zeros(1)}, folder / "model.safetensors")
    with pytest.raises(InputError, match="no word embeddings"):
        SentenceTeacher(folder)


def test_texts_are_many_and_different():
    texts = teaching_texts(200, rng=np.random.default_rng(0))
    assert len(texts) == len(set(texts)) == 200 and texts == sorted(texts)
    assert texts == teaching_texts(200, rng=np.random.default_rng(0))
    loose = {*CHARACTERS, *SOUNDS}
    assert sum(set(text.split()) <= loose for text in texts) >= 90

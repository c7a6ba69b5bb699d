"""Kinds are told apart by CLAP vectors; a file that is not what it says is refused."""

from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from safetensors.torch import save_file

from samplegen.audio.types import Audio
from samplegen.conditioning.kind_ear import EAR_FILE, KindEar, learn_kinds, load_ear, save_ear
from samplegen.errors import ModelInvalidError, UsageError
from tests.training.embedders import TinyClap


def clouds(count: int, *, seed: int) -> tuple[torch.Tensor, list[str]]:
    """Unit vectors round three axes; kicks are ten times as many as the others."""
    generator = torch.Generator().manual_seed(seed)
    kinds = ["kick"] * (10 * count) + ["snare"] * count + ["tom"] * count
    axes = torch.eye(8)[[("kick", "snare", "tom").index(kind) for kind in kinds]]
    return F.normalize(axes + 0.35 * torch.randn(len(kinds), 8, generator=generator), dim=-1), kinds


def test_kinds_are_learned_and_rare_ones_count_alike() -> None:
    ear = learn_kinds(*clouds(30, seed=0), clap="c" * 64)
    vectors, kinds = clouds(50, seed=1)
    shares = ear.probabilities(vectors)
    torch.testing.assert_close(shares.sum(dim=1), torch.ones(len(kinds)))
    right = torch.tensor([ear.kinds[int(row)] == kind for row, kind in zip(shares.argmax(dim=1), kinds, strict=True)])
    for kind in ear.kinds:
        assert float(right[torch.tensor([name == kind for name in kinds])].float().mean()) > 0.85
    with pytest.raises(UsageError, match="two or more"):
        learn_kinds(vectors[:3], ["kick"] * 3, clap="c" * 64)


def test_a_file_keeps_it(tmp_path: Path) -> None:
    clap = TinyClap()
    ear = learn_kinds(*clouds(5, seed=0), clap=clap.hash)
    assert load_ear(tmp_path, clap=clap) is None
    assert save_ear(tmp_path, ear) == tmp_path / EAR_FILE
    loaded = load_ear(tmp_path, clap=clap)
    assert loaded is not None and loaded.kinds == ear.kinds == ("kick", "snare", "tom")
    assert torch.equal(loaded.weights, ear.weights) and torch.equal(loaded.bias, ear.bias)
    sounds = [Audio(torch.randn(1, 2000).numpy(), 44_100)]
    torch.testing.assert_close(loaded.hear(sounds, clap), ear.probabilities(clap.embed_audio(sounds)))


def test_another_clap_is_refused(tmp_path: Path) -> None:
    clap = TinyClap()
    save_ear(tmp_path, learn_kinds(*clouds(5, seed=0), clap="d" * 64))
    with pytest.raises(ModelInvalidError, match="of the CLAP dddddd"):
        load_ear(tmp_path, clap=clap)
    ear = KindEar(("a", "b"), torch.zeros(2, 8), torch.zeros(2), "d" * 64)
    with pytest.raises(UsageError, match="another CLAP than clap-tiny"):
        ear.hear([], clap)


@pytest.mark.parametrize("damage", ["bytes", "head", "shape", "nan"])
def test_damaged_files_are_refused(tmp_path: Path, damage: str) -> None:
    clap = TinyClap()
    ear = learn_kinds(*clouds(5, seed=0), clap=clap.hash)
    weights = ear.weights[:, :5] if damage == "shape" else ear.weights * (float("nan") if damage == "nan" else 1.0)
    save_ear(tmp_path, KindEar(ear.kinds, weights, ear.bias, clap.hash))
    if damage == "bytes":
        (tmp_path / EAR_FILE).write_bytes(b"no tensors")
    elif damage == "head":
        save_file({"weights": weights}, tmp_path / EAR_FILE)
    with pytest.raises(ModelInvalidError, match="does not tell this model's kinds apart"):
        load_ear(tmp_path, clap=clap)

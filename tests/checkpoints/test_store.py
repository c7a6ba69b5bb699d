import json
import pickle
import zipfile
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save as to_bytes
from safetensors.torch import save_file

from samplegen.checkpoints import list_models, load_model, save_model, verify_model
from samplegen.errors import ModelInvalidError, ModelMissingError, OutputError
from samplegen.files import hash_file


def save(folder: Path, **options: Any) -> str:
    given = {"tensors": {"w": torch.ones(2, 2)}, "config": {"family": "codec"}, "card": None} | options
    return save_model(folder, **given)


def edit_config(folder: Path, **changes: object) -> None:
    path = folder / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def test_round_trip(model: Path) -> None:
    loaded = load_model("codec-tiny")
    generator = torch.Generator().manual_seed(1)
    matrix, vector = torch.randn(4, 3, generator=generator), torch.randn(4, generator=generator)
    assert loaded.name == "codec-tiny" and loaded.folder == model
    assert loaded.hash == hash_file(model / "model.safetensors") == loaded.config["sha256"]
    assert torch.equal(loaded.tensors["matrix"], matrix.half().float())
    assert torch.equal(loaded.tensors["vector"], vector)
    assert torch.equal(loaded.tensors["count"], torch.arange(3))
    assert loaded.tensors["matrix"].dtype == torch.float32
    assert loaded.config["architecture"] == {"widths": [4, 8]}
    assert (loaded.config["format"], loaded.config["format_version"]) == ("samplegen-model", 1)


def test_full_precision_is_exact_and_same_weights_give_the_same_hash(home: Path) -> None:
    weights = {"w": torch.rand(8, 8, generator=torch.Generator().manual_seed(0))}
    first = save(home / "a", tensors=weights, half=False)
    assert torch.equal(load_model("a").tensors["w"], weights["w"])
    assert save(home / "b", tensors=weights, half=False) == first
    assert save(home / "b", tensors=weights, half=True) != first


def test_half_keeps_what_would_overflow(home: Path) -> None:
    save(home / "a", tensors={"w": torch.tensor([[1e6, 1.0]]), "e": torch.zeros(0, 3)})
    assert load_model("a").tensors["w"].tolist() == [[1e6, 1.0]]


def test_views_and_shared_storage_are_saved_apart(home: Path) -> None:
    base = torch.arange(6.0).reshape(2, 3)
    save(home / "a", tensors={"whole": base, "turned": base.T, "same": base})
    loaded = load_model("a").tensors
    assert torch.equal(loaded["turned"], base.T) and torch.equal(loaded["same"], base)


def test_saving_over_a_model_leaves_a_valid_one_and_no_rest(model: Path) -> None:
    save(model, card="new")
    assert load_model("codec-tiny").tensors.keys() == {"w"}
    assert sorted(path.name for path in model.iterdir()) == ["README.md", "config.json", "model.safetensors"]
    assert (model / "README.md").read_text() == "new"


def test_large_files_need_permission(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("samplegen.checkpoints.store.MAX_WEIGHTS_BYTES", 1000)
    big = {"w": torch.zeros(40, 40)}
    with pytest.raises(OutputError, match="50 MB"):
        save(home / "big", tensors=big)
    assert not (home / "big").exists()
    save(home / "big", tensors=big, allow_large=True)
    assert load_model("big").tensors["w"].shape == (40, 40)


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_diverged_model_is_not_saved(home: Path, value: float) -> None:
    with pytest.raises(ModelInvalidError, match="'w'"):
        save(home / "a", tensors={"w": torch.tensor([1.0, value])})
    assert not (home / "a").exists()


@pytest.mark.parametrize(
    "config",
    [{}, {"family": ""}, {"family": 3}, {"family": "codec", "x": b"1"}, {"family": "codec", "x": float("nan")}],
)
def test_a_configuration_that_would_not_load_is_not_saved(home: Path, config: dict[str, Any]) -> None:
    with pytest.raises(ModelInvalidError):
        save(home / "a", config=config)
    assert not (home / "a").exists()


def test_an_unwritable_folder_is_an_output_error(home: Path) -> None:
    (home / "file").write_text("x")
    with pytest.raises(OutputError):
        save(home / "file" / "model")


@pytest.mark.parametrize(
    "name", ["w.pt", "w.PTH", "w.th", "w.ckpt", "w.pkl", "pytorch_model.bin", "w.joblib", "sub/w.pt"]
)
def test_a_folder_with_a_pickle_is_refused(model: Path, name: str) -> None:
    (model / name).parent.mkdir(exist_ok=True)
    (model / name).write_bytes(b"x")
    with pytest.raises(ModelInvalidError, match="pickle"):
        load_model(model)


class Bomb:
    def __reduce__(self) -> tuple[Any, ...]:
        return (Path.touch, (Path("exploded"),))


def test_pickles_named_safetensors_are_refused_and_never_run(
    model: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    weights = model / "model.safetensors"
    for protocol in range(6):
        weights.write_bytes(pickle.dumps(Bomb(), protocol=protocol))
        edit_config(model, sha256=hash_file(weights))
        with pytest.raises(ModelInvalidError, match="pickle" if protocol >= 2 else "damaged"):
            load_model(model)
    with zipfile.ZipFile(weights, "w") as archive:
        archive.writestr("data.pkl", pickle.dumps(Bomb()))
    edit_config(model, sha256=hash_file(weights))
    with pytest.raises(ModelInvalidError, match="pickle"):
        load_model(model)
    assert not (tmp_path / "exploded").exists()


def test_a_header_length_like_a_pickle_is_no_pickle(home: Path) -> None:
    names = ("w" * length for length in range(1, 400, 4))
    name = next(name for name in names if to_bytes({name: torch.zeros(1)})[0] == 0x80)
    save(home / "a", tensors={name: torch.zeros(1)})
    assert (home / "a" / "model.safetensors").read_bytes()[0] == 0x80
    assert load_model("a").tensors.keys() == {name}


@pytest.mark.parametrize("damage", ["truncate", "flip", "empty", "text", "missing"])
def test_damaged_weights_fail_the_hash(model: Path, damage: str) -> None:
    weights = model / "model.safetensors"
    data = weights.read_bytes()
    contents = {"truncate": data[:-5], "flip": data[:-1] + bytes([data[-1] ^ 1]), "empty": b"", "text": b"hello"}
    if damage == "missing":
        weights.unlink()
    else:
        weights.write_bytes(contents[damage])
    with pytest.raises(ModelInvalidError, match="missing" if damage == "missing" else "SHA-256"):
        load_model(model)


@pytest.mark.parametrize("data", [b"", b"\xff" * 64, b"\x10" + b"\0" * 7 + b"{" * 16, b"hello, I am a text file"])
def test_corrupt_safetensors_with_the_right_hash_are_refused(model: Path, data: bytes) -> None:
    weights = model / "model.safetensors"
    weights.write_bytes(data)
    edit_config(model, sha256=hash_file(weights))
    with pytest.raises(ModelInvalidError, match="damaged"):
        load_model(model)


def test_weights_with_nan_are_refused(model: Path) -> None:
    weights = model / "model.safetensors"
    save_file({"w": torch.tensor([float("nan")])}, weights)
    edit_config(model, sha256=hash_file(weights))
    with pytest.raises(ModelInvalidError, match="NaN"):
        load_model(model)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"format": "other"}, "format is 'other'"),
        ({"format": ["samplegen-model"]}, "format is"),
        ({"format_version": 2}, "Update samplegen"),
        ({"format_version": "1"}, "format_version is '1'"),
        ({"format_version": True}, "format_version is True"),
        ({"family": 1}, "family is 1"),
        ({"sha256": 5}, "sha256 is 5"),
        ({"sha256": "A" * 64}, "sha256 is"),
        ({"sha256": "0" * 64}, "config.json records 000000000000"),
        ({"steps": 10**30}, "steps is"),
    ],
)
def test_unexpected_configurations_are_refused(model: Path, change: dict[str, object], words: str) -> None:
    edit_config(model, **change)
    with pytest.raises(ModelInvalidError, match=words):
        load_model(model)


def test_a_missing_configuration_is_refused(model: Path) -> None:
    (model / "config.json").unlink()
    with pytest.raises(ModelInvalidError, match="config.json is missing"):
        load_model("codec-tiny")


def test_a_missing_model_is_a_missing_error(home: Path) -> None:
    with pytest.raises(ModelMissingError, match="samplegen models pull encodec_24khz"):
        load_model("encodec_24khz")


def test_list_shows_each_model_once_and_marks_damaged_ones(model: Path, home: Path) -> None:
    save(home / "b-model", config={"family": "generator", "description": "Drums."})
    (home / "c-broken").mkdir()
    (home / "c-broken" / "config.json").write_text("[]")
    (home / "not-a-model").mkdir()
    listed = {entry.name: entry for entry in list_models() if entry.folder.parent == home}
    assert list(listed) == ["b-model", "c-broken", "codec-tiny"]
    assert (listed["codec-tiny"].family, listed["codec-tiny"].description) == ("codec", "A codec for tests.")
    assert listed["b-model"].description == "Drums."
    assert listed["c-broken"].description.startswith("Damaged:")
    assert listed["codec-tiny"].size_bytes == sum(path.stat().st_size for path in model.iterdir())


def test_verify_returns_the_summary_or_raises(model: Path) -> None:
    assert verify_model("codec-tiny").family == "codec"
    (model / "model.safetensors").write_bytes(b"x")
    with pytest.raises(ModelInvalidError):
        verify_model("codec-tiny")

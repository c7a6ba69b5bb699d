import os
import sys
from pathlib import Path

import pytest

import samplegen
from samplegen.checkpoints.locations import find_model, model_folders, user_cache_folder
from samplegen.errors import ModelMissingError


def test_cache_folder_follows_the_platform(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path))
    monkeypatch.setattr(Path, "home", lambda: Path("/users/someone"))
    assert user_cache_folder(platform="win32") == tmp_path / "samplegen" / "models"
    assert user_cache_folder(platform="darwin") == Path("/users/someone/Library/Caches/samplegen/models")
    assert user_cache_folder(platform="linux") == Path("/users/someone/.cache/samplegen/models")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "x"))
    assert user_cache_folder(platform="linux") == tmp_path / "x" / "samplegen" / "models"


def test_folders_are_searched_in_the_documented_order(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SAMPLEGEN_MODELS", os.pathsep.join([str(tmp_path / "a"), "", str(tmp_path / "b")]))
    package = Path(samplegen.__file__).resolve().parent
    assert model_folders() == (
        tmp_path / "a",
        tmp_path / "b",
        package.parent / "models",
        package / "bundled_models",
        Path(sys.prefix) / "share" / "samplegen" / "models",
        user_cache_folder(),
    )


def test_the_first_folder_that_has_the_name_wins(home: Path, model: Path, tmp_path: Path) -> None:
    cached = user_cache_folder() / "codec-tiny"
    cached.mkdir(parents=True)
    (cached / "config.json").write_text("{}")
    assert find_model("codec-tiny") == model
    (model / "config.json").unlink()
    (model / "model.safetensors").unlink()
    assert find_model("codec-tiny") == cached


def test_a_path_is_taken_as_it_is(model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert find_model(model) == model
    assert find_model(str(model)) == model
    assert find_model(model / "config.json") == model
    monkeypatch.chdir(model.parent)
    assert find_model("./codec-tiny").resolve() == model


def test_a_bare_name_in_the_current_folder_comes_last(
    model: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    elsewhere = tmp_path / "elsewhere" / "codec-tiny"
    elsewhere.mkdir(parents=True)
    (elsewhere / "config.json").write_text("{}")
    monkeypatch.chdir(elsewhere.parent)
    assert find_model("codec-tiny") == model
    monkeypatch.delenv("SAMPLEGEN_MODELS")
    assert find_model("codec-tiny").resolve() == elsewhere


def test_nothing_found_says_where_and_what_exists(model: Path) -> None:
    with pytest.raises(ModelMissingError) as caught:
        find_model("generator-x", pullable=("encodec_24khz",))
    message = str(caught.value)
    assert "'generator-x'" in message and "codec-tiny" in message and "encodec_24khz" in message
    assert all(str(folder) in message for folder in model_folders())


@pytest.mark.parametrize("name", ["", ".", "..", "no/such/folder", "/no/such", "x" * 5000, "a\0b", "../" + "x" * 5000])
def test_odd_names_are_plain_errors(home: Path, name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    try:
        find_model(name)
    except ModelMissingError:
        return
    assert name in ("", ".", "..")  # these are folders, if not model folders

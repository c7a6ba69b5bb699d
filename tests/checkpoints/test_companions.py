"""The tokenizer's files that are pulled with LAION-CLAP."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import torch

from samplegen.checkpoints import how_to_pull, load_model, pull, user_cache_folder, verify_model
from samplegen.checkpoints.companions import check_companions
from samplegen.checkpoints.published import downloads_folder
from samplegen.errors import ModelInvalidError, ModelMissingError

ROWS = "module.text_branch.embeddings.word_embeddings.weight"
NAME = "laion-clap-music"
HUB = "https://huggingface.co/"


@pytest.fixture
def by_hand(home: Path, tmp_path: Path) -> Path:
    """A folder with the three published files, small."""
    folder = tmp_path / "by_hand"
    folder.mkdir()
    torch.save({"state_dict": {ROWS: torch.ones(3, 2)}}, folder / "clap.pt")
    (folder / "vocab.json").write_text(json.dumps({"a": 0, "b": 1, "c": 2}))
    (folder / "merges.txt").write_text("#version: 0.2\na b\n")
    return folder


def refuse_network(*_: Any, **__: Any) -> Any:
    raise OSError("no network in tests")


def pull_by_hand(folder: Path) -> Path:
    return pull(NAME, source=folder / "clap.pt", opener=refuse_network).model.folder


def test_they_are_taken_from_beside_the_weights(by_hand: Path) -> None:
    folder = pull_by_hand(by_hand)
    for name in ("vocab.json", "merges.txt"):
        assert (folder / "tokenizer" / name).read_bytes() == (by_hand / name).read_bytes()
    assert load_model(NAME).config["companions"].keys() == {"tokenizer/vocab.json", "tokenizer/merges.txt"}


def test_they_are_taken_from_the_downloads_folder(by_hand: Path) -> None:
    downloads_folder().mkdir(parents=True)
    for name in ("vocab.json", "merges.txt"):
        shutil.move(by_hand / name, downloads_folder() / name)
    assert (pull_by_hand(by_hand) / "tokenizer" / "vocab.json").is_file()
    assert (downloads_folder() / "vocab.json").is_file()  # the other LAION-CLAP needs it too


def test_without_network_every_missing_file_is_named_at_once(by_hand: Path) -> None:
    for name in ("vocab.json", "merges.txt"):
        (by_hand / name).unlink()
    with pytest.raises(ModelMissingError) as caught:
        pull_by_hand(by_hand)
    message = str(caught.value)
    assert f"{HUB}FacebookAI/roberta-base/resolve/main/vocab.json and " in message
    assert f"{HUB}FacebookAI/roberta-base/resolve/main/merges.txt" in message
    assert str(downloads_folder()) in message and "lukewys" not in message
    assert not (user_cache_folder() / NAME).exists()


def test_how_to_pull_names_the_command_and_all_files() -> None:
    text = how_to_pull(NAME)
    assert f"samplegen models pull {NAME}" in text and str(downloads_folder()) in text
    for part in ("music_audioset_epoch_15_esc_90.14.pt", "vocab.json", "merges.txt"):
        assert part in text


@pytest.mark.parametrize(
    "name, content, message",
    [
        ("vocab.json", b'{"a": 0, "b": 1, "c": 2, "d": 3}', "4 entries, but the weights know 3"),
        ("vocab.json", b"[]", "0 entries"),
        ("vocab.json", b"<html>", "not valid JSON"),
        ("vocab.json", b"\xff\xfe", "not text"),
        ("merges.txt", b"<html>", "#version"),
    ],
)
def test_files_that_do_not_fit_are_refused(by_hand: Path, name: str, content: bytes, message: str) -> None:
    (by_hand / name).write_bytes(content)
    with pytest.raises(ModelInvalidError, match=message):
        pull_by_hand(by_hand)
    assert not (user_cache_folder() / NAME).exists()


def test_a_missing_or_changed_file_is_found(by_hand: Path) -> None:
    folder = pull_by_hand(by_hand)
    merges = folder / "tokenizer" / "merges.txt"
    merges.write_text("#version: 0.2\nb a\n")
    with pytest.raises(ModelInvalidError, match=r"merges.txt is damaged or was changed"):
        verify_model(NAME)
    merges.unlink()
    with pytest.raises(ModelMissingError, match=rf"lacks tokenizer/merges.txt. Download {HUB}.*merges.txt"):
        load_model(NAME)
    shutil.copy(by_hand / "merges.txt", merges)
    assert verify_model(NAME).name == NAME


@pytest.mark.parametrize("recorded", [["a"], {"../outside": "0" * 64}, {"": "0"}])
def test_a_record_that_makes_no_sense(tmp_path: Path, recorded: object) -> None:
    (tmp_path / "model").mkdir()
    (tmp_path / "outside").write_text("x")
    with pytest.raises((ModelInvalidError, ModelMissingError)):
        check_companions(tmp_path / "model", recorded)

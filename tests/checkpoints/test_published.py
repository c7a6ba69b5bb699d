import hashlib
import json
import pickle
import urllib.error
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from samplegen.checkpoints import PUBLISHED, load_model, pull, registry, user_cache_folder
from samplegen.checkpoints.published import downloads_folder
from samplegen.errors import InputError, ModelInvalidError, ModelMissingError, UsageError

# The names of the real state dicts, shrunk.
ENCODEC = {
    "encoder.model.0.conv.conv.weight_v": torch.arange(12.0).reshape(2, 2, 3) / 7,
    "encoder.model.0.conv.conv.weight_g": torch.ones(2, 1, 1),
    "quantizer.vq.layers.0._codebook.inited": torch.tensor([1.0]),
    "decoder.model.0.conv.conv.bias": torch.zeros(2),
}
CLAP: dict[str, Any] = {
    "epoch": 15,
    "name": "HTSAT",
    "loss": np.float64(0.25),
    "optimizer": {"param_groups": [{"lr": 1e-4}]},
    "state_dict": {
        "module.logit_scale_a": torch.tensor(2.5),
        "module.audio_branch.bn0.weight": torch.ones(3),
        "module.text_branch.embeddings.position_ids": torch.arange(4)[None],
        "module.text_branch.embeddings.word_embeddings.weight": torch.ones(5, 2),
    },
}
TOKENIZER = {
    "vocab.json": json.dumps({"<s>": 0, "<pad>": 1, "</s>": 2, "<unk>": 3, "a": 4}),
    "merges.txt": "#version: 0.2\n",
}


def refuse_network(*_: Any, **__: Any) -> Any:
    raise urllib.error.URLError("no network in tests")


def publish(monkeypatch: pytest.MonkeyPatch, name: str, file: Path) -> None:
    """Let the registry's entry point to a local file, with that file's digest where one is known."""
    entry = PUBLISHED[name]
    prefix = hashlib.sha256(file.read_bytes()).hexdigest()[:8] if entry.digest_prefix else ""
    companions = tuple(replace(one, url=(file.parent / one.file_name).as_uri()) for one in entry.companions)
    changed = replace(entry, url=file.as_uri(), digest_prefix=prefix, companions=companions)
    monkeypatch.setattr(registry, "PUBLISHED", {**PUBLISHED, name: changed})


def put_tokenizer(folder: Path) -> None:
    for name, text in TOKENIZER.items():
        (folder / name).write_text(text, encoding="utf-8")


@pytest.fixture
def encodec_file(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    file = tmp_path / "encodec.th"
    torch.save(ENCODEC, file)
    publish(monkeypatch, "encodec_24khz", file)
    return file


@pytest.fixture
def clap_file(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "hub"
    folder.mkdir()
    put_tokenizer(folder)
    file = folder / "clap.pt"
    torch.save(CLAP, file)
    publish(monkeypatch, "laion-clap-music", file)
    return file


def test_the_registry_points_where_the_weights_are() -> None:
    urls = {name: weights.url for name, weights in PUBLISHED.items()}
    assert urls["encodec_24khz"] == "https://dl.fbaipublicfiles.com/encodec/v0/encodec_24khz-d7cc33bc.th"
    assert urls["encodec_48khz"] == "https://dl.fbaipublicfiles.com/encodec/v0/encodec_48khz-7e698e3e.th"
    base = "https://huggingface.co/lukewys/laion_clap/resolve/main/"
    assert urls["laion-clap-music"] == base + "music_audioset_epoch_15_esc_90.14.pt"
    assert urls["laion-clap-audioset"] == base + "630k-audioset-best.pt"
    assert registry.find_published("630k-audioset-best.pt").name == "laion-clap-audioset"


def test_encodec_is_fetched_checked_and_converted_once(encodec_file: Path) -> None:
    pulled = pull("encodec_24khz")
    loaded = load_model("encodec_24khz")
    assert loaded.folder == user_cache_folder() / "encodec_24khz"
    assert loaded.tensors.keys() == ENCODEC.keys()
    assert all(torch.equal(loaded.tensors[key], value) for key, value in ENCODEC.items())
    assert (loaded.config["sample_rate"], loaded.config["channels"]) == (24000, 1)
    assert loaded.config["source_sha256"] == pulled.source_sha256
    assert "as published" in pulled.note
    assert not list(downloads_folder().iterdir())  # the pickle is gone
    assert encodec_file.exists()


def test_a_second_pull_needs_no_network(encodec_file: Path) -> None:
    pull("encodec_24khz")
    assert "already" in pull("encodec_24khz", opener=refuse_network).note
    with pytest.raises(ModelMissingError):
        pull("encodec_24khz", force=True, opener=refuse_network)
    assert load_model("encodec_24khz").tensors


def test_without_network_the_error_says_what_to_do_by_hand(home: Path) -> None:
    with pytest.raises(ModelMissingError) as caught:
        pull("encodec_48khz", opener=refuse_network)
    message = str(caught.value)
    assert PUBLISHED["encodec_48khz"].url in message
    assert str(downloads_folder() / "encodec_48khz-7e698e3e.th") in message


def test_a_file_put_there_by_hand_is_used(encodec_file: Path) -> None:
    downloads_folder().mkdir(parents=True)
    by_hand = downloads_folder() / encodec_file.name
    by_hand.write_bytes(encodec_file.read_bytes())
    pull("encodec_24khz", opener=refuse_network)
    assert load_model("encodec_24khz").tensors and not by_hand.exists()


def test_a_source_file_is_imported_and_left_alone(encodec_file: Path) -> None:
    pull("encodec_24khz", source=encodec_file, opener=refuse_network)
    assert load_model("encodec_24khz").tensors and encodec_file.exists()


def test_a_wrong_digest_is_refused(home: Path, tmp_path: Path) -> None:
    file = tmp_path / "encodec.th"
    torch.save(ENCODEC, file)
    with pytest.raises(ModelInvalidError, match="d7cc33bc"):
        pull("encodec_24khz", source=file)
    assert not (user_cache_folder() / "encodec_24khz").exists()


def test_clap_keeps_the_first_digest_and_says_so(clap_file: Path, tmp_path: Path) -> None:
    first = pull("laion-clap-music")
    assert first.source_sha256 in first.note and "No digest is published" in first.note
    loaded = load_model("laion-clap-music")
    assert loaded.tensors.keys() == {key.removeprefix("module.") for key in CLAP["state_dict"]}
    assert loaded.tensors["text_branch.embeddings.position_ids"].dtype == torch.int64
    assert "equals that of the first" in pull("laion-clap-music", force=True).note
    put_tokenizer(tmp_path)
    other = tmp_path / "other.pt"
    torch.save(CLAP["state_dict"], other)
    with pytest.raises(ModelInvalidError, match=first.source_sha256[:12]):
        pull("laion-clap-music", source=other)


def test_a_failed_first_pull_records_no_digest(clap_file: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken.pt"
    broken.write_bytes(clap_file.read_bytes()[:-100])
    put_tokenizer(tmp_path)
    with pytest.raises(ModelInvalidError):
        pull("laion-clap-music", source=broken)
    assert pull("laion-clap-music").model.family == "laion_clap"


class Bomb:
    def __reduce__(self) -> tuple[Any, ...]:
        return (Path.touch, (Path("exploded"),))


def test_plain_unpickling_never_happens(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    state = {**ENCODEC, "encoder.bomb": Bomb()}
    torch.save(state, tmp_path / "zip.pt")
    torch.save(state, tmp_path / "legacy.pt", _use_new_zipfile_serialization=False)
    (tmp_path / "plain.pt").write_bytes(pickle.dumps(Bomb()))
    (tmp_path / "text.pt").write_text("<html>404</html>")
    (tmp_path / "empty.pt").write_bytes(b"")
    put_tokenizer(tmp_path)
    for name in ("zip", "legacy", "plain", "text", "empty"):
        with pytest.raises(ModelInvalidError, match="refused"):
            pull("laion-clap-audioset", source=tmp_path / f"{name}.pt")
    assert not (tmp_path / "exploded").exists()
    assert not (user_cache_folder() / "laion-clap-audioset").exists()


@pytest.mark.parametrize("content", [{"a": torch.ones(1)}, [torch.ones(1)], torch.ones(1), ENCODEC])
def test_other_weights_are_refused(home: Path, tmp_path: Path, content: object) -> None:
    put_tokenizer(tmp_path)
    torch.save(content, tmp_path / "w.pt")
    with pytest.raises(ModelInvalidError, match="does not hold the weights of laion-clap-audioset"):
        pull("laion-clap-audioset", source=tmp_path / "w.pt")


def test_a_downloaded_file_that_is_wrong_is_removed(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_tokenizer(tmp_path)
    wrong = tmp_path / "clap.pt"
    wrong.write_text("<html>moved</html>")
    publish(monkeypatch, "laion-clap-audioset", wrong)
    with pytest.raises(ModelInvalidError):
        pull("laion-clap-audioset")
    assert not list(downloads_folder().iterdir())


def test_unknown_names_and_files_are_plain_errors(home: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="'encodec_96khz'.*encodec_24khz"):
        pull("encodec_96khz")
    with pytest.raises(InputError, match="no file"):
        pull("encodec_24khz", source=tmp_path / "nothing.th")

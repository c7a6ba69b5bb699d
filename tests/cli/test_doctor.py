"""What the doctor finds, and that it says what to do."""

import importlib.metadata
import json
from pathlib import Path

import pytest

from samplegen.cli import checks
from samplegen.cli.app import run
from samplegen.cli.checks import Finding


@pytest.mark.parametrize(
    "requirement, state",
    [
        ("numpy>=1.26", "ok"),
        ("numpy", "ok"),
        ("numpy>=999", "fail"),
        ("numpy<999,>=1.2", "ok"),
        ("no-such-package-at-all>=1", "fail"),
    ],
)
def test_package(requirement: str, state: str) -> None:
    finding = checks.check_package(requirement)
    assert finding.state == state
    assert (requirement in finding.advice) == (state == "fail")


def test_old_python() -> None:
    assert checks.check_python((3, 10, 9)).state == "fail"
    assert checks.check_python((3, 11, 0)).state == "ok"


def test_damaged_model_and_missing_families(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "codec-broken"
    folder.mkdir()
    (folder / "config.json").write_text("{")
    monkeypatch.setattr("samplegen.checkpoints.locations.model_folders", lambda: (tmp_path,))
    findings = {finding.name: finding for finding in checks.check_models()}
    assert findings["codec-broken"].state == "fail" and "config.json" in findings["codec-broken"].advice
    assert findings["a codec"].state == findings["a generator"].state == "fail"
    assert "samplegen train generator" in findings["a generator"].advice


def test_place_that_cannot_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*arguments: object, **options: object) -> None:
        raise OSError(30, "Read-only file system")

    assert checks.check_writable("cache", tmp_path / "not" / "yet", advice="a").state == "ok"
    assert list(tmp_path.iterdir()) == []
    monkeypatch.setattr("tempfile.NamedTemporaryFile", refuse)
    finding = checks.check_writable("cache", tmp_path, advice="Set XDG_CACHE_HOME.")
    assert finding == Finding("cache", "fail", f"{tmp_path}: Read-only file system", "Set XDG_CACHE_HOME.")


def test_torch_and_gpu() -> None:
    assert checks.check_torch().state in ("ok", "note")
    assert checks.check_gpu().state == "ok"


@pytest.mark.parametrize(
    "versions, state, found",
    [
        ({"laion-clap": "1.1.7", "transformers": "5.0", "pillow": "12.0", "numpy": "1.26.4"}, "ok", "1.1.7"),
        ({"laion-clap": "1.1.7", "transformers": "5.0", "pillow": "12.0", "numpy": "2.4.6"}, "note", "numpy 2.4.6"),
        ({"laion-clap": "1.1.7", "numpy": "1.26.4"}, "note", "transformers is not installed"),
        ({"numpy": "2.4.6"}, "note", "laion-clap is not installed"),
    ],
)
def test_laion_clap_is_optional(
    versions: dict[str, str], state: str, found: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def version(name: str) -> str:
        if name not in versions:
            raise importlib.metadata.PackageNotFoundError(name)
        return versions[name]

    monkeypatch.setattr(importlib.metadata, "version", version)
    finding = checks.check_laion_clap()
    assert finding.state == state and found in finding.found
    assert ("samplegen[clap]" in finding.advice) == (state == "note")


@pytest.mark.parametrize("state, code, closing", [("ok", 0, "samplegen is ready."), ("fail", 4, "1 things to repair.")])
def test_exit_code(
    state: checks.State, code: int, closing: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(checks, "examine", lambda: iter([Finding("disk", state, "full", "Make room.")]))
    assert run(["doctor"]) == code
    out = capsys.readouterr().out
    assert "disk: full\n      Make room." in out and out.endswith(closing + "\n")
    assert run(["doctor", "--json"]) == code
    value = json.loads(capsys.readouterr().out)
    assert value["usable"] == (code == 0) and value["findings"][0]["name"] == "disk"


def test_the_real_thing_prints_one_object(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["doctor", "--json"]) in (0, 4)
    value = json.loads(capsys.readouterr().out)
    names = {finding["name"] for finding in value["findings"]}
    assert {"python", "torch import", "gpu", "cache", "working folder", "disk", "midi", "exiftool"} <= names

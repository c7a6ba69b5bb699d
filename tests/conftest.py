"""Every test runs on one torch thread, offline, away from the user's cache and working folder."""

import os
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path

for _variable in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"):
    os.environ[_variable] = "1"
os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["MPLBACKEND"] = "Agg"

import pytest  # noqa: E402

# A shell that starts the tests in the background has them ignore Ctrl-C, and so their children; tests send it.
signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_configure(config: pytest.Config) -> None:
    # After the variables above: more threads than free cores make torch collapse.
    import torch

    torch.set_num_threads(1)


@pytest.fixture(autouse=True)
def _own_cache(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    if request.node.get_closest_marker("weights"):
        return
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.getbasetemp() / "cache"))
    monkeypatch.delenv("SAMPLEGEN_MODELS", raising=False)
    monkeypatch.delenv("SAMPLEGEN_DEBUG", raising=False)


@pytest.fixture(scope="session")
def shared_audio() -> Iterator[Path]:
    """Folder of real audio, beside the checkout or where SAMPLEGEN_AUDIO says; skips without it."""
    folder = Path(os.environ.get("SAMPLEGEN_AUDIO") or Path(__file__).parents[2] / "shared" / "audio")
    if not folder.is_dir():
        pytest.skip(f"needs real audio in {folder} (or in $SAMPLEGEN_AUDIO)")
    yield folder


@pytest.fixture(scope="session")
def _tiny_models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from tests.models import build_models

    folder = tmp_path_factory.mktemp("tiny") / "models"
    build_models(folder)
    return folder


@pytest.fixture
def tiny_models(_tiny_models: Path, _own_cache: None, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Folder of the codec and the generator of `tests.models`, found by their names; not to be changed."""
    monkeypatch.setenv("SAMPLEGEN_MODELS", str(_tiny_models))
    return _tiny_models


@pytest.fixture
def own_models(_tiny_models: Path, _own_cache: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of `tiny_models` to spoil."""
    folder = Path(shutil.copytree(_tiny_models, tmp_path / "models"))
    monkeypatch.setenv("SAMPLEGEN_MODELS", str(folder))
    return folder


@pytest.fixture(scope="session")
def _text_models(_tiny_models: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    from tests.text_models import build_text_models

    folder = tmp_path_factory.mktemp("text") / "models"
    build_text_models(_tiny_models, folder)
    return folder


@pytest.fixture
def text_models(_text_models: Path, _own_cache: None, monkeypatch: pytest.MonkeyPatch) -> Path:
    """`tiny_models` with the CLAP and the generator of `tests.text_models`; not to be changed."""
    monkeypatch.setenv("SAMPLEGEN_MODELS", str(_text_models))
    return _text_models

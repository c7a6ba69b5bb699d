from pathlib import Path

import pytest

from tests.search.signals import build_library, build_tiny_clap


@pytest.fixture(scope="session")
def _tiny_clap(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("clap") / "models"
    build_tiny_clap(folder)
    return folder


@pytest.fixture
def tiny_clap(_tiny_clap: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Model folder of the tiny embedder; the cache is the test's own."""
    monkeypatch.setenv("SAMPLEGEN_MODELS", str(_tiny_clap))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return _tiny_clap


@pytest.fixture
def sounds(tmp_path: Path) -> Path:
    return build_library(tmp_path / "sounds")

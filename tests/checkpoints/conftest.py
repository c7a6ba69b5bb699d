from pathlib import Path

import pytest
import torch

from samplegen.checkpoints import save_model


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that $SAMPLEGEN_MODELS names, and a cache of its own below ``cache``."""
    models = tmp_path / "models"
    models.mkdir()
    monkeypatch.setenv("SAMPLEGEN_MODELS", str(models))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return models


@pytest.fixture
def model(home: Path) -> Path:
    """A small valid model folder named codec-tiny."""
    folder = home / "codec-tiny"
    generator = torch.Generator().manual_seed(1)
    tensors = {
        "matrix": torch.randn(4, 3, generator=generator),
        "vector": torch.randn(4, generator=generator),
        "count": torch.arange(3),
    }
    config = {"family": "codec", "architecture": {"widths": [4, 8]}, "licences": ["CC0-1.0"]}
    save_model(folder, tensors=tensors, config=config, card="# codec-tiny\n\nA codec for tests.\n")
    return folder

"""Real audio for the tests that want it."""

from pathlib import Path

import pytest

SHARED_AUDIO = Path(__file__).resolve().parents[3] / "shared" / "audio"


@pytest.fixture(scope="session")
def shared_audio() -> Path:
    """The folder of real audio beside the repository; the test is skipped without it."""
    if not (SHARED_AUDIO / "index.csv").exists():
        pytest.skip("../shared/audio is not present")
    return SHARED_AUDIO

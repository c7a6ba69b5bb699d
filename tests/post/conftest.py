import numpy as np
import pytest

from samplegen.audio.types import Audio

RATE = 44100


@pytest.fixture
def drum_loop() -> Audio:
    """A one-second ring of four decaying tones with noise between, ``[1, 43777]``; no step at the seam."""
    length = 43777
    rng = np.random.default_rng(7)
    n = np.arange(length)
    ring = np.zeros(length)
    for beat in range(4):
        since = (n - round((beat + 0.1) * length / 4)) % length
        ring += np.exp(-since / 1500.0) * np.sin(2 * np.pi * 60.0 * since / RATE)
        late = (n - round((beat + 0.6) * length / 4)) % length
        ring += 0.2 * np.exp(-late / 500.0) * rng.standard_normal(length)
    return Audio((0.5 * ring).astype(np.float32), RATE)

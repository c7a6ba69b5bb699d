from pathlib import Path

import numpy as np
import pytest

from samplegen.errors import InputError
from samplegen.evaluation.recordings import make_recordings


def test_three_recordings_always_the_same(shared_audio: Path) -> None:
    made, again = make_recordings(shared_audio), make_recordings(shared_audio)
    assert list(made) == ["drums", "melodic", "mixed"]
    for name, audio in made.items():
        assert audio.samples.shape == (2, 30 * 44_100) and audio.sample_rate == 44_100
        assert np.array_equal(audio.samples, again[name].samples)
        assert 0.1 < np.abs(audio.samples).max() <= 1.0
        seconds = np.abs(audio.samples).reshape(2, 30, -1).max(axis=2)
        assert (seconds > 0.01).all()
        assert np.abs(audio.samples[0] - audio.samples[1]).max() > 0.01


def test_a_folder_without_sounds_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="waivops"):
        make_recordings(tmp_path)

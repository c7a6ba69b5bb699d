import numpy as np
import pytest

from samplegen.audio.resample import resample
from samplegen.audio.types import Audio
from samplegen.search.picture import MEL_BANDS, TIME_SLICES, distances_db, picture_of
from tests.search.signals import RATE, tone

SOUND = tone(300.0, seconds=0.5, noise=0.05)


def apart(one: Audio, two: Audio) -> float:
    return float(distances_db(picture_of(one), others=picture_of(two)[None])[0])


def test_level_rate_and_silence_before_do_not_matter() -> None:
    assert apart(SOUND, SOUND) == 0.0
    assert apart(SOUND, SOUND.with_samples(SOUND.samples * 0.1)) < 0.1
    assert apart(SOUND, resample(SOUND, sample_rate=44_100)) < 0.2
    late = SOUND.with_samples(np.pad(SOUND.samples, ((0, 0), (1000, 0))))
    assert apart(SOUND, late) < 0.5


def test_other_sounds_are_far() -> None:
    assert apart(SOUND, tone(600.0, seconds=0.5, noise=0.05)) > 2.0
    assert apart(SOUND, tone(300.0, seconds=0.5, noise=0.5)) > 2.0


@pytest.mark.parametrize("length", [1, 2, 31, 33, 1000, 30 * RATE])
def test_any_length(length: int) -> None:
    noise = np.random.default_rng(0).standard_normal((1, length)).astype(np.float32)
    picture = picture_of(Audio(noise, RATE))
    assert picture.shape == (TIME_SLICES * MEL_BANDS,) and picture.any()
    assert not picture_of(Audio(np.zeros((1, length), np.float32), RATE)).any()

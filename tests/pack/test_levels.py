"""Levels are kept unless a gate would refuse them, and what is done is said."""

import numpy as np
import pytest

from samplegen.audio.quality import dc_offset, peak_db
from samplegen.audio.types import Audio
from samplegen.pack.levels import fit_level
from samplegen.pack.sound import PEAK_CEILING_DB


def tone(peak: float, *, offset: float = 0.0) -> Audio:
    wave = np.sin(2 * np.pi * 441 * np.arange(22_050) / 44_100)
    return Audio((peak * np.stack([wave, 0.5 * wave]) + offset).astype(np.float32), 44_100)


def test_ordinary_levels_pass_untouched() -> None:
    for peak in (0.07, 0.5, 0.96):
        audio = tone(peak)
        assert fit_level(audio, ring=False) == (audio, ())


def test_a_peak_above_the_ceiling_comes_down_without_a_word() -> None:
    audio, notes = fit_level(tone(0.99), ring=False)
    assert notes == () and peak_db(audio) == pytest.approx(PEAK_CEILING_DB, abs=1e-4)
    assert peak_db(audio) < PEAK_CEILING_DB


def test_a_quiet_sound_is_raised_and_keeps_its_balance() -> None:
    audio, notes = fit_level(tone(0.01), ring=False)
    assert peak_db(audio) == pytest.approx(-1.0, abs=1e-4)
    np.testing.assert_allclose(audio.samples[1], 0.5 * audio.samples[0], atol=1e-6)
    assert len(notes) == 1 and "peak -40.0 dBFS" in notes[0] and "raised to -1 dBFS" in notes[0]


@pytest.mark.parametrize("ring", [False, True])
def test_an_offset_is_removed(ring: bool) -> None:
    audio, notes = fit_level(tone(0.5, offset=0.05), ring=ring)
    assert dc_offset(audio) < 5e-3 and "offset of 0.05" in notes[0]

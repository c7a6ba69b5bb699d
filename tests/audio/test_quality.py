"""Measures on signals whose answer is known."""

import numpy as np
import pytest

from samplegen.audio.quality import (
    active_level_db,
    click_count,
    dc_offset,
    leading_silence_s,
    longest_silence_s,
    loudness_lufs,
    peak_db,
    rms_db,
    silence_ratio,
    true_peak_db,
)
from samplegen.audio.types import Audio, Samples
from samplegen.units import MIN_DB
from tests.audio.signals import RATE, drum_loop, noise, sine


def of(samples: Samples) -> Audio:
    return Audio(samples.astype(np.float32), RATE)


def test_levels_of_a_sine() -> None:
    audio = sine(1000, amplitude=0.5)
    assert peak_db(audio) == pytest.approx(-6.02, abs=0.01)
    assert rms_db(audio) == pytest.approx(-9.03, abs=0.01)
    assert active_level_db(audio) == pytest.approx(-9.03, abs=0.01)
    assert abs(dc_offset(audio)) < 1e-6


def test_true_peak_lies_between_the_samples() -> None:
    time = np.arange(4000)
    audio = of(0.7071 * np.sin(np.pi / 2 * time + np.pi / 4))  # every sample at half of full scale
    assert peak_db(audio) == pytest.approx(-6.02, abs=0.01)
    assert true_peak_db(audio) >= -3.1


def test_active_level_leaves_pauses_out() -> None:
    audio = of(np.concatenate([sine(1000, seconds=0.5).samples[0], np.zeros(RATE * 4)]))
    assert active_level_db(audio) == pytest.approx(-9.03, abs=0.1)
    assert rms_db(audio) < -18


def test_dc_is_that_of_the_worst_channel() -> None:
    assert dc_offset(of(np.stack([np.full(99, 0.1), np.full(99, -0.3)]))) == pytest.approx(0.3)


def test_silences() -> None:
    audio = of(np.concatenate([np.zeros(4410), np.ones(4410), np.zeros(22_050), np.ones(13_230)]))
    assert leading_silence_s(audio) == pytest.approx(0.1)
    assert longest_silence_s(audio) == pytest.approx(0.5)
    assert silence_ratio(audio) == pytest.approx(0.6)


@pytest.mark.parametrize("length", [1, 100, RATE])
def test_pure_silence(length: int) -> None:
    audio = of(np.zeros(length))
    assert peak_db(audio) == true_peak_db(audio) == rms_db(audio) == active_level_db(audio) == MIN_DB
    assert silence_ratio(audio) == 1.0
    assert leading_silence_s(audio) == longest_silence_s(audio) == audio.duration_s
    assert loudness_lufs(audio) is None
    assert click_count(audio) == 0


def test_zero_crossings_are_no_silence() -> None:
    assert silence_ratio(sine(440)) == 0.0


def test_loudness_of_the_reference_tone() -> None:
    tone = sine(997, amplitude=10 ** (-20 / 20), sample_rate=48_000, seconds=2.0)
    assert loudness_lufs(tone) == pytest.approx(-23.0, abs=0.1)  # BS.1770: 0 dBFS at 997 Hz reads -3.01
    assert loudness_lufs(sine(997, seconds=0.3)) is None


def test_impulses_are_counted() -> None:
    samples = sine(200, seconds=2.0).samples[0].copy()
    samples[[10_000, 30_000, 60_000]] += 0.2
    assert click_count(of(samples)) == 3


def test_a_step_in_a_tone_is_one_click() -> None:
    samples = sine(200, seconds=1.0).samples[0].copy()
    samples[20_050:] *= -1.0
    samples[20_050:] += samples[20_049] - samples[20_050] + 0.3
    assert click_count(of(samples)) == 1


@pytest.mark.parametrize(
    "audio",
    [
        sine(440),
        sine(9000, amplitude=0.9),
        noise(1.0),
        drum_loop(bpm=120, bars=1),
        of(np.mod(np.arange(RATE) * 110 / RATE, 1.0) - 0.5),
        of(np.sign(np.sin(2 * np.pi * 55 * np.arange(RATE) / RATE)) * 0.5),
    ],
    ids=["sine", "high sine", "noise", "drums", "saw", "square"],
)
def test_music_has_no_clicks(audio: Audio) -> None:
    assert click_count(audio) == 0


def test_a_bad_seam_is_a_click_only_on_a_ring() -> None:
    audio = sine(100.5, seconds=1.0)
    shifted = audio.with_samples(audio.samples + np.linspace(0.0, 0.4, RATE, dtype=np.float32))
    assert click_count(shifted) == 0
    assert click_count(shifted, ring=True) == 1
    assert click_count(sine(100, seconds=1.0), ring=True) == 0


def test_real_one_shots_are_rarely_accused(shared_audio: object) -> None:
    from samplegen.audio.io import read_audio

    paths = sorted((shared_audio / "oneshots").glob("[chkst]*/**/*.flac"))[::25]  # type: ignore[operator]
    accused = sum(click_count(read_audio(path, max_seconds=2.0)) > 0 for path in paths)
    assert len(paths) > 10
    assert accused <= 0.05 * len(paths)

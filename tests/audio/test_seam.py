"""A loop passes where it is whole and fails where it was cut."""

import numpy as np
import pytest

from samplegen.audio.seam import measure_seam, seam_flux_ratio, seam_step_ratio
from samplegen.audio.types import Audio
from samplegen.errors import UsageError
from tests.audio.signals import RATE, drum_loop, noise, sine


@pytest.mark.parametrize(("bars", "turn"), [(1, 0.0), (2, 0.5), (4, 0.25), (8, 0.375)])
def test_a_ring_passes_wherever_it_starts(bars: int, turn: float) -> None:
    loop = drum_loop(bpm=128, bars=bars)
    turned = loop.with_samples(np.roll(loop.samples, -round(turn * loop.length), axis=1))
    measure = measure_seam(turned, bars=bars)
    assert measure.passed, measure


def test_step_is_exact_on_a_ramp() -> None:
    ramp = Audio(np.stack([np.linspace(0, 0.5, 1001), np.zeros(1001)]).astype(np.float32), RATE)
    assert seam_step_ratio(ramp) == pytest.approx(1000.0, rel=1e-3)
    assert not measure_seam(ramp, bars=1).passed


def test_a_step_in_one_channel_is_enough() -> None:
    whole, broken = sine(100).samples[0], sine(100.25).samples[0]
    assert seam_step_ratio(Audio(np.stack([whole, whole]), RATE)) <= 1.0
    assert seam_step_ratio(Audio(np.stack([whole, broken]), RATE)) > 1.0


def test_a_change_of_sound_at_the_seam_fails() -> None:
    steady = sine(200, seconds=2.0, amplitude=0.3).samples[0]
    burst = np.concatenate([np.zeros(RATE), np.hanning(2 * RATE)[:RATE]]) * noise(2.0).samples[0]
    burst[-1] = 0.0
    measure = measure_seam(Audio((steady + burst).astype(np.float32), RATE), bars=1)
    assert measure.flux_ratio > 1.25
    assert not measure.passed


def test_silence_and_steady_sound_pass() -> None:
    assert measure_seam(Audio(np.zeros(RATE, np.float32), RATE), bars=1).passed
    assert measure_seam(sine(100), bars=2).passed


@pytest.mark.parametrize(("bars", "beats"), [(0, 4), (1, 0), (-1, 4), (RATE, 4)])
def test_odd_bars_are_refused(bars: int, beats: int) -> None:
    with pytest.raises(UsageError, match="whole bars"):
        measure_seam(sine(100), bars=bars, beats_per_bar=beats)


def test_one_bar_of_one_beat() -> None:
    assert np.isfinite(seam_flux_ratio(noise(0.5), bars=1, beats_per_bar=1))


def test_real_loops_pass_turned_and_fail_cut(shared_audio: object) -> None:
    from samplegen.audio.io import read_audio

    passed_turned, passed_cut, count = 0, 0, 0
    for path in sorted((shared_audio / "ccby" / "loops" / "waivops_edm_hse").glob("*.flac"))[::2]:  # type: ignore[operator]
        audio = read_audio(path)
        count += 1
        turned = audio.with_samples(np.roll(audio.samples, audio.length // 2, axis=1))
        cut = audio.with_samples(audio.samples[:, audio.length // 16 :])
        passed_turned += measure_seam(turned, bars=2).passed
        passed_cut += measure_seam(cut, bars=2).passed
    assert count >= 9
    assert passed_turned >= 0.9 * count
    assert passed_cut <= 0.4 * count

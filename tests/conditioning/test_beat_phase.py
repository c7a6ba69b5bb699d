import math

import numpy as np
import pytest
import torch

from samplegen.conditioning.beat_phase import (
    beats_at_times,
    frame_times,
    grid_phase,
    loop_phase,
    null_phase,
    one_shot_phase,
    tempo_phase,
)
from samplegen.errors import UsageError

RATE = 44100 / 512


def turns(phase, *, first):
    """Fraction of a turn that a (sin, cos) pair of channels carries."""
    return np.mod(np.arctan2(*phase[first : first + 2].double().numpy()) / (2 * np.pi), 1.0)


def apart(a, b):
    """Distance between fractions of a turn, round the circle."""
    return np.abs(np.mod(np.asarray(a) - np.asarray(b) + 0.5, 1.0) - 0.5).max()


@pytest.mark.parametrize("bpm", [60, 87.5, 120, 128, 174.3, 200])
@pytest.mark.parametrize("beats_per_bar", [3, 4, 3.5, 7])
def test_constant_tempo_agrees_with_arithmetic(bpm, beats_per_bar):
    latency = 0.011
    phase = tempo_phase(300, bpm=bpm, frame_rate=RATE, beats_per_bar=beats_per_bar, latency_s=latency)
    beats = np.array([((n + 0.5) * 512 / 44100 - latency) * bpm / 60 for n in range(300)])
    assert phase.shape == (8, 300) and phase.dtype == torch.float32
    assert apart(turns(phase, first=0), beats) < 1e-4
    assert apart(turns(phase, first=3), beats / beats_per_bar) * beats_per_bar < 1e-4
    assert apart((phase[2].double().numpy() + 1) / 2, beats) < 1e-4
    assert apart((phase[5].double().numpy() + 1) / 2, beats / beats_per_bar) * beats_per_bar < 1e-4
    assert torch.allclose(phase[6], torch.tensor(math.log2(bpm / 120)))
    assert torch.equal(phase[7], torch.ones(300))


@pytest.mark.parametrize("bpm", [87.5, 174.3])
def test_a_measured_steady_grid_equals_the_tempo(bpm):
    times = 0.2 + np.arange(3, 9) * 60 / bpm
    phase = grid_phase(400, beat_times_s=times.tolist(), frame_rate=RATE, beats_per_bar=4, downbeat=1)
    beats = (frame_times(400, frame_rate=RATE) - times[0]) * bpm / 60
    assert apart(turns(phase, first=0), beats) < 1e-4
    assert apart(turns(phase, first=3), (beats - 1) / 4) * 4 < 1e-4
    assert torch.allclose(phase[6], torch.tensor(math.log2(bpm / 120)), atol=1e-4)


def test_ends_go_on_with_the_median_of_four_intervals():
    beats = [0.0, 0.5, 1.0, 1.9, 2.4, 3.4, 4.4, 5.4, 5.5]
    count = beats_at_times(np.array([-1.0, 0.25, 1.45, 5.45, 6.5]), beat_times_s=beats)
    # first four intervals .5 .5 .9 .5 (median .5), last four 1 1 1 .1 (median 1)
    assert count.tolist() == pytest.approx([-2.0, 0.5, 2.5, 7.5, 9.0])


@pytest.mark.parametrize("beats", [[], [1.0], [0.0, 1.0, 1.0], [0.0, 2.0, 1.0]])
def test_too_few_or_falling_beats_are_refused(beats):
    with pytest.raises(UsageError, match="ascending"):
        beats_at_times(np.zeros(3), beat_times_s=beats)


def test_an_unknown_downbeat_has_its_own_flag():
    known = tempo_phase(50, bpm=120, frame_rate=RATE, beats_per_bar=4)
    unknown = tempo_phase(50, bpm=120, frame_rate=RATE, beats_per_bar=None)
    assert torch.equal(known[:3], unknown[:3]) and torch.equal(known[6], unknown[6])
    assert torch.equal(unknown[3:6], torch.zeros(3, 50))
    assert unknown[7].unique().tolist() == [0.5] and null_phase(50).abs().sum() == 0


@pytest.mark.parametrize(
    "bars, beats_per_bar, bpm", [(1, 4, 128), (4, 4, 87.5), (2, 3, 174.3), (2, 3.5, 100), (1, 7, 61)]
)
@pytest.mark.parametrize("latency_s", [0.0, 0.02])
def test_loops_close(bars, beats_per_bar, bpm, latency_s):
    frames = round(bars * beats_per_bar * 60 / bpm * RATE)
    phase = loop_phase(frames, bars=bars, beats_per_bar=beats_per_bar, bpm=bpm, frame_rate=RATE, latency_s=latency_s)
    beats = (np.arange(frames) + 0.5 - latency_s * RATE) * bars * beats_per_bar / frames
    assert apart(turns(phase, first=0), beats) < 1e-4
    assert apart(turns(phase, first=3), beats / beats_per_bar) * beats_per_bar < 1e-4
    # the step over the seam is any other step
    steps = np.mod(np.diff(turns(phase, first=3), append=turns(phase, first=3)[0]), 1.0)
    assert np.ptp(steps) < 1e-5 and steps.sum() == pytest.approx(bars, abs=1e-4)


def test_the_downbeat_of_a_loop_lies_half_a_frame_before_frame_zero():
    phase = loop_phase(160, bars=1, beats_per_bar=4, bpm=120, frame_rate=80)
    assert turns(phase, first=3)[0] == pytest.approx(0.5 / 160, abs=1e-6)
    assert turns(phase, first=3)[-1] == pytest.approx(1 - 0.5 / 160, abs=1e-6)


def test_a_loop_and_an_open_clip_agree_where_the_length_is_whole():
    loop = loop_phase(160, bars=1, beats_per_bar=4, bpm=120, frame_rate=80, latency_s=0.004)
    clip = tempo_phase(160, bpm=120, frame_rate=80, beats_per_bar=4, latency_s=0.004)
    assert torch.allclose(loop, clip, atol=1e-5)


def test_a_one_shot_knows_its_place_in_the_window():
    phase = one_shot_phase(128, frame_rate=RATE, window_frames=128)
    assert torch.allclose(phase[2], 2 * (torch.arange(128) + 0.5) / 128 - 1, atol=1e-6)
    assert torch.equal(phase[:3], phase[3:6])


@pytest.mark.parametrize("bpm", [0, -5, math.nan, math.inf])
def test_senseless_tempi_are_refused(bpm):
    with pytest.raises(UsageError, match="BPM"):
        tempo_phase(10, bpm=bpm, frame_rate=RATE)


@pytest.mark.parametrize("bad", [{"bars": 0}, {"beats_per_bar": 0}, {"frames": 0}, {"beats_per_bar": 3.5}])
def test_senseless_loops_are_refused(bad):
    settings = {"frames": 10, "bars": 1, "beats_per_bar": 4, **bad}
    with pytest.raises(UsageError):
        loop_phase(settings.pop("frames"), **settings, bpm=120, frame_rate=RATE)

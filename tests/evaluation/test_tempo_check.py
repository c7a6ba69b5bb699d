import importlib.util
from pathlib import Path

import numpy as np
import pytest

from samplegen.audio.types import Audio
from samplegen.errors import UsageError
from samplegen.evaluation.tempo_check import (
    TempoVerdict,
    judge_tempo,
    librosa_tempo,
    low_band_tempo,
    onset_distances_ms,
    summarise_tempi,
    three_band_tempo,
)

_spec = importlib.util.spec_from_file_location("evaluation_signals", Path(__file__).with_name("signals.py"))
assert _spec is not None and _spec.loader is not None
signals = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(signals)


@pytest.mark.parametrize("estimator", [low_band_tempo, three_band_tempo])
@pytest.mark.parametrize("bpm", [80.0, 97.3, 128.0, 170.0])
def test_a_plain_beat_is_measured_to_a_tenth(estimator, bpm):
    verdict = judge_tempo(estimator(signals.drum_loop(bpm)), asked_bpm=bpm)
    assert verdict.exact or verdict.octave
    assert verdict.error_bpm < 0.1


def test_the_length_of_the_loop_does_not_say_its_tempo():
    slow = signals.drum_loop(124.0, bars=5)
    length = signals.drum_loop(128.0).length
    cut = Audio(slow.samples[:, :length], slow.sample_rate)
    assert low_band_tempo(cut) == pytest.approx(124.0, abs=0.5)
    assert judge_tempo(low_band_tempo(cut), asked_bpm=128.0).ratio == 0.0


def test_silence_and_one_hit_have_no_tempo():
    silent = Audio(np.zeros((1, 40_000), np.float32), 22_050)
    hit = np.zeros((1, 40_000), np.float32)
    hit[0, :200] = np.hanning(200)
    assert low_band_tempo(silent) is None and three_band_tempo(silent) is None
    assert low_band_tempo(Audio(hit, 22_050)) is None


@pytest.mark.slow
def test_librosa_agrees_on_a_plain_beat():
    verdict = judge_tempo(librosa_tempo(signals.drum_loop(120.0, bars=2)), asked_bpm=120.0)
    assert verdict.exact or verdict.octave


@pytest.mark.parametrize(
    ("measured", "ratio", "error"),
    [
        (120.4, 1.0, 0.4), (120.6, 0.0, 0.6), (240.8, 2.0, 0.4), (60.2, 0.5, 0.4), (180.0, 1.5, 0.0),
        (80.0, 2 / 3, 0.0), (160.0, 4 / 3, 0.0), (90.0, 0.75, 0.0), (131.0, 0.0, 11.0),
    ],
)  # fmt: skip
def test_verdicts_tell_metrical_levels_apart(measured, ratio, error):
    verdict = judge_tempo(measured, asked_bpm=120.0)
    assert verdict.ratio == pytest.approx(ratio)
    assert verdict.error_bpm == pytest.approx(error, abs=1e-9)


def test_shares_add_up():
    verdicts = [judge_tempo(bpm, asked_bpm=120.0) for bpm in (120.1, 120.3, 60.0, 180.0, 101.0, None)]
    summary = summarise_tempi(verdicts)
    assert (summary.exact, summary.octave, summary.other) == pytest.approx((2 / 6, 1 / 6, 1 / 6))
    assert (summary.wrong, summary.silent) == pytest.approx((2 / 6, 1 / 6))
    assert summary.exact + summary.octave + summary.other + summary.wrong == pytest.approx(1.0)
    assert summary.median_error_bpm == pytest.approx(0.05)
    with pytest.raises(UsageError):
        summarise_tempi([])


def test_a_verdict_without_a_tempo_is_wrong():
    assert judge_tempo(None, asked_bpm=99.0) == TempoVerdict(99.0, None, 0.0, float("inf"))


def test_onsets_lie_on_the_grid_or_as_late_as_they_were_put():
    exact = onset_distances_ms(signals.drum_loop(120.0, bars=2), bars=2)
    late = onset_distances_ms(signals.drum_loop(120.0, bars=2, late_s=0.02), bars=2)
    assert exact.size >= 14 and np.median(exact) < 4.0
    assert np.quantile(late, 0.9) == pytest.approx(20.0, abs=4.0)


def test_a_triplet_is_off_the_sixteenths_only():
    third_s = 60.0 / 120.0 / 6  # two thirds of a beat instead of half a beat
    shuffled = signals.drum_loop(120.0, bars=2, late_s=third_s)
    plain, with_triplets = (onset_distances_ms(shuffled, bars=2, triplets=allowed) for allowed in (False, True))
    assert np.quantile(plain, 0.9) == pytest.approx(1e3 * 60 / 120 / 12, abs=5.0)
    assert np.quantile(with_triplets, 0.9) < 8.0


def test_rendered_loops_keep_their_tempo(shared_audio):
    from samplegen.training.rendering.render import render_item
    from samplegen.training.sources.scan import scan_library

    library = scan_library(shared_audio, measure=False).library
    loops = [render_item(library, index=k, seed=5, split="train", weights={"loop_kick": 1.0}) for k in range(4)]
    verdicts = [judge_tempo(three_band_tempo(loop.audio), asked_bpm=loop.bpm) for loop in loops]
    assert sum(verdict.ratio > 0.0 for verdict in verdicts) >= 3

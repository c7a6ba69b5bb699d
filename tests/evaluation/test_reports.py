"""Seams, distances, the classifier, and the tables that the benchmarks print."""

import importlib.util
import json
from pathlib import Path

import numpy as np
import pytest
import torch

from samplegen.audio.types import Audio
from samplegen.codec.base import Latents
from samplegen.errors import OutputError, UsageError
from samplegen.evaluation.distances import (
    compare,
    distances_markdown,
    embed,
    frechet_distance,
    kernel_distance,
    latent_embedding,
    mel_embedding,
    noise_like,
)
from samplegen.evaluation.loops_report import loops_markdown, make_raw_loops, measure_loops, plan_loops
from samplegen.evaluation.machine import describe_machine
from samplegen.evaluation.one_shot_classifier import (
    OneShotClassifier,
    cross_validated,
    mean_over_kinds,
    one_shot_features,
    recognised,
)
from samplegen.evaluation.seam_check import check_seams
from samplegen.evaluation.tables import markdown_table, percent, to_json, write_figures

_spec = importlib.util.spec_from_file_location("evaluation_signals", Path(__file__).with_name("signals.py"))
assert _spec is not None and _spec.loader is not None
signals = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(signals)

KINDS = ("kick", "tom", "hat_closed")


def rng() -> np.random.Generator:
    return np.random.default_rng(0)


def test_seams_of_turned_and_of_cut_loops():
    good = [(signals.drum_loop(bpm, bars=2), 2, 4) for bpm in (100.0, 120.0, 140.0)]
    length = good[0][0].length
    ramp = np.linspace(-0.9, 0.9, length).astype(np.float32)  # jumps where it begins again
    summary = check_seams([*good, (Audio(ramp, signals.SAMPLE_RATE), 2, 4)])
    assert summary.passed == pytest.approx(0.75)
    assert summary.step_passed == pytest.approx(0.75)
    with pytest.raises(UsageError):
        check_seams([])


def test_kernel_distance_is_zero_for_one_distribution_and_large_for_two():
    first, second = rng().standard_normal((2, 200, 10))
    assert abs(kernel_distance(first, second)) < 0.1
    assert kernel_distance(first, second + 2.0) > 10.0


def test_kernel_distance_of_two_points_each():
    # Kernel (x y + 1)^3 on one axis: within 0s 1, within 1s 8, across 1.
    assert kernel_distance(np.zeros((2, 1)), np.ones((2, 1))) == pytest.approx(1 + 8 - 2)


def test_frechet_distance_of_gaussians():
    draws = rng().standard_normal((2, 20_000, 2))
    shifted = 2.0 * draws[1] + np.array([3.0, 0.0])
    assert frechet_distance(draws[0], draws[0]) == pytest.approx(0.0, abs=1e-9)
    assert frechet_distance(draws[0], shifted) == pytest.approx(9.0 + 2 * (1 + 4 - 2 * 2), rel=0.05)


def test_intervals_cover_zero_for_like_sets_only():
    first, second = rng().standard_normal((2, 60, 8))
    alike, apart = compare(first, second, generator=rng()), compare(first + 2.0, second, generator=rng())
    assert alike.low < 0.0 < alike.high
    assert 0.0 < apart.low < apart.kernel < apart.high and apart.frechet > 5 * alike.frechet
    assert (apart.sounds, apart.reference) == (60, 60)
    assert compare(first, second, generator=rng()) == alike


@pytest.mark.parametrize(("first", "second"), [((3, 8), (9, 8)), ((9, 8), (9, 7))])
def test_distances_need_enough_sounds_of_one_width(first, second):
    with pytest.raises(UsageError):
        compare(np.zeros(first), np.zeros(second), generator=rng())


def test_mel_embedding_tells_noise_from_drums_and_not_drums_from_drums():
    drums = [signals.drum_loop(120.0, bars=1, seed=k) for k in range(12)]
    noises = [noise_like(drum, generator=np.random.default_rng(k)) for k, drum in enumerate(drums[:6])]
    real = embed(drums, mel_embedding)
    assert real.shape == (12, 2 * 64 + 8 * 6)
    near, far = (
        compare(real[:6], real[6:], generator=rng()),
        compare(embed(noises, mel_embedding), real, generator=rng()),
    )
    assert far.kernel > 20 * abs(near.kernel)


class Frames:
    """A codec whose latents are the sums of squares of its frames' two halves."""

    sample_rate, channels, hop_length, dimension = signals.SAMPLE_RATE, 1, 100, 2

    def encode(self, samples, *, loop=False):
        assert loop and samples.shape[-1] % 100 == 0
        return Latents(samples.reshape(1, -1, 2, 50).square().sum(-1).transpose(1, 2), 1.0)


def test_latent_embedding_is_mean_and_deviation_over_time():
    loop = Audio(np.ones((1, 1_000), np.float32), signals.SAMPLE_RATE)
    np.testing.assert_allclose(latent_embedding(loop, codec=Frames()), [50.0, 50.0, 0.0, 0.0], atol=1e-3)


def test_classifier_tells_synthetic_kinds_apart():
    wanted = [kind for kind in KINDS for _ in range(8)]
    features = np.stack([one_shot_features(signals.one_shot(kind, seed)) for seed, kind in enumerate(wanted)])
    assert features.shape == (24, 384)
    unheard = [one_shot_features(signals.one_shot(kind, 100 + seed)) for seed, kind in enumerate(KINDS)]
    assert OneShotClassifier(features, wanted).predict(np.stack(unheard)).tolist() == list(KINDS)
    sources = [str(number % 4) for number in range(24)]
    shares = recognised(cross_validated(features, wanted, sources=sources, folds=4), wanted, generator=rng())
    assert shares["all"].share >= 0.9 and set(shares) == {"all", *KINDS}


def test_shares_by_kind_with_intervals():
    shares = recognised(["a", "a", "b", "b", "b"], ["a", "a", "a", "a", "b"], generator=rng())
    assert shares["a"].share == 0.5 and shares["b"].share == 1.0 and shares["all"].share == pytest.approx(0.6)
    assert shares["a"].low < 0.5 < shares["a"].high and shares["b"].low == 1.0
    assert mean_over_kinds(shares) == 0.75
    with pytest.raises(UsageError):
        recognised(["a"], [], generator=rng())


class ExactDrums:
    """Stands in for a generator: keeps every tempo but those below 90, which it plays at 100."""

    def plan_loop(self, *, bpm, bars, beats_per_bar):
        return (bpm, bars, beats_per_bar)

    def make_loops(self, plan, *, tags, seeds):
        bpm, bars, beats = plan
        made = signals.drum_loop(bpm, bars=bars, beats_per_bar=beats)
        if bpm < 90:
            wrong = signals.drum_loop(100.0, bars=2 * bars, beats_per_bar=beats)
            made = Audio(wrong.samples[:, : made.length], made.sample_rate)
        return [made for _ in seeds]


def test_report_on_a_stand_in_for_a_generator():
    planned = plan_loops(5, generator=rng(), kind="loop_drums", styles=("house", "dnb"), bars=2, bpm_range=(95, 150))
    planned += plan_loops(5, generator=rng(), kind="loop_drums", styles=(), bars=2, bpm_range=(80, 80))
    loops = make_raw_loops(ExactDrums(), planned)
    figures = measure_loops(loops, estimators=["low band", "three bands"])
    assert figures.exact_length == 1.0 and figures.loops == 10
    assert figures.tempo["low band"].exact + figures.tempo["low band"].octave == pytest.approx(0.5)
    assert figures.seam.loops == 10 and figures.onset_ms >= figures.onset_triplet_ms
    text = loops_markdown({"stand-in": figures})
    assert "| stand-in | low band | 10 | 50 %" in text and "| stand-in | 100 % |" in text
    with pytest.raises(UsageError):
        measure_loops([])


def test_plans_are_whole_tempi_in_range_and_every_style():
    planned = plan_loops(200, generator=rng(), kind="loop_drums", styles=("a", "b"), bpm_range=(80, 82))
    assert {loop.bpm for loop in planned} == {80.0, 81.0, 82.0}
    assert sum(loop.tags == ("loop_drums", "a") for loop in planned) == 100
    assert len({loop.seed for loop in planned}) == 200
    again = plan_loops(200, generator=rng(), kind="loop_drums", styles=("a", "b"), bpm_range=(80, 82))
    assert again == planned


def test_tables_and_json(tmp_path):
    assert markdown_table(["a", "b"], [["1", "2"]]) == "| a | b |\n| --- | --- |\n| 1 | 2 |\n"
    assert percent(0.956) == "96 %"
    first, second = rng().standard_normal((2, 8, 4))
    distance = compare(first, second, generator=rng())
    assert "| x | 8 / 8 |" in distances_markdown({"mel": {"x": distance}, "latents": {"x": distance}})
    assert to_json({"a": (float("nan"), 1), "d": distance})["a"] == [None, 1]
    write_figures(tmp_path / "x.json", {"distance": distance, "machine": describe_machine()})
    read = json.loads((tmp_path / "x.json").read_text())
    assert read["distance"]["sounds"] == 8 and read["machine"]["cores"] >= 1
    assert read["machine"]["torch"] == torch.__version__.split("+")[0] or read["machine"]["torch"] == torch.__version__
    with pytest.raises(OutputError):
        write_figures(tmp_path, {})

"""Figures of fillings: what is restored measures 0, beats are found, tables have their baselines."""

import numpy as np
import pytest

from samplegen.evaluation.inpaint_report import BEAT, draw_cases, gap_distance, measure, table
from samplegen.variations.gaps.fillers import CopyFiller, CrossfadeFiller
from samplegen.variations.gaps.places import Gap
from tests.variations.gap_sounds import TIME, loop


class Silence:
    name = "silence"

    def fill(self, scene, *, seeds):
        return [scene.audio.samples] * len(seeds)


def test_distances_are_of_the_gap_alone():
    audio, gap = loop(), Gap(22_050, 30_000)
    quieter = audio.samples.copy()
    quieter[:, gap.start : gap.stop] *= 0.1
    assert gap_distance(audio, audio, gap) == 0.0
    assert gap_distance(audio.with_samples(quieter), audio, gap) > 5.0
    assert gap_distance(audio.with_samples(quieter), audio, Gap(60_000, 70_000)) == 0.0


def test_cases_and_their_figures():
    audio = loop()
    cases = draw_cases(audio, rng=np.random.default_rng(0), time=TIME, sizes=(0.05,))
    assert [case.size for case in cases] == ["50 ms", BEAT]
    beat = cases[1]
    assert beat.gap.length == pytest.approx(22_050, abs=2) and (beat.gap.start + 882) % 22_050 in (0, 1, 22_049)
    fills = measure(beat, {"copy": CopyFiller(), "silence": Silence(), "crossfade": CrossfadeFiller()}, seeds=[1, 2])
    assert fills["copy"].best < 1.0 < fills["silence"].best
    assert fills["copy"].recovered and not fills["silence"].recovered
    assert fills["copy"].from_copy == 0.0 and fills["silence"].from_copy > 1.0
    text = table({BEAT: [fills]}, names=["copy", "silence"], seed=1)
    assert "| one beat | beat found within 15 ms, % | 100.0 (100.0–100.0) | 0.0 (0.0–0.0) |" in text


def test_one_shots_have_no_beats():
    cases = draw_cases(loop(), rng=np.random.default_rng(0), sizes=(0.1,))
    assert [case.size for case in cases] == ["100 ms"] and cases[0].time is None
    assert "copy" not in measure(cases[0], {"copy": CopyFiller(), "crossfade": CrossfadeFiller()}, seeds=[1])

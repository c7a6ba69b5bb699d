"""What judges melodies is itself right: scores by hand, repetition, shared groups, and a transcriber that hears."""

import warnings

import numpy as np
import pytest

from samplegen.evaluation.melody_report import (
    KnownLines,
    asked_notes,
    mean_figure,
    repetition,
    score_notes,
    training_lines,
    transcribe_line,
)
from samplegen.score.events import Event, Pattern
from samplegen.variations.melodies.sampler import Instrument, Voice
from samplegen.variations.melody import render_melody
from tests.variations.melodies.test_sampler import pluck


def pattern(*notes: tuple[float, int], bars: int = 1) -> Pattern:
    return Pattern(tuple(Event(start, "melody", 0.8, 0.8, midi) for start, midi in notes), "", bars, (4, 4))


def test_notes_match_once_within_50_ms_and_50_cents_round_the_loop() -> None:
    asked = [(0.0, 60.0), (0.5, 62.0), (1.0, 64.0)]
    assert score_notes(asked, asked, length_s=2.0).f1 == 1.0
    heard = [(1.97, 60.0), (0.56, 62.0), (1.0, 64.6), (1.0, 64.4), (1.01, 64.3)]
    score = score_notes(asked, heard, length_s=2.0)
    assert (score.recall, score.precision) == (pytest.approx(2 / 3), pytest.approx(2 / 5))
    assert score_notes(asked, [], length_s=2.0).f1 == 0.0


def test_repetition_and_shared_groups_are_counted() -> None:
    twice = pattern((0, 60), (1, 62), (1.5, 64), (3, 60), (4, 67), (5, 69), (5.5, 71), (7, 67), bars=2)
    assert repetition(twice) == pytest.approx(2 / 5), "the second bar is the first one, higher"
    assert repetition(pattern((0, 60), (1, 61), (2, 63), (3, 60))) == 0.0
    known = KnownLines([twice])
    assert known.longest_shared(pattern((0, 50), (1, 52), (1.5, 54), (2, 60))) == 3
    assert known.longest_shared(twice) == 8
    assert len(training_lines(each=1, seed=0)) == 16


@pytest.mark.slow  # librosa compiles
def test_the_transcriber_hears_a_rendered_line() -> None:
    line = pattern((0, 60), (1, 64), (1.5, 64), (2, 67), (3, 62))
    audio = render_melody(line, Instrument((Voice("pluck", (pluck(62.4),), 62.4),)), bpm=120.0, sample_rate=44_100,
                          seed=0, release_s=0.05)  # fmt: skip
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # numba's own
        heard = transcribe_line(audio)
    assert score_notes(asked_notes(line, length_s=audio.duration_s), heard, length_s=audio.duration_s).f1 > 0.85


def test_means_have_intervals() -> None:
    figure = mean_figure([0.0, 1.0] * 50, rng=np.random.default_rng(0))
    assert figure.value == 0.5 and 0.38 < figure.low < 0.5 < figure.high < 0.62

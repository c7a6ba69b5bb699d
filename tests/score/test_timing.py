from dataclasses import replace

import mido
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from samplegen.errors import UsageError
from samplegen.score.music import Music, Note, Track, new_music
from samplegen.score.timing import AUTOCORRELATION, HUMAN_SPREADS, Humanising, humanise

HITS = 2000


def row(note: int, *, count: int = HITS, channel: int = 9) -> Music:
    """Quarters at 125 BPM, where a tick is a millisecond; the first lies a bar from the start."""
    notes = [Note(480 * (number + 4), 60, note, 64, channel) for number in range(count)]
    return new_music(notes, bpm=125.0, meter=(4, 4), bars=count // 4 + 2)


def deviations(music: Music) -> tuple[np.ndarray, np.ndarray]:
    starts = np.array([note.start for note in music.notes])
    return starts - 480 * np.arange(4, len(starts) + 4), np.array([note.velocity for note in music.notes]) - 64.0


@pytest.mark.parametrize(("note", "name"), [(36, "kick"), (38, "snare"), (42, "hat"), (51, "ride")])
def test_a_whole_drummer_has_the_published_statistics(note: int, name: str) -> None:
    late_ms, louder = deviations(humanise(row(note), Humanising(), seed=1))
    spread = HUMAN_SPREADS[name]  # type: ignore[index]
    assert late_ms.mean() == pytest.approx(spread.bias_ms, abs=2.0)
    assert late_ms.std() == pytest.approx(spread.sigma_ms, rel=0.08)
    assert louder.std() == pytest.approx(spread.velocity_sd, rel=0.08)
    for values in (late_ms, louder):
        assert np.corrcoef(values[:-1], values[1:])[0, 1] == pytest.approx(AUTOCORRELATION, abs=0.05)


def test_the_spread_is_in_time_whatever_the_tempo() -> None:
    slow = row(42)
    other = mido.MetaMessage("set_tempo", tempo=960_000)  # 62.5 BPM: a tick is two milliseconds
    slow = replace(slow, tracks=(replace(slow.tracks[0], others=((0, other),)),))
    late, _ = deviations(humanise(slow, Humanising(), seed=1))
    assert (2.0 * late).std() == pytest.approx(16.0, rel=0.08)


def test_electronic_styles_have_no_bias_and_a_third_of_the_spread() -> None:
    shares = []
    for seed in range(6):
        late_ms, _ = deviations(humanise(row(36), Humanising(style="electronic"), seed=seed))
        assert abs(late_ms.mean()) < 1.5
        shares.append(late_ms.std() / 19.0)
    assert 0.17 < min(shares) < max(shares) < 0.38 and max(shares) - min(shares) > 0.03


def test_amount_scales_and_nothing_is_nothing() -> None:
    half, _ = deviations(humanise(row(38), Humanising(amount=0.5), seed=3))
    assert half.mean() == pytest.approx(-6.5, abs=1.0) and half.std() == pytest.approx(11.0, rel=0.07)
    assert humanise(row(38, count=16), Humanising(amount=0.0), seed=3) == row(38, count=16)


def test_same_seed_same_notes() -> None:
    how = Humanising()
    assert humanise(row(36, count=16), how, seed=5) == humanise(row(36, count=16), how, seed=5)
    assert humanise(row(36, count=16), how, seed=5) != humanise(row(36, count=16), how, seed=6)


def test_what_starts_together_in_one_class_stays_together() -> None:
    chord = [Note(960, 240, note, 90, 0) for note in (60, 64, 67)]
    moved = humanise(new_music(chord, bpm=120.0, meter=(4, 4), bars=1), Humanising(), seed=2)
    assert len({note.start for note in moved.notes}) == 1 and moved.notes[0].start != 960
    assert len({note.velocity for note in moved.notes}) > 1


def test_swing_moves_every_second_sixteenth() -> None:
    straight = new_music([Note(120 * k, 60, 42, 90) for k in range(16)], bpm=120.0, meter=(4, 4), bars=1)
    swung = humanise(straight, Humanising(amount=0.0, swing=2 / 3), seed=0)
    assert [note.start for note in swung.notes[:4]] == [0, 160, 240, 400]
    eighths = humanise(straight, Humanising(amount=0.0, swing=0.75, swing_step=8), seed=0)
    assert [note.start for note in eighths.notes[:5]] == [0, 180, 360, 420, 480]


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 1900), st.integers(1, 400), st.sampled_from([36, 38, 42])), max_size=40),
    st.integers(0, 9),
)
def test_notes_stay_inside_in_order_and_apart(places: list[tuple[int, int, int]], seed: int) -> None:
    notes = tuple(Note(start, length, note, 64) for start, length, note in sorted(places))
    music = Music((Track(notes, (), 1920),))
    moved = humanise(music, Humanising(amount=4.0, swing=0.7), seed=seed)
    assert moved.length == 1920 and len(moved.notes) == len(notes)
    for pitch in (36, 38, 42):
        line = [note for note in moved.notes if note.note == pitch]
        assert all(0 <= note.start and note.end <= 1920 and 1 <= note.velocity <= 127 for note in line)
        assert all(first.end <= second.start for first, second in zip(line, line[1:], strict=False))
    assert sorted(note.note for note in moved.notes) == sorted(note.note for note in notes)


@pytest.mark.parametrize(
    "values",
    [{"amount": -1.0}, {"amount": 4.1}, {"amount": float("nan")}, {"style": "jazz"}, {"swing": 0.8}, {"swing_step": 3}],
)
def test_impossible_values_are_refused(values: dict[str, float]) -> None:
    with pytest.raises(UsageError):
        Humanising(**values)  # type: ignore[arg-type]

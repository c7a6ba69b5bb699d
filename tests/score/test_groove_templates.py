import pytest

from samplegen.errors import UsageError
from samplegen.score.events import Event, Pattern
from samplegen.score.groove_templates import Step, apply_groove, extract_groove, groove_to_music, music_to_groove
from samplegen.score.music import Note, new_music

# Offbeat sixteenths 0.05 beats (24 ticks) late and soft, the last one early over the seam.
LAZY = Pattern(
    tuple(Event(k / 4 + (0.05 if k % 2 else 0.0), "hat_closed", 0.4 if k % 2 else 0.8) for k in range(16)),
    "",
    1,
    (4, 4),
)


def test_offsets_are_shares_of_a_sixteenth() -> None:
    groove = extract_groove(LAZY)
    assert groove.length == 16 and groove.steps[0] == Step(0.0, 0.8)
    assert groove.steps[1].offset == pytest.approx(0.2) and groove.steps[1].velocity == 0.4


def test_early_hits_at_the_seam_belong_to_the_first_step() -> None:
    groove = extract_groove(Pattern((Event(3.95, "kick", 0.9),), "", 1, (4, 4)))
    assert groove.steps == {0: Step(pytest.approx(-0.2), 0.9)}
    assert [note.start for note in groove_to_music(groove, bpm=100.0).notes] == [1920 - 24]


def test_hits_of_one_sixteenth_are_weighed_by_velocity() -> None:
    groove = extract_groove(Pattern((Event(1.05, "kick", 0.9), Event(0.95, "hat_closed", 0.3)), "", 1, (4, 4)))
    assert groove.steps[4] == Step(pytest.approx(0.2 * 0.5), 0.9)


def test_a_groove_comes_back_from_midi() -> None:
    groove = extract_groove(LAZY)
    again = music_to_groove(groove_to_music(groove, bpm=93.0))
    assert again.steps.keys() == groove.steps.keys() and (again.bars, again.meter) == (1, (4, 4))
    for place, step in groove.steps.items():
        assert again.steps[place].offset == pytest.approx(step.offset, abs=0.5 / 120)
        assert again.steps[place].velocity == pytest.approx(step.velocity, abs=0.5 / 127)


def test_notes_take_time_and_accents_of_the_groove() -> None:
    """Two bars of straight sixteenths: odd ones move 24 ticks, velocities go 4:2 about their mean."""
    straight = new_music([Note(120 * k, 60, 42, 60) for k in range(32)], bpm=120.0, meter=(4, 4), bars=2)
    played = apply_groove(straight, extract_groove(LAZY))
    assert [note.start for note in played.notes[:4]] == [0, 144, 240, 384]
    assert [note.start for note in played.notes[16:18]] == [1920, 2064]
    assert [note.velocity for note in played.notes[:4]] == [80, 40, 80, 40]
    assert played.length == straight.length
    half = apply_groove(straight, extract_groove(LAZY), amount=0.5)
    assert [note.start for note in half.notes[:2]] == [0, 132] and half.notes[0].velocity == 70
    assert apply_groove(straight, extract_groove(LAZY), amount=0.0) == straight


def test_steps_that_the_groove_does_not_play_stay() -> None:
    groove = extract_groove(Pattern((Event(0.05, "kick", 0.9),), "", 1, (4, 4)))
    music = new_music([Note(0, 60, 36, 90), Note(487, 60, 38, 90)], bpm=120.0, meter=(4, 4), bars=1)
    assert [note.start for note in apply_groove(music, groove).notes] == [24, 487]


def test_what_makes_no_sense_is_refused() -> None:
    music = new_music([], bpm=120.0, meter=(4, 4), bars=1)
    with pytest.raises(UsageError, match="no hits"):
        apply_groove(music, music_to_groove(music))
    with pytest.raises(UsageError, match="amount"):
        apply_groove(music, extract_groove(LAZY), amount=2.0)

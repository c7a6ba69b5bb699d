import pytest

from samplegen.score.drum_map import KIND_NOTES, kind_to_class, kind_to_note, note_to_kind, note_to_voice


def test_the_notes_of_general_midi() -> None:
    named = ("kick", "rim", "snare", "clap", "hat_closed", "hat_open", "cymbal")
    assert [kind_to_note(kind) for kind in named] == [36, 37, 38, 39, 42, 46, 49]
    assert [note_to_kind(note) for note in (35, 40, 44, 51, 41, 60)] == [
        "kick", "snare", "hat_closed", "cymbal", "tom", "percussion",
    ]  # fmt: skip


@pytest.mark.parametrize("kind", list(KIND_NOTES))
def test_every_kind_and_voice_comes_back(kind: str) -> None:
    for voice, note in enumerate(KIND_NOTES[kind]):
        assert kind_to_note(kind, voice=voice) == note
        assert (note_to_kind(note), note_to_voice(note)) == (kind, voice)


def test_strange_kinds_and_voices_are_percussion_and_the_last_voice() -> None:
    assert kind_to_note("kalimba") == kind_to_note("percussion")
    assert kind_to_note("tom", voice=9) == kind_to_note("tom", voice=2)


def test_classes_of_human_timing() -> None:
    assert [kind_to_class(kind) for kind in ("kick", "clap", "hat_open", "cymbal", "percussion")] == [
        "kick", "snare", "hat", "ride", "hat",
    ]  # fmt: skip

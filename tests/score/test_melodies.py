import numpy as np
import pytest

from samplegen.score.melodies import LOWEST_BASS_MIDI, Key, draw_bass, draw_chords
from samplegen.score.styles import STYLES


@pytest.mark.parametrize("meter", [(4, 4), (3, 4), (5, 4), (7, 8)])
@pytest.mark.parametrize("style", STYLES)
def test_notes_lie_in_the_key_and_in_range(style: str, meter: tuple[int, int]) -> None:
    key = Key(9, "minor")
    for seed in range(10):
        bass = draw_bass(style, rng=np.random.default_rng(seed), bars=2, meter=meter, key=key)
        chords = draw_chords(style, rng=np.random.default_rng(seed), bars=2, meter=meter, key=key)
        for pattern in (bass, chords):
            assert pattern.key == "Am" and pattern.events
            assert {(event.midi or 0) % 12 for event in pattern.events} <= {9, 11, 0, 2, 4, 5, 7}
            assert all(0.0 <= e.start < pattern.beats and e.duration_beats > 0.0 for e in pattern.events)
        assert all(LOWEST_BASS_MIDI <= (event.midi or 0) <= 52 + 12 for event in bass.events)
        assert all(48 <= (event.midi or 0) <= 72 for event in chords.events)


def test_notes_end_before_their_bar_does() -> None:
    for seed in range(20):
        pattern = draw_bass("dnb", rng=np.random.default_rng(seed), bars=4)
        assert all(event.start % 4 + event.duration_beats <= 4.0 + 1e-9 for event in pattern.events)


def test_key_names_follow_the_scale() -> None:
    assert [Key(0, "major").name, Key(6, "dorian").name, Key(9, "minor").name] == ["C", "F#m", "Am"]
    assert [Key(0, "major").semitones(degree) for degree in (-1, 0, 4, 7)] == [-1, 0, 7, 12]

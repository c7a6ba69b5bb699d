"""Pads, arpeggios and leads keep to their key, and only clear ones pass as being in it."""

import numpy as np
import pytest

from samplegen.score.events import Event, Pattern
from samplegen.score.harmony import draw_arpeggio, draw_clear_key, draw_lead, draw_pad, draw_roots, says_its_key
from samplegen.score.melodies import Key


@pytest.mark.parametrize("meter", [(4, 4), (7, 8)])
def test_all_notes_are_of_the_scale(meter: tuple[int, int]) -> None:
    for seed in range(12):
        rng = np.random.default_rng(seed)
        key = draw_clear_key(rng=rng)
        roots = draw_roots(key, rng=rng)
        scale = {(key.tonic + key.semitones(degree)) % 12 for degree in range(7)}
        drawn = [draw(style, rng=rng, bars=2, meter=meter, key=key, roots=roots)
                 for draw, style in ((draw_pad, "ambient"), (draw_arpeggio, "techno"))]  # fmt: skip
        for pattern in (*drawn, draw_lead("house", rng=rng, bars=2, meter=meter, key=key)):
            assert {(event.midi or 0) % 12 for event in pattern.events} <= scale
            assert pattern.key == key.name and all(0.0 <= event.start < pattern.beats for event in pattern.events)


def test_pads_sound_all_the_time_and_roots_begin_on_the_tonic() -> None:
    for seed in range(12):
        rng = np.random.default_rng(seed)
        key = draw_clear_key(rng=rng)
        roots = draw_roots(key, rng=rng)
        pad = draw_pad("dub", rng=rng, bars=4, meter=(4, 4), key=key, roots=roots)
        ends = [(event.start, event.start + event.duration_beats) for event in pad.events]
        for beat in np.arange(0.0, 16.0, 0.5):
            assert any(low <= beat < high or low <= beat + 16.0 < high for low, high in ends)
        assert roots[0] == 0


def _pattern(*notes: int) -> Pattern:
    return Pattern(tuple(Event(k * 0.5, "lead", 0.8, 0.5, note) for k, note in enumerate(notes)), "house", 1, (4, 4))


def test_what_says_its_key() -> None:
    minor = Key(9, "minor")
    assert says_its_key(_pattern(57, 60, 64, 57, 57, 62, 64, 57), minor)
    assert says_its_key(_pattern(57, 57), minor)
    assert not says_its_key(_pattern(62, 65, 69, 62, 65, 62, 69, 57), minor)
    assert not says_its_key(_pattern(57, 61, 64, 57, 61, 64, 57, 61), minor)
    assert not says_its_key(_pattern(60, 64), minor)

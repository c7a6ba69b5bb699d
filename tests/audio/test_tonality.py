"""Both estimators of a loop's key, and the second one of a pitch, on chords and lines whose key is known."""

import numpy as np
import pytest

from samplegen.audio.key import NOTES, HeardKey
from samplegen.audio.loop_key import hear_key
from samplegen.audio.tonality import note_shares, second_key, second_pitch
from samplegen.audio.types import Audio

RATE = 44_100


def tone(note: float, *, seconds: float, partials: int = 8) -> np.ndarray:
    time = np.arange(round(seconds * RATE)) / RATE
    hz = 440.0 * 2.0 ** ((note - 69.0) / 12.0)
    wave = sum(0.7**k * np.sin(2 * np.pi * k * hz * time) for k in range(1, partials + 1))
    return np.asarray(wave * np.minimum(1.0, 200.0 * time) * np.exp(-1.5 * time))


def play(chords: list[tuple[float, ...]], *, seconds: float = 0.6) -> Audio:
    parts = [sum(tone(note, seconds=seconds) for note in chord) for chord in chords]
    samples = np.concatenate([np.asarray(part) for part in parts])
    return Audio((0.3 * samples / np.abs(samples).max()).astype(np.float32), RATE)


def name(heard: HeardKey) -> str:
    return NOTES[heard.tonic] + {"minor": "m", "major": "", None: "?"}[heard.mode]


CADENCES = {
    "C": [(60, 64, 67), (65, 69, 72), (67, 71, 74), (60, 64, 67)],
    "Am": [(57, 60, 64), (62, 65, 69), (64, 67, 71), (57, 60, 64)],
}


@pytest.mark.parametrize("key", CADENCES)
@pytest.mark.parametrize("shift", [0, 5])
def test_cadences_are_heard_by_both(key: str, shift: int) -> None:
    loop = play([tuple(note + shift for note in chord) for chord in CADENCES[key]])
    expected = NOTES[(NOTES.index(key[0]) + shift) % 12] + key[1:]
    assert name(second_key(loop)) == expected
    first = hear_key(loop)
    assert NOTES[first.tonic] == expected.removesuffix("m") and first.mode in (
        None,
        "minor" if "m" in expected else "major",
    )


def test_a_line_on_one_note_has_a_tonic_and_no_mode() -> None:
    line = play([(29,), (29,), (41,), (29,)], seconds=0.4)
    for heard in (hear_key(line), second_key(line)):
        assert name(heard) == "F?"
        assert heard.confidence > 0.4


def test_a_minor_line_has_its_mode() -> None:
    line = play([(33,), (33,), (36,), (40,), (33,), (38,), (36,), (33,)], seconds=0.3)
    assert name(hear_key(line)) == "Am"


def test_tuning_is_measured() -> None:
    assert hear_key(play([(45.3,), (45.3,), (45.3,)])).tuning == pytest.approx(0.3, abs=0.03)


def test_overtones_are_no_notes() -> None:
    shares = note_shares(play([(45,), (45,)]))
    assert shares.argmax() == 9 and shares[4] < 0.1 and shares[1] < 0.1


@pytest.mark.parametrize("level", [0.0, 0.1])
def test_silence_and_noise_are_in_no_key(level: float) -> None:
    noise = level * np.random.default_rng(1).standard_normal(2 * RATE)
    sound = Audio(noise.astype(np.float32), RATE)
    assert hear_key(sound).confidence < 0.2
    assert second_key(sound).confidence < 0.2
    assert second_pitch(sound).confidence < 0.4


@pytest.mark.parametrize("note", [28.77, 40.1, 57.0, 69.4])
def test_the_second_pitch_agrees_within_five_cents(note: float) -> None:
    heard = second_pitch(play([(note,)]))
    assert heard.midi is not None and heard.confidence > 0.5
    assert heard.midi == pytest.approx(note, abs=0.05)


def test_very_short_sounds_are_survived() -> None:
    for length in (0, 1, 50, 2_000):
        sound = Audio(0.1 * np.ones((1, length), np.float32), RATE)
        for heard in (hear_key(sound), second_key(sound), second_pitch(sound)):
            assert np.isfinite(heard.confidence)

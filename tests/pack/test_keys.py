"""Keys as people write them, and what serves them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from samplegen.errors import UsageError
from samplegen.pack.keys import Key, parse_key
from samplegen.pack.sound import key_to_pitch_class


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Am", "Am"), ("a minor", "Am"), ("Amin", "Am"), ("A-min", "Am"), (" a  MINOR ", "Am"), ("AM", "A"),
        ("C#maj", "C#"), ("c♯ major", "C#"), ("Dbm", "Dbm"), ("D♭ Minor", "Dbm"), ("bb", "Bb"), ("b", "B"),
        ("B flat minor", "Bbm"), ("f sharp", "F#"), ("E#", "E#"), ("Cb", "Cb"), ("Bbm", "Bbm"), ("F#M", "F#"),
    ],
)  # fmt: skip
def test_common_spellings_are_understood(text: str, name: str) -> None:
    key = parse_key(text)
    assert key.name == name
    assert key.tonic == key_to_pitch_class(name)


@pytest.mark.parametrize(
    "text", ["H", "Hm", "", "Am7", "A dorian", "Abbm", "A##", "minor", "A minor major", "é", "Am\0"]
)
def test_what_is_no_key_is_refused_with_what_was_given(text: str) -> None:
    with pytest.raises(UsageError, match="is not a key. Write it like C, F#, Bb, Am or C#m") as error:
        parse_key(text)
    assert "--key" in str(error.value)


def test_enharmonic_keys_are_equal() -> None:
    assert Key("A#m").equals(Key("Bbm")) and Key("Cb").equals(Key("B"))
    assert not Key("Am").equals(Key("C")) and not Key("Am").equals(Key("A"))


def test_relations() -> None:
    key = Key("Am")
    assert key.relation(tonic=9, mode="minor") == "exact"
    assert key.relation(tonic=0, mode="major") == "relative"
    assert key.relation(tonic=9, mode=None) == "open"
    for tonic, mode in ((9, "major"), (0, None), (0, "minor"), (4, "minor"), (7, "major")):
        assert key.relation(tonic=tonic, mode=mode) is None  # type: ignore[arg-type]
    assert Key("C").relation(tonic=9, mode="minor") == "relative"


@given(
    asked=st.integers(0, 11),
    minor=st.booleans(),
    tonic=st.integers(0, 11),
    mode=st.sampled_from(["major", "minor", None]),
)
def test_the_shift_leads_to_a_key_that_serves_and_is_least(
    asked: int, minor: bool, tonic: int, mode: str | None
) -> None:
    names = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")
    key = Key(names[asked] + ("m" if minor else ""))
    shift = key.shift_from(tonic=tonic, mode=mode)  # type: ignore[arg-type]
    assert -6 <= shift <= 5
    assert key.relation(tonic=(tonic + shift) % 12, mode=mode) is not None  # type: ignore[arg-type]
    assert mode is None or shift == 0 or key.relation(tonic=tonic, mode=mode) is None  # type: ignore[arg-type]


def test_notes_of_a_key() -> None:
    """A one-shot has the tonic; a loop its scale, the chord's notes and most of all the tonic before the others."""
    assert Key("A").notes("synth").weights == tuple(float(tone == 9) for tone in range(12))
    loop = Key("Am").notes("loop_bass", bars=2, beats_per_bar=3)
    assert [tone for tone in range(12) if loop.weights[tone]] == [0, 2, 4, 5, 7, 9, 11]
    assert loop.first == 9 and loop.weights[9] > loop.weights[0] == loop.weights[4] > loop.weights[2] > 0
    assert (loop.stretches, Key("C").notes("loop_chord", bars=2, beats_per_bar=3).stretches) == (12, 4)
    assert Key("C").notes("bass").highest < Key("C").notes("synth").highest

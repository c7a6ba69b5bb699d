"""Tempo, bars, meter and key in texts: clear forms count, lookalikes do not."""

import pytest

from samplegen.errors import UsageError
from samplegen.pack.prompt_facts import find_facts


@pytest.mark.parametrize(
    ("text", "found", "rest"),
    [
        ("dark drums 120 bpm", {"bpm": 120.0}, "dark drums"),
        ("rolling at 174.5bpm", {"bpm": 174.5}, "rolling"),
        ("174,5 BPM", {"bpm": 174.5}, ""),
        ("bpm: 128 techno", {"bpm": 128.0}, "techno"),
        ("140 b.p.m. beat", {"bpm": 140.0}, "beat"),
        ("90 beats per minute", {"bpm": 90.0}, ""),
        ("808,120 bpm", {"bpm": 120.0}, "808"),
        ("120 bpm, yes 120 BPM", {"bpm": 120.0}, "yes"),
        ("a 4 bars loop", {"bars": 4}, "a loop"),
        ("2-bar loop", {"bars": 2}, "loop"),
        ("Four bar break", {"bars": 4}, "break"),
        ("120bpm/4bars", {"bpm": 120.0, "bars": 4}, ""),
        ("bpm 4 bars", {"bars": 4}, "bpm"),
        ("120 bpm 4 bars in 7/8", {"bpm": 120.0, "bars": 4, "meter": (7, 8)}, ""),
        ("drums, 5/4 time", {"meter": (5, 4)}, "drums"),
        ("3/4 waltz", {"meter": (3, 4)}, "waltz"),
        ("in A minor at 120 BPM", {"key": "Am", "bpm": 120.0}, ""),
        ("kick in a minor, dark", {"key": "Am"}, "kick, dark"),
        ("F#m bass", {"key": "F#m"}, "bass"),
        ("Bb major pad", {"key": "Bb"}, "pad"),
        ("b flat major", {"key": "Bb"}, ""),
        ("f sharp minor", {"key": "F#m"}, ""),
        ("E♭m lead", {"key": "Ebm"}, "lead"),
        ("e minor stab", {"key": "Em"}, "stab"),
        ("A minor chords", {"key": "Am"}, "chords"),
        ("key of E", {"key": "E"}, ""),
        ("sub in Eb", {"key": "Eb"}, "sub in"),
        ("Dm", {"key": "Dm"}, ""),
    ],
)
def test_clear_forms(text: str, found: dict[str, object], rest: str) -> None:
    facts = find_facts(text)
    values = {name: getattr(facts, name) for name in ("bpm", "bars", "meter", "key")}
    assert {name: fact.value for name, fact in values.items() if fact is not None} == found
    assert facts.rest == rest


@pytest.mark.parametrize(
    "text",
    [
        "909 kick", "808", "crowbar", "space bar hit", "bar chimes", "1/8 notes hats", "1/16 hats", "24/7 techno",
        "3/4 of a kick", "in a minor key", "a minor detail", "in a minor mood", "A minor detail", "a major lift",
        "am I kick", "8 am, 10 pm", "10 Am", "I Am", "E", "in E", "A kick", "A tight snare", "a flat snare",
        "a sharp hit", "vitamin C", "plan B", "R&B", "D'n'B drums", "C'est la vie", "bb kick", "Dm7", "AM radio",
        "2 Gb", "kick 120", "fast tempo", "major impact", "minor",
    ],
)  # fmt: skip
def test_lookalikes_are_words(text: str) -> None:
    facts = find_facts(text)
    assert (facts.bpm, facts.bars, facts.meter, facts.key, facts.rest) == (None, None, None, None, text)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("120 bpm … 140 bpm", r'names two tempi \("120 bpm" and "140 bpm"\). Keep one'),
        ("120-130 bpm", "names two tempi"),
        ("4 bars or 8 bars", "names two lengths"),
        ("4-8 bars", "names two lengths"),
        ("in 7/8 and in 5/4", "names two meters"),
        ("0 bars", 'says "0 bars"; 1 to 64 bars'),
        ("100 bars", "1 to 64"),
        ("in 99/7", "99/7.*not a meter"),
    ],
)
def test_contradictions_and_the_impossible(text: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        find_facts(text)


def test_the_words_that_say_a_fact() -> None:
    facts = find_facts("Techno at 132BPM, Am and Dm")
    assert facts.bpm is not None and facts.bpm.words == "at 132BPM"
    assert facts.key is not None and facts.key.words == "Am, Dm"

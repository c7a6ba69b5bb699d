"""Sounds that are brought to a key, and the gates that verify them."""

import numpy as np
import pytest

from samplegen.audio.key import estimate_pitch
from samplegen.audio.types import Audio, Samples
from samplegen.pack.gates import gate_key, gate_memorisation, gate_tail, judge
from samplegen.pack.keys import parse_key
from samplegen.pack.sound import Provenance, Sound, Tags
from samplegen.pack.tuning import tune_loop, tune_one_shot
from tests.pack.signals import make_one_shot

RATE = 44_100
LENGTH = 2 * RATE  # one bar at 120 BPM


def note(midi: float, *, seconds: float = 0.5) -> Samples:
    time = np.arange(round(seconds * RATE)) / RATE
    hz = 440.0 * 2.0 ** ((midi - 69.0) / 12.0)
    wave = sum(0.6**k * np.sin(2 * np.pi * k * hz * time) for k in range(1, 8))
    return np.asarray(0.2 * wave * np.minimum(1.0, 500.0 * time) * np.exp(-4.0 * time), np.float32)


def bass_loop(midi: float) -> Audio:
    return Audio(np.concatenate([note(midi)] * 4), RATE)


def asked_loop(audio: Audio, key: str, *, heard: str | None = "F") -> Sound:
    tags = Tags("loop", "loop_bass", bpm=120.0, bars=1, key=key)
    return Sound(audio, tags, Provenance("alpha_blend", parameters={"key": key, "transposition": {"heard": heard}}))


@pytest.mark.parametrize("key", ["A minor", "G", "F#m"])
def test_a_bass_loop_comes_to_the_key_and_is_verified(key: str) -> None:
    asked = parse_key(key)
    tuned = tune_loop(bass_loop(28.77), key=asked)
    assert tuned.audio.length == LENGTH
    assert abs(tuned.parameters["transposed_semitones"]) <= 6.5
    result = gate_key(asked_loop(tuned.audio, asked.name), {})
    assert result is not None and result.passed, result.reason


def test_another_key_than_asked_is_refused() -> None:
    tuned = tune_loop(bass_loop(28.77), key=parse_key("Am"))
    for other in ("Bbm", "C", "Em", "D"):
        result = gate_key(asked_loop(tuned.audio, other), {})
        assert result is not None and not result.passed and "sounds like A" in result.reason


@pytest.mark.parametrize("level", [0.0, 0.2])
def test_silence_and_noise_are_left_alone_and_refused(level: float) -> None:
    audio = Audio((level * np.random.default_rng(2).standard_normal(LENGTH)).astype(np.float32), RATE)
    tuned = tune_loop(audio, key=parse_key("Am"))
    assert tuned.parameters["heard"] is None and tuned.audio is audio
    result = gate_key(asked_loop(audio, "Am", heard=None), {})
    assert result is not None and result.reason == "It has no clear key or pitch."
    assert tune_one_shot(audio, key=parse_key("Am")).parameters["heard"] is None


@pytest.mark.parametrize("midi", [28.77, 44.6, 57.3])
def test_a_one_shot_becomes_the_nearest_tonic_within_five_cents(midi: float) -> None:
    key = parse_key("Am")
    tuned = tune_one_shot(Audio(note(midi, seconds=0.8), RATE), key=key)
    heard = estimate_pitch(tuned.audio).midi
    assert tuned.root_note is not None and tuned.root_note % 12 == 9 and abs(tuned.root_note - midi) <= 6.0
    assert heard is not None and abs(heard - tuned.root_note) < 0.05
    tags = Tags("one_shot", "bass", key="Am", root_note=tuned.root_note)
    for asked, passes in (("Am", True), ("A", True), ("A#", False)):
        parameters = {"key": asked, "transposition": dict(tuned.parameters)}
        result = gate_key(Sound(tuned.audio, tags, Provenance("alpha_blend", parameters=parameters)), {})
        assert result is not None and result.passed is passes


def test_tails_that_are_cut_or_dead_are_refused() -> None:
    good = make_one_shot()
    samples = good.audio.samples
    loudest = int(np.abs(samples[0]).argmax())
    cases = {
        "good": (samples, True),
        "cut": (samples[:, : loudest + 1], False),
        "dead": (np.pad(samples, ((0, 0), (0, RATE // 2))), False),
    }
    for case, (changed, passes) in cases.items():
        result = gate_tail(Sound(good.audio.with_samples(changed.copy()), good.tags, good.provenance), {})
        assert result is not None and result.passed is passes, case


class Nearness:
    limit = 0.5

    def __init__(self, distance: float) -> None:
        self._distance = distance

    def distance(self, sound: Sound) -> float:
        return self._distance


def test_what_a_guard_remembers_is_refused() -> None:
    sound = make_one_shot()
    near, far = judge(sound, guard=Nearness(0.2)), judge(sound, guard=Nearness(0.5))
    assert not near.passed and near.measures["memory_distance"] == 0.2 and far.passed
    assert "memory_distance" not in judge(sound).measures
    measures: dict[str, float | None] = {}
    assert gate_memorisation(sound, measures, guard=Nearness(0.6)).passed and measures == {"memory_distance": 0.6}

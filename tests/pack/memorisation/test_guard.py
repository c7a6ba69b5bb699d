"""Planted copies are found, whatever was done to them; other sounds pass."""

from types import SimpleNamespace

import numpy as np
import pytest

from samplegen.audio.types import Audio
from samplegen.errors import UsageError
from samplegen.pack.gates import judge
from samplegen.pack.memorisation import Guard, load_guard
from samplegen.pack.memorisation.guard import pictures_of
from samplegen.pack.sound import Provenance, Sound, Tags
from tests.pack.memorisation.conftest import HITS, LOOPS, OTHERS
from tests.pack.memorisation.signals import (
    BARS,
    BEATS,
    LOOP_LENGTH,
    RATE,
    as_loop,
    as_one_shot,
    at_pitch,
    hit,
    later,
    loop,
)

HIT_COPIES = {
    "same": lambda samples: samples,
    "6 dB less": lambda samples: samples / 2,
    "5 ms later": lambda samples: later(samples, ms=5.0),
    "20 cents higher": lambda samples: at_pitch(samples, cents=20.0),
    "20 cents lower": lambda samples: at_pitch(samples, cents=-20.0),
    "two semitones higher, as in training": lambda samples: at_pitch(samples, cents=200.0),
}
LOOP_COPIES = {
    "same": lambda samples: samples,
    "6 dB less": lambda samples: samples / 2,
    "5 ms later": lambda samples: np.roll(samples, round(0.005 * RATE)),
    "20 cents higher": lambda samples: at_pitch(samples, cents=20.0),
    "begun a beat later": lambda samples: np.roll(samples, -LOOP_LENGTH // (BARS * BEATS)),
    "begun in the other bar": lambda samples: np.roll(samples, -LOOP_LENGTH // BARS),
}


@pytest.mark.parametrize("change", HIT_COPIES.values(), ids=HIT_COPIES)
def test_copies_of_one_shots_are_found(guard: Guard, change) -> None:
    near = [guard.nearest(as_one_shot(change(hit(seed)))) for seed in range(HITS)]
    assert [one.index for one in near] == list(range(HITS)) and all(one.is_remembered for one in near)


@pytest.mark.parametrize("change", LOOP_COPIES.values(), ids=LOOP_COPIES)
def test_copies_of_loops_are_found(guard: Guard, change) -> None:
    near = [guard.nearest(as_loop(change(loop(seed)))) for seed in range(LOOPS)]
    assert [one.index for one in near] == list(range(LOOPS)) and all(one.is_remembered for one in near)


def test_sounds_that_are_not_known_pass(guard: Guard) -> None:
    fresh = [as_one_shot(hit(seed)) for seed in range(500, 520)] + [as_loop(loop(seed)) for seed in range(500, 520)]
    assert sum(guard.distance(sound) < guard.limit for sound in fresh) <= 2


def test_a_repeated_bar_of_a_loop_is_found(guard: Guard) -> None:
    once = np.tile(loop(3)[: LOOP_LENGTH // BARS], BARS)
    assert guard.nearest(as_loop(once)).name == "loop 3" and guard.distance(as_loop(once)) < 1.0


def test_the_gate_refuses_a_copy_and_tells_the_distance(guard: Guard) -> None:
    copied = judge(as_one_shot(hit(4) / 2), guard=guard, loudness=False)
    gate = next(result for result in copied.results if result.name == "memorisation")
    assert not gate.passed and gate.limit == 1.0 and copied.measures["memory_distance"] == gate.measured < 0.5
    fresh = judge(as_one_shot(hit(HITS + OTHERS + 1)), guard=guard, loudness=False)
    assert next(result for result in fresh.results if result.name == "memorisation").passed


def test_silence_and_very_short_sounds_have_a_distance(guard: Guard) -> None:
    for samples in (np.zeros(100, np.float32), np.zeros(1, np.float32), hit(1)[:40]):
        assert np.isfinite(guard.distance(as_one_shot(samples))) and np.isfinite(guard.distance(as_loop(samples)))


def test_stereo_at_another_rate_is_the_same_sound(guard: Guard) -> None:
    samples = at_pitch(hit(6), cents=1200.0 * np.log2(RATE / 48_000))
    stereo = Audio(np.stack([samples, samples]), 48_000)
    sound = Sound(stereo, Tags("one_shot", "kick"), Provenance("alpha_blend", "", "", "", 0, {}))
    near = guard.nearest(sound)
    assert near.index == 6 and near.is_remembered


def test_other_forms_are_refused(guard: Guard) -> None:
    riser = Sound(Audio(hit(1), RATE), Tags("riser", "riser"), Provenance("alpha_blend", "", "", "", 0, {}))
    with pytest.raises(UsageError, match="riser"):
        guard.nearest(riser)
    with pytest.raises(UsageError, match="riser"):
        pictures_of(riser)


def test_a_model_without_memory_has_no_guard(tmp_path) -> None:
    assert load_guard(SimpleNamespace(folder=None, hash="")) is None
    assert load_guard(SimpleNamespace(folder=tmp_path, hash="")) is None

"""The gate that asks what is called a riser to rise, and what is called a downlifter to fall."""

import numpy as np
import pytest

from samplegen.audio.types import Audio
from samplegen.pack.gates import judge
from samplegen.pack.sound import Provenance, Sound, Tags
from samplegen.pack.verdict import GateResult

RATE = 44_100
LENGTH = 88_200  # a bar at 120 BPM


def chirp(levels_db: list[float], hertz: list[float]) -> Audio:
    """Four quarters, each a tone of its own level and frequency."""
    time_s = np.arange(LENGTH // 4) / RATE
    parts = [10 ** (db / 20) * np.sin(2 * np.pi * hz * time_s) for db, hz in zip(levels_db, hertz, strict=True)]
    return Audio(np.concatenate(parts).astype(np.float32), RATE)


RISING = chirp([-24.0, -18.0, -9.0, -3.0], [300.0, 600.0, 1_200.0, 2_400.0])
FALLING = chirp([-3.0, -9.0, -18.0, -24.0], [2_400.0, 1_200.0, 600.0, 300.0])
DARKENING = chirp([-24.0, -18.0, -9.0, -3.0], [300.0, 600.0, 1_200.0, 900.0])


def rise_of(audio: Audio, category: str, kind: str = "riser") -> tuple[GateResult | None, set[str]]:
    tags = Tags(kind, category, bpm=120.0, bars=1)
    verdict = judge(Sound(audio, tags, Provenance("test")), loudness=False)
    found = [result for result in verdict.results if result.name == "rise"]
    return (found[0] if found else None), set(verdict.measures)


@pytest.mark.parametrize(
    ("audio", "category", "passes"),
    [
        (RISING, "riser", True),
        (FALLING, "riser", False),
        (FALLING, "downlifter", True),
        (RISING, "downlifter", False),
        (FALLING, "impact", True),
        (RISING, "impact", False),
        (DARKENING, "riser", False),
    ],
)
def test_a_name_is_a_promise(audio: Audio, category: str, passes: bool) -> None:
    result, _ = rise_of(audio, category)
    assert result is not None and result.passed is passes


def test_the_reason_names_what_does_not_rise_and_all_figures() -> None:
    result, _ = rise_of(DARKENING, "riser")
    assert result is not None
    assert result.reason.startswith("Its brightness should rise from quarter to quarter, but measures -27.0 dB 3")
    backwards, _ = rise_of(FALLING, "riser")
    assert backwards is not None and "level and brightness should rise" in backwards.reason


@pytest.mark.parametrize("audio", [RISING, FALLING, DARKENING])
def test_a_sweep_is_measured_and_not_judged(audio: Audio) -> None:
    result, measures = rise_of(audio, "sweep")
    assert result is None
    assert {f"quarter_{k}_{what}" for k in (1, 2, 3, 4) for what in ("level_db", "centroid_hz")} <= measures


def test_other_kinds_are_left_alone() -> None:
    result, measures = rise_of(FALLING, "riser", kind="texture")
    assert result is None and not any(name.startswith("quarter") for name in measures)

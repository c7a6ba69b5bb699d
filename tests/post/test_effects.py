import numpy as np
import pytest

from samplegen.post.chains import Effect
from samplegen.post.effects import EFFECTS, Choice, build_effect, delay_tail_s, reverb_tail_s


def corners(kind: str) -> list[Effect]:
    """The effect at its defaults, and with each parameter at both ends of its range."""
    effects = [Effect(kind)]
    for name, parameter in EFFECTS[kind].parameters.items():
        ends = parameter.allowed if isinstance(parameter, Choice) else (parameter.low, parameter.high)
        effects += [Effect(kind, {name: end}) for end in ends]
    return effects


@pytest.mark.parametrize("kind", EFFECTS)
@pytest.mark.parametrize("sample_rate", [8000, 44100])
def test_every_allowed_value_builds_and_stays_finite(kind: str, sample_rate: int) -> None:
    noise = np.random.default_rng(0).uniform(-0.5, 0.5, (2, 3000)).astype(np.float32)
    for effect in corners(kind):
        for loop_s in (None, 0.003, 2.0):
            process = build_effect(effect.kind, effect.values, sample_rate=sample_rate, loop_s=loop_s)
            out = process(noise)
            assert out.shape == noise.shape, effect
            assert np.isfinite(out).all(), effect


def test_a_delay_rings_as_long_as_its_tail_says() -> None:
    values = Effect("Delay", {"delay_seconds": 0.1, "feedback": 0.5, "mix": 1.0}).values
    click = np.zeros((1, 88200), np.float32)
    click[0, 0] = 1.0
    out = np.abs(build_effect("Delay", values, sample_rate=44100, loop_s=None)(click)[0])
    end = round(delay_tail_s(values) * 44100)  # 0.1 s + 0.1 s * log(0.001)/log(0.5) = 1.097 s
    assert end == pytest.approx(1.0966 * 44100, abs=5)
    assert out[end:].max() < 1.01e-3 < out[: end - 8820].max()


@pytest.mark.parametrize("room_size", [0.0, 0.5, 1.0])
def test_a_reverb_is_60_db_down_when_its_tail_says(room_size: float) -> None:
    values = Effect("Reverb", {"room_size": room_size, "damping": 0.0, "wet_level": 1.0, "dry_level": 0.0}).values
    tail = round(reverb_tail_s(values) * 44100)
    click = np.zeros((1, tail + 22050), np.float32)
    click[0, 0] = 1.0
    out = np.abs(build_effect("Reverb", values, sample_rate=44100, loop_s=None)(click)[0])
    assert out[tail:].max() < 2e-3 * out.max()

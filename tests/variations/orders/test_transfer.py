"""Orders of transfers: targets, engines, fallbacks, seeds, and what is refused."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from samplegen.audio.io import write_wav
from samplegen.audio.types import Audio
from samplegen.errors import InputError, ModelMissingError, UsageError
from samplegen.pack.duplicates import DuplicateIndex
from samplegen.variations.edits.sources import Asked
from samplegen.variations.orders.transfer import TransferOrder, TransferRequest
from tests.models import GENERATOR
from tests.variations.hit_sounds import drum


@pytest.fixture
def kick(tmp_path: Path) -> Path:
    write_wav(tmp_path / "kick.wav", drum(hz=60.0, channels=2))
    write_wav(tmp_path / "snare.wav", drum(hz=200.0, seed=2))
    return tmp_path / "kick.wav"


def order(kick: Path, **asked: Any) -> TransferOrder:
    wish = {"count": 2, "out": kick.parent / "out", "seed": 1, "inputs": (kick,), "model": GENERATOR, "to": "snare"}
    return TransferOrder(TransferRequest(**{**wish, **asked}))


@pytest.mark.parametrize("route", ["renoise", "invert"])
def test_a_kick_becomes_a_snare(tiny_models: Path, kick: Path, route: str) -> None:
    one, again = order(kick, route=route), order(kick, route=route)
    sounds = one.make([0, 1], 0)
    assert [sound.audio.samples.tobytes() for sound in sounds] == [
        sound.audio.samples.tobytes() for sound in again.make([0, 1], 0)
    ]
    assert sounds[0].audio.samples.tobytes() != sounds[1].audio.samples.tobytes()
    first = sounds[0]
    assert (first.tags.category, first.provenance.engine, first.audio.channels) == ("snare", "transfer/alpha_blend", 2)
    assert first.provenance.parameters["to"] == "snare" and first.provenance.parameters["route"] == route
    verdict = one.judge(first, index=DuplicateIndex())
    assert verdict.measures["envelope_correlation"] is not None and verdict.measures["d_env"] is not None
    assert order(kick, strength=0.5).job(0) != one.job(0)


def test_loops_become_loops_of_exact_length(tiny_models: Path, tmp_path: Path) -> None:
    loop = np.tile(drum(seconds=0.5).samples, 4)
    write_wav(tmp_path / "loop.wav", Audio(loop, 44_100))
    asked = {"inputs": (tmp_path / "loop.wav",), "count": 1, "asked": Asked(bpm=120.0, bars=1)}
    (sound,) = order(tmp_path / "loop.wav", to="bass", **asked).make([0], 0)
    assert (sound.audio.length, sound.tags.kind, sound.tags.category) == (88_200, "loop", "loop_bass")
    with pytest.raises(InputError, match="is a loop, and cannot become 'snare'"):
        order(tmp_path / "loop.wav", to="snare", **asked).make([0], 0)


def test_cross_synthesis_is_the_fallback_with_a_sound(kick: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str, **_: object) -> None:
        raise ModelMissingError(f"No model {name}.")

    monkeypatch.setattr("samplegen.engines.alpha_blend.load_generator", missing)
    like = {"to": None, "like": kick.parent / "snare.wav", "model": None}
    one = order(kick, **like)
    (sound, _) = one.make([0, 1], 0)
    assert sound.provenance.engine == "transfer/cross" and "fallback 'cross'" in one.notes[0]
    assert one.judge(sound, index=DuplicateIndex()).measures["envelope_correlation"] > 0.5  # type: ignore[operator]
    with pytest.raises(ModelMissingError):
        order(kick, model=None)  # a kind alone has no voice to cross with


@pytest.mark.parametrize(
    ("asked", "said"),
    [({"to": "kazoo"}, "--to 'kazoo' is no kind"), ({"to": None}, "Say what"), ({"strength": 0.0}, "--strength 0"),
     ({"route": "round"}, "--route 'round'"), ({"engine": "msdae"}, "multi-scale"), ({"engine": "phase"}, "phase"),
     ({"engine": "cross"}, "needs a sound"), ({"engine": "magic"}, "--engine 'magic'")],
)  # fmt: skip
def test_requests_without_sense(tiny_models: Path, kick: Path, asked: dict[str, Any], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        order(kick, **asked)


def test_inputs_of_no_use(tiny_models: Path, kick: Path) -> None:
    silent, long = kick.parent / "silent.wav", kick.parent / "long.wav"
    write_wav(silent, Audio(np.zeros((1, 4000), np.float32), 44_100))
    write_wav(long, Audio(np.full((1, 8000 * 1800), 0.1, np.float32), 8000))
    for path, said in ((silent, "is silent"), (long, "longer than")):
        with pytest.raises(InputError, match=said):
            order(path).make([0, 1], 0)
    for like, said in ((silent, "is silent"), (kick.parent / "none.wav", "not a file")):
        with pytest.raises(InputError, match=said):
            order(kick, to=None, like=like, engine="cross", model=None)
    with pytest.raises(UsageError, match="cannot hear"):
        order(kick, to=None, like=kick)

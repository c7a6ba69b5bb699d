"""Orders of takes: which hit, layer and take, whole folders, same seeds same bytes, what is refused."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from samplegen.audio.io import write_wav
from samplegen.audio.types import Audio
from samplegen.errors import InputError, ModelMissingError, UsageError
from samplegen.pack.duplicates import DuplicateIndex
from samplegen.variations.orders.humanize import HumanizeOrder, HumanizeRequest
from tests.models import GENERATOR
from tests.variations.hit_sounds import drum


@pytest.fixture
def kit(tmp_path: Path) -> Path:
    write_wav(tmp_path / "kit" / "snare.wav", drum(seconds=0.2))
    write_wav(tmp_path / "kit" / "deep" / "er" / "BD 1.wav", drum(seconds=0.2, hz=60.0, seed=1, channels=2))
    return tmp_path / "kit"


def request(out: Path, *inputs: Path, **asked: Any) -> HumanizeRequest:
    return HumanizeRequest(**{"count": 2, "out": out, "seed": 1, "inputs": inputs, "engine": "velvet", **asked})


def test_hits_layers_and_takes_in_order(kit: Path, tmp_path: Path) -> None:
    order = HumanizeOrder(request(tmp_path, kit, layers=2))
    assert (order.count, order.block % 4) == (8, 0)
    sounds = order.make(range(8), 0)
    placed = [tuple(sound.provenance.parameters[name] for name in ("source", "layer", "take")) for sound in sounds]
    assert placed == [(name, layer, take) for name in ("snare", "BD 1") for layer in (1, 2) for take in (1, 2)]
    first, last = sounds[0], sounds[-1]
    assert first.provenance.parameters["velocity"] == [1, 63] and last.provenance.parameters["velocity"] == [64, 127]
    assert (first.tags.category, first.tags.folder) == ("snare", "")
    assert (last.tags.category, last.tags.folder, last.audio.channels) == ("kick", "deep/er", 2)
    assert last.tags.place == "BD-1-v2-t02"
    levels = [float(np.square(sound.audio.samples).sum()) for sound in sounds]
    assert max(levels[:2]) < min(levels[2:4])
    assert len({order.job(index) for index in range(8)}) == 8
    assert first.provenance.engine == "humanize/velvet" and "baseline" in order.notes[0]


def test_seeds_and_attempts(kit: Path, tmp_path: Path) -> None:
    order, again = (HumanizeOrder(request(tmp_path, kit)) for _ in range(2))
    first, repeated = order.make([0, 1], 0), again.make([0, 1], 0)
    redrawn = order.make([0, 1], 1)
    assert [sound.audio.samples.tobytes() for sound in first] == [sound.audio.samples.tobytes() for sound in repeated]
    assert first[0].audio.samples.tobytes() != redrawn[0].audio.samples.tobytes()
    assert HumanizeOrder(request(tmp_path, kit, seed=2)).job(0) != order.job(0)


def test_verdicts_belong_to_the_takes(kit: Path, tmp_path: Path) -> None:
    order = HumanizeOrder(request(tmp_path, kit))
    for sound in order.make([0, 1], 0):
        verdict = order.judge(sound, index=DuplicateIndex())
        assert {"length", "onset", "attack"} <= {result.name for result in verdict.results}
        assert verdict.measures["source_db"] is not None
    assert 0.0 <= order.acceptance <= 1.0


def test_models_without_a_table_say_so(tiny_models: Path, kit: Path, tmp_path: Path) -> None:
    order = HumanizeOrder(request(tmp_path, kit / "snare.wav", engine="alpha", model=GENERATOR))
    (first, second) = order.make([0, 1], 0)
    assert any("not calibrated" in note for note in order.notes)
    assert first.provenance.engine == "humanize/alpha_blend" and first.provenance.model == GENERATOR
    assert first.audio.length == second.audio.length == 8820
    assert first.audio.samples.tobytes() != second.audio.samples.tobytes()


def test_without_a_model(kit: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str, **_: object) -> None:
        raise ModelMissingError(f"No model {name}.")

    monkeypatch.setattr("samplegen.engines.alpha_blend.load_generator", missing)
    order = HumanizeOrder(request(tmp_path, kit, engine="auto"))
    assert order.engine.name == "humanize/velvet" and "Made without a model" in order.notes[0]
    with pytest.raises(ModelMissingError):
        HumanizeOrder(request(tmp_path, kit, engine="alpha"))


def test_one_useless_hit_is_named(tmp_path: Path) -> None:
    write_wav(tmp_path / "silent.wav", Audio(np.zeros((1, 4000), np.float32), 44_100))
    order = HumanizeOrder(request(tmp_path, tmp_path / "silent.wav"))
    with pytest.raises(InputError, match=r"silent\.wav is silent"):
        order.make([0, 1], 0)


@pytest.mark.parametrize(
    ("asked", "said"),
    [({"engine": "magic"}, "--engine"), ({"kind": "kazoo"}, "--kind 'kazoo'"), ({"amount": -1.0}, "--amount"),
     ({"count": 500}, "-n 500"), ({"layers": 0}, "--layers")],
)  # fmt: skip
def test_requests_without_sense(kit: Path, tmp_path: Path, asked: dict[str, Any], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        HumanizeOrder(request(tmp_path, kit, **asked))

"""Orders of tweaks: engines and what they reached, words, parts, loops, and what is refused."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from samplegen.audio.io import write_wav
from samplegen.audio.types import Audio
from samplegen.errors import InputError, ModelMissingError, UsageError
from samplegen.pack.duplicates import DuplicateIndex
from samplegen.variations.edits.alignment import attack_slice
from samplegen.variations.edits.sources import Asked
from samplegen.variations.orders.tweak import TweakOrder, TweakRequest
from tests.models import GENERATOR
from tests.variations.hit_sounds import drum


@pytest.fixture
def slam(tmp_path: Path) -> Path:
    write_wav(tmp_path / "slam.wav", drum(channels=2))
    return tmp_path / "slam.wav"


def order(path: Path, **asked: Any) -> TweakOrder:
    wish = {"count": 1, "out": path.parent / "out", "seed": 1, "inputs": (path,), "engine": "dsp",
            "sliders": {"body": -0.5}}  # fmt: skip
    return TweakOrder(TweakRequest(**{**wish, **asked}))


def test_dsp_says_what_it_reached(slam: Path) -> None:
    one, again = order(slam), order(slam)
    (sound,), (repeated,) = one.make([0], 0), again.make([0], 0)
    assert sound.audio.samples.tobytes() == repeated.audio.samples.tobytes()
    assert (sound.provenance.engine, sound.audio.channels) == ("tweak/dsp", 2)
    assert sound.provenance.parameters["moved_by"] == {"body": "dsp"}
    measures = one.judge(sound, index=DuplicateIndex()).measures
    assert measures["moved_body"] == pytest.approx(-0.5, abs=0.2) and measures["d_spec"] is not None
    assert one.reached[0].startswith("slam: body -0.") and "(dsp)" in one.reached[0]
    assert order(slam, sliders={"body": 0.4}).job(0) != one.job(0)


def test_a_model_without_clap_leaves_all_to_dsp(tiny_models: Path, slam: Path) -> None:
    one = order(slam, engine="auto", model=GENERATOR)
    (sound,) = one.make([0], 0)
    assert sound.provenance.engine == "tweak/alpha_blend" and sound.provenance.model == GENERATOR
    assert sound.provenance.parameters["moved_by"] == {"body": "dsp"}
    assert any("DSP does all" in note for note in one.notes)
    with pytest.raises(UsageError, match="no CLAP"):
        order(slam, engine="alpha", model=GENERATOR)


def test_without_a_model(slam: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str, **_: object) -> None:
        raise ModelMissingError(f"No model {name}.")

    monkeypatch.setattr("samplegen.engines.alpha_blend.load_generator", missing)
    one = order(slam, engine="auto", text="darker", sliders={}, amount=0.6)
    (sound,) = one.make([0], 0)
    assert sound.provenance.engine == "tweak/dsp" and "fallback 'dsp'" in one.notes[0]
    assert sound.provenance.parameters["asked"] == {"brightness": -0.6}
    with pytest.raises(ModelMissingError):
        order(slam, engine="alpha")


def test_the_tail_alone(slam: Path) -> None:
    (sound,) = order(slam, only="tail", sliders={"decay": -0.5}).make([0], 0)
    source = drum(channels=2)
    early = attack_slice(source)
    # What is written had 24 bits.
    np.testing.assert_allclose(sound.audio.samples[:, : early.stop], source.samples[:, : early.stop], atol=1e-5)
    assert np.abs(sound.audio.samples - source.samples).max() > 1e-3


def test_loops_stay_loops(tmp_path: Path) -> None:
    write_wav(tmp_path / "loop.wav", Audio(np.tile(drum(seconds=0.5).samples, 4), 44_100))
    asked = {"asked": Asked(bpm=120.0, bars=1), "sliders": {"brightness": -0.4}}
    (sound,) = order(tmp_path / "loop.wav", **asked).make([0], 0)
    assert (sound.audio.length, sound.tags.kind) == (88_200, "loop")
    with pytest.raises(InputError, match="--attack is for single sounds"):
        order(tmp_path / "loop.wav", **{**asked, "sliders": {"attack": 1.0}}).make([0], 0)


@pytest.mark.parametrize(
    ("asked", "said"),
    [({"sliders": {}}, "Say what to change"), ({"sliders": {"body": 9.0}}, "--body 9"), ({"only": "middle"}, "--only"),
     ({"sliders": {"loudness": 1.0}}, "no slider"), ({"amount": 0.0, "text": "dark"}, "--amount"),
     ({"strength": 2.0}, "--strength"), ({"sliders": {}, "text": "zorgy"}, "says nothing"),
     ({"engine": "magic"}, "--engine")],
)  # fmt: skip
def test_requests_without_sense(slam: Path, asked: dict[str, Any], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        order(slam, **asked)


def test_inputs_of_no_use(slam: Path) -> None:
    silent = slam.parent / "silent.wav"
    write_wav(silent, Audio(np.zeros((1, 4000), np.float32), 44_100))
    with pytest.raises(InputError, match="is silent"):
        order(silent).make([0], 0)

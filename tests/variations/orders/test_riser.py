"""Orders of risers: which recording, which seed, which tags, and what is refused before anything is made."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from samplegen.audio.io import write_wav
from samplegen.audio.types import Audio
from samplegen.errors import InputError, UsageError
from samplegen.pack.licence import SOURCE_LICENCE
from samplegen.variations.orders.riser import RiserOrder, RiserRequest
from tests.variations.signals import RATE, stab


def request(out: Path, **asked: Any) -> RiserRequest:
    return RiserRequest(**{"count": 2, "out": out, "seed": 1, "bpm": 180.0, "bars": 1, **asked})


@pytest.fixture
def recordings(tmp_path: Path) -> Path:
    for name, seed in (("a.wav", 0), ("b.wav", 1)):
        write_wav(tmp_path / "in" / name, stab(seconds=0.7, seed=seed))
    return tmp_path / "in"


def test_noise_is_free_and_tagged(tmp_path: Path) -> None:
    order = RiserOrder(request(tmp_path, count=3))
    assert order.count == 3
    first, second = order.make([0, 1], 0)
    assert (first.tags.kind, first.tags.category, first.tags.bpm, first.tags.bars) == ("riser", "riser", 180.0, 1)
    assert first.tags.key is None and first.tags.keywords == ("riser", "up", "noise")
    assert (first.provenance.engine, first.provenance.licence) == ("riser/noise", "CC0-1.0")
    assert first.provenance.seed != second.provenance.seed
    assert first.audio.length == first.tags.length_at(RATE)


def test_every_recording_has_its_own_variations(recordings: Path, tmp_path: Path) -> None:
    order = RiserOrder(request(tmp_path, inputs=(recordings,), direction="down"))
    assert order.count == 4
    sounds = order.make([1, 2], 0)
    assert [sound.provenance.parameters["source"] for sound in sounds] == ["a.wav", "b.wav"]
    assert [sound.provenance.parameters["variation"] for sound in sounds] == [1, 0]
    assert all(len(sound.provenance.parameters["source_sha256"]) == 64 for sound in sounds)
    assert {sound.provenance.licence for sound in sounds} == {SOURCE_LICENCE}
    assert {sound.provenance.engine for sound in sounds} == {"morph_chain"}
    assert {sound.tags.category for sound in sounds} == {"downlifter"}
    assert len({order.job(index) for index in range(4)}) == 4
    assert order.label(1).endswith("a.wav, riser 2")


def test_attempts_differ_and_orders_repeat(tmp_path: Path) -> None:
    order, again = RiserOrder(request(tmp_path)), RiserOrder(request(tmp_path))
    first, redrawn, repeated = order.make([0], 0)[0], order.make([0], 1)[0], again.make([0], 0)[0]
    assert first.audio.samples.tobytes() == repeated.audio.samples.tobytes()
    assert first.provenance == repeated.provenance and order.job(0) == again.job(0)
    assert first.audio.samples.tobytes() != redrawn.audio.samples.tobytes()


def test_jobs_know_what_was_asked(tmp_path: Path) -> None:
    asked: list[dict[str, Any]] = [
        {}, {"pitch": 1.0}, {"level_curve": "power:2"}, {"direction": "down"}, {"stereo": False}, {"bars": 2},
        {"fx": "punch"}, {"brightness_hz": (200.0, 900.0)}, {"seed": 2},
    ]  # fmt: skip
    assert len({RiserOrder(request(tmp_path, **values)).job(0) for values in asked}) == len(asked)


def test_hardware_is_made_at_its_own_rate(tmp_path: Path) -> None:
    (sound,) = RiserOrder(request(tmp_path, hardware=True, bpm=174.3)).make([0], 0)
    assert sound.audio.sample_rate == 48_000
    assert sound.audio.length == 66_093  # 4 beats of 60 · 48000 / 174.3 samples


@pytest.mark.parametrize("direction", ["up", "impact"])
def test_effects_keep_the_length_and_the_edges(tmp_path: Path, direction: str) -> None:
    (sound,) = RiserOrder(request(tmp_path, fx="wide", direction=direction)).make([0], 0)
    assert sound.audio.length == 58_800
    assert np.abs(sound.audio.samples[:, -1]).max() == 0.0
    assert np.abs(sound.audio.samples).max() == pytest.approx(10 ** (-1 / 20), rel=1e-4)
    assert sound.provenance.parameters["fx"] == "wide"


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"origin": "morph"}, "--from morph needs a recording"),
        ({"origin": "phase"}, "--from phase needs a recording"),
        ({"bars": 0}, "0 bars"),
        ({"level_curve": "steep"}, "--level-curve 'steep'"),
        ({"brightness_curve": "0:0"}, "--brightness-curve '0:0'"),
        ({"density_curve": "power:-1"}, "--density-curve 'power:-1'"),
        ({"bars": 64, "bpm": 60.0, "meter": (16, 4)}, "may last 300"),
        ({"pitch": 50.0}, "--pitch 50"),
        ({"fx": "glitter"}, "glitter"),
    ],
)
def test_requests_without_sense(tmp_path: Path, asked: dict[str, Any], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        RiserOrder(request(tmp_path, **asked))


def test_noise_takes_no_recording(recordings: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="--from noise takes no recording"):
        RiserOrder(request(tmp_path, inputs=(recordings,), origin="noise"))


@pytest.mark.parametrize(
    ("samples", "said"),
    [(np.zeros((1, 20_000)), "silent"), (np.ones((1, 2_000)) * 0.1, "0.045 s"), (np.zeros((2, 0)), "no ")],
)
def test_recordings_of_no_use(tmp_path: Path, samples: Any, said: str) -> None:
    path = tmp_path / "useless.wav"
    write_wav(path, Audio(samples.astype(np.float32), RATE))
    for origin in ("morph", "phase"):
        with pytest.raises(InputError, match=said) as caught:
            RiserOrder(request(tmp_path, inputs=(path,), origin=origin)).make([0], 0)
        assert "useless.wav" in str(caught.value) and "\n" not in str(caught.value)

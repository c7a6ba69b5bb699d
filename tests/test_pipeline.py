"""From a request to a pack with the tiny generator: same bytes, resumed runs, redraws, and what is refused.

The tiny generator makes noise that no gate would pass, so a lenient judge stands in for the gates.
"""

import json
import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from samplegen.errors import InputError, ModelError, OutputError, UsageError
from samplegen.files import hash_file
from samplegen.pack import orders
from samplegen.pack.duplicates import DuplicateIndex
from samplegen.pack.export import PackWriter
from samplegen.pack.gates import gate_length, gate_peak
from samplegen.pack.loop_order import LoopOrder
from samplegen.pack.one_shot_order import OneShotOrder
from samplegen.pack.orders import derive_seed
from samplegen.pack.sound import Sound
from samplegen.pack.verdict import GateResult, Verdict
from samplegen.pipeline import LoopRequest, OneShotRequest, make_loops, make_one_shots
from samplegen.units import bars_to_samples
from tests.models import GENERATOR, change_config

LOOP: dict[str, Any] = {"bpm": 174.3, "bars": 1, "model": GENERATOR, "seed": 7, "kind": "drums"}


def lenient(sound: Sound, *, index: DuplicateIndex) -> Verdict:
    """Length and peak are judged, nearness is measured."""
    neighbour = index.nearest(sound)
    measures: dict[str, float | None] = {"nearest_db": neighbour.distance_db if neighbour else None}
    results = [gate(sound, measures) for gate in (gate_length, gate_peak)]
    return Verdict(tuple(result for result in results if result is not None), measures)


def moody(sound: Sound, *, index: DuplicateIndex) -> Verdict:
    """Refuses about half of all draws, by their seeds alone."""
    verdict = lenient(sound, index=index)
    passed = sound.provenance.seed % 2 == 0
    mood = GateResult("mood", passed, None, None, "" if passed else "It is not in the mood.")
    return Verdict((*verdict.results, mood), verdict.measures)


@pytest.fixture(autouse=True)
def _lenient(tiny_models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(orders, "judge", lenient)
    monkeypatch.setattr(LoopOrder, "block", 3)
    monkeypatch.setattr(OneShotOrder, "block", 3)


def loops(out: Path, **changes: Any) -> LoopRequest:
    return LoopRequest(**{**LOOP, "count": 2, "out": out, **changes})


def shots(out: Path, **changes: Any) -> OneShotRequest:
    values = {"count": 3, "out": out, "model": GENERATOR, "seed": 7, "kinds": ("kick", "snare"), **changes}
    return OneShotRequest(**values)


def hashes(folder: Path) -> dict[str, str]:
    return {path.relative_to(folder).as_posix(): hash_file(path) for path in folder.rglob("*") if path.is_file()}


def entries(folder: Path) -> list[dict[str, Any]]:
    files = json.loads((folder / "manifest.json").read_text("utf-8"))["files"]
    return sorted(files, key=lambda entry: entry["parameters"]["index"])


def test_loops_are_exact_and_told(tmp_path: Path) -> None:
    told: list[tuple[float, float | None]] = []
    result = make_loops(loops(tmp_path / "pack", count=4, progress=lambda done, total: told.append((done, total))))
    assert told == [(3, 4), (4, 4)]
    assert (result.seed, result.redraws, result.missing, len(result.files)) == (7, 0, (), 4)
    expected = bars_to_samples(1, bpm=174.3, sample_rate=44_100)
    for path, entry in zip(result.files, entries(result.folder), strict=True):
        info = soundfile.info(result.folder / path)
        assert (info.frames, info.samplerate, info.subtype, info.channels) == (expected, 44_100, "PCM_24", 1)
        assert entry["path"] == path.as_posix() and entry["parameters"]["kind"] == "loop_drums"
    assert len({entry["seed"] for entry in entries(result.folder)}) == 4
    assert not list(result.folder.rglob(".*"))


@pytest.mark.parametrize(("make", "request_of"), [(make_loops, loops), (make_one_shots, shots)])
def test_same_command_same_bytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, make: Callable[..., object], request_of: Callable[..., Any]
) -> None:
    monkeypatch.setattr(orders, "judge", moody)
    for name in ("one", "two"):
        make(request_of(tmp_path / name / "pack"))
    first = hashes(tmp_path / "one" / "pack")
    assert len(first) >= 4 and first == hashes(tmp_path / "two" / "pack")
    make(request_of(tmp_path / "three" / "pack", seed=8))
    assert set(first.values()).isdisjoint(set(hashes(tmp_path / "three" / "pack").values()) - {first["LICENSE.txt"]})


def test_without_a_seed_one_is_drawn_and_told(tmp_path: Path) -> None:
    first, second = (make_loops(loops(tmp_path / name, count=1, seed=None)) for name in ("one", "two"))
    assert first.seed != second.seed
    assert entries(first.folder)[0]["seed"] == derive_seed(first.seed, 0, 0)


class Interrupting:
    """Ctrl-C when a writer is about to add one sound too many."""

    def __init__(self, after: int, monkeypatch: pytest.MonkeyPatch) -> None:
        self.left, add = after, PackWriter.add

        def interrupted(writer: PackWriter, *args: Any, **kwargs: Any) -> Any:
            if self.left == 0:
                raise KeyboardInterrupt
            self.left -= 1
            return add(writer, *args, **kwargs)

        monkeypatch.setattr(PackWriter, "add", interrupted)


@pytest.mark.parametrize(("after", "hardware"), [(0, False), (1, True), (3, False), (4, False)])
def test_an_interrupted_run_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, after: int, hardware: bool
) -> None:
    monkeypatch.setattr(orders, "judge", moody)
    whole, broken = (loops(tmp_path / name / "pack", count=5, hardware=hardware) for name in ("whole", "broken"))
    result = make_loops(whole)
    assert result.redraws > 0
    with monkeypatch.context() as patch:
        Interrupting(after, patch)
        with pytest.raises(KeyboardInterrupt):
            make_loops(broken)
    left = list(broken.out.rglob("*.wav"))
    assert len(left) == after and not (broken.out / "manifest.json").exists()
    before = {path: path.stat().st_mtime_ns for path in left}
    again = make_loops(broken)
    assert again.files == result.files
    assert {path: path.stat().st_mtime_ns for path in left} == before
    assert hashes(broken.out) == hashes(whole.out)


def test_a_finished_pack_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = make_loops(loops(tmp_path / "pack"))
    before = hashes(first.folder)
    monkeypatch.setattr("samplegen.pack.loop_order.LoopOrder.make", lambda *_: pytest.fail("drew again"))
    again = make_loops(loops(tmp_path / "pack"))
    assert again.files == first.files and again.redraws == 0 and hashes(first.folder) == before


def test_two_commands_fill_one_pack(tmp_path: Path) -> None:
    make_loops(loops(tmp_path / "pack"))
    make_one_shots(shots(tmp_path / "pack"))
    kinds = [entry["kind"] for entry in json.loads((tmp_path / "pack" / "manifest.json").read_text())["files"]]
    assert sorted(kinds) == ["loop"] * 2 + ["one_shot"] * 3


def test_redraws_use_a_new_seed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(orders, "judge", moody)
    result = make_loops(loops(tmp_path / "pack", count=6))
    made = entries(result.folder)
    assert result.redraws == sum(entry["redraws"] for entry in made) > 0
    for entry in made:
        assert entry["seed"] == derive_seed(7, entry["parameters"]["index"], entry["redraws"])
        assert "mood" in entry["gates"]


def test_what_no_attempt_could_make_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def picky(sound: Sound, *, index: DuplicateIndex) -> Verdict:
        passed = sound.provenance.parameters["index"] != 1
        return Verdict((GateResult("taste", passed, None, None, "" if passed else "It is dull."),), {})

    monkeypatch.setattr(orders, "judge", picky)
    monkeypatch.setattr(LoopOrder, "attempts", 2)
    result = make_loops(loops(tmp_path / "pack", count=3))
    assert (len(result.files), result.redraws, result.missing) == (2, 2, ("sound 2: It is dull.",))
    monkeypatch.setattr(orders, "judge", lambda sound, index: Verdict((GateResult("x", False, 0, 0, "No."),), {}))
    with pytest.raises(ModelError, match=r"None of 1 sounds of generator-tiny passed the gates \(sound 1: No\.\)"):
        make_loops(loops(tmp_path / "nothing", count=1))
    assert not (tmp_path / "nothing").exists()


def test_what_is_judged_is_what_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    judged: list[Sound] = []

    def listening(sound: Sound, *, index: DuplicateIndex) -> Verdict:
        judged.append(sound)
        return lenient(sound, index=index)

    monkeypatch.setattr(orders, "judge", listening)
    result = make_loops(loops(tmp_path / "pack", hardware=True))
    expected = bars_to_samples(1, bpm=174.3, sample_rate=48_000)
    assert len(judged) == len(result.files)
    for path in result.files:
        info = soundfile.info(result.folder / path)
        assert (info.frames, info.samplerate, info.subtype) == (expected, 48_000, "PCM_16")
        samples, _ = soundfile.read(result.folder / path, dtype="float32", always_2d=True)
        # Threads judge in any order. What is written is dithered.
        assert sum(np.allclose(samples.T, sound.audio.samples, rtol=0.0, atol=2.5 * 2.0**-15) for sound in judged) == 1


def test_nearness_is_measured_on_what_lies_in_the_pack(tmp_path: Path) -> None:
    result = make_loops(loops(tmp_path / "pack"))
    nearest = [entry["measures"]["nearest_db"] for entry in entries(result.folder)]
    assert nearest[0] is None and nearest[1] > 0
    changed = make_loops(loops(tmp_path / "pack", seed=8, count=1))
    (added,) = [entry for entry in entries(changed.folder) if entry["path"] == changed.files[0].as_posix()]
    assert added["measures"]["nearest_db"] > 0


@pytest.mark.parametrize(("fx", "channels"), [("punch", 1), ("wide", 2)])
def test_effects_keep_the_length(tmp_path: Path, fx: str, channels: int) -> None:
    plain, wet = (make_loops(loops(tmp_path / str(name), count=1, fx=name)) for name in (None, fx))
    info = soundfile.info(wet.folder / wet.files[0])
    assert (info.frames, info.channels) == (bars_to_samples(1, bpm=174.3, sample_rate=44_100), channels)
    assert entries(wet.folder)[0]["parameters"]["fx"] == fx and entries(plain.folder)[0]["parameters"]["fx"] is None
    assert hash_file(wet.folder / wet.files[0]) != hash_file(plain.folder / plain.files[0])


def test_one_shots_of_every_kind_in_turn(tmp_path: Path) -> None:
    result = make_one_shots(shots(tmp_path / "pack", kinds=(), count=4, fx="clean"))
    assert [entry["parameters"]["kind"] for entry in entries(result.folder)] == ["kick", "snare", "bass", "kick"]
    for path in result.files:
        samples, _ = soundfile.read(result.folder / path, dtype="float32")
        assert 0 < len(samples) and np.abs(samples).max() <= 10 ** (-0.3 / 20) + 1e-6


def test_a_prompt_chooses(tmp_path: Path) -> None:
    result = make_loops(loops(tmp_path / "a", kind=None, prompt="dark techno bassline, blorp", count=1))
    parameters = entries(result.folder)[0]["parameters"]
    assert (parameters["style"], "dark" in parameters["words"], result.unknown_words) == ("techno", True, ("blorp",))
    result = make_one_shots(shots(tmp_path / "b", kinds=(), prompt="short snare", count=2))
    assert {entry["parameters"]["kind"] for entry in entries(result.folder)} == {"snare"}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"key": "Am"}, "--key Am means nothing to these kinds: drums. Kinds with a key: bass, chord"),
        ({"kind": "kazoo"}, "--kind 'kazoo' is not known. Choose one of drums, bass"),
        ({"style": "polka"}, "--style 'polka' is not known. Choose one of house, techno"),
        ({"prompt": "blorp zzz"}, 'understands no word of --prompt "blorp zzz"'),
        ({"bpm": 50.0}, "--bpm 50 is outside what generator-tiny was trained on: 60 to 200"),
        ({"bpm": 200.5}, "--bpm 200.5 is outside"),
        ({"fx": "sparkle"}, "no effect chain 'sparkle'"),
        ({"template": "{nonsense}"}, "nonsense"),
    ],
)
def test_loops_that_are_refused(tmp_path: Path, changes: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        make_loops(loops(tmp_path / "pack", **changes))
    assert not (tmp_path / "pack").exists()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"key": "Am", "kinds": ("snare",)}, "--key Am means nothing to these kinds: snare"),
        ({"kinds": ("kick", "kazoo")}, "--kind 'kazoo' is not known. Choose one of kick, snare, bass"),
        ({"style": "polka"}, "--style 'polka'"),
        ({"prompt": "blorp"}, "understands no word"),
    ],
)
def test_one_shots_that_are_refused(tmp_path: Path, changes: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        make_one_shots(shots(tmp_path / "pack", **changes))
    assert not (tmp_path / "pack").exists()


def test_a_narrower_model(own_models: Path, tmp_path: Path) -> None:
    change_config(own_models / GENERATOR, description={"low_bpm": 100.0, "high_bpm": 150.0, "kinds": []})
    with pytest.raises(UsageError, match="--bpm 174.3 is outside what generator-tiny was trained on: 100 to 150"):
        make_loops(loops(tmp_path / "pack"))
    with pytest.raises(UsageError, match="generator-tiny makes no one-shots"):
        make_one_shots(shots(tmp_path / "pack", kinds=()))
    change_config(own_models / GENERATOR, description={"loop_kinds": []})
    with pytest.raises(UsageError, match="generator-tiny makes no loops"):
        make_loops(loops(tmp_path / "pack", kind=None, bpm=120.0))


@pytest.fixture
def _full_disk(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Two files fit."""
    done, sync = [0], os.fsync

    def full(descriptor: int) -> None:
        done[0] += 1
        if done[0] > 4:  # a sound and its line in the journal are one sync each
            raise OSError(28, "No space left on device")
        sync(descriptor)

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        yield


def test_a_full_disk_leaves_whole_files(tmp_path: Path, _full_disk: None) -> None:
    with pytest.raises(OutputError, match="No space left on device"):
        make_loops(loops(tmp_path / "pack", count=3))
    left = [path for path in (tmp_path / "pack").rglob("*") if path.is_file()]
    assert sorted(path.suffix for path in left) == [".jsonl", ".wav", ".wav"]
    assert all(soundfile.info(path).frames for path in left if path.suffix == ".wav")


def test_a_folder_that_cannot_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def denied(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    (tmp_path / "pack").mkdir()
    monkeypatch.setattr(tempfile, "mkstemp", denied)
    with pytest.raises(OutputError, match="Permission denied. Choose another folder with --out"):
        make_loops(loops(tmp_path / "pack", count=1))


def test_a_file_in_the_way(tmp_path: Path) -> None:
    (tmp_path / "pack").write_text("mine")
    for out in (tmp_path / "pack", tmp_path / "pack" / "inside"):
        with pytest.raises(InputError):
            make_loops(loops(out, count=1))
    assert (tmp_path / "pack").read_text() == "mine"

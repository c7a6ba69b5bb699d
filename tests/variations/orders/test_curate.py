"""Curated packs with tiny models: bytes, resumed runs, rounds of feedback, favourites, the fallback, bad input.

The tiny generators make noise that no gate would pass, so a lenient judge stands in for the gates.
"""

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from samplegen.audio.types import Audio
from samplegen.building.curated import build_curated
from samplegen.errors import InputError, ModelMissingError, UsageError
from samplegen.files import hash_file
from samplegen.pack.artwork import make_artwork
from samplegen.pack.manifest import Manifest, read_manifest
from samplegen.pack.sound import Provenance, Sound, Tags
from samplegen.pack.verdict import GateResult, Verdict
from samplegen.variations import curate
from samplegen.variations.curate import Candidate, Drawer, judge_artefacts
from samplegen.variations.curating import choice, recombination
from samplegen.variations.curating.request import CurateRequest
from samplegen.variations.curating.rounds import NAME, read_curation
from samplegen.variations.curating.store import FOLDER
from samplegen.variations.orders.curate import CurateOrder
from tests.models import GENERATOR
from tests.pack.signals import hit
from tests.text_models import TEXT_GENERATOR


@pytest.fixture(autouse=True)
def _lenient(text_models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (curate, recombination):
        monkeypatch.setattr(module, "judge", lambda sound, guard=None: Verdict((), {"lufs": -12.0}))
    monkeypatch.setattr(curate, "MIN_CLASS_PROBABILITY", 0.0)
    monkeypatch.setattr(curate, "BLOCK", 4)
    monkeypatch.setattr("samplegen.variations.orders.curate.BLOCK", 4)
    monkeypatch.setattr("samplegen.building.curated.make_artwork", partial(make_artwork, size_px=48))
    monkeypatch.setattr(choice, "min_distance_db", lambda kind: 0.01)


@pytest.fixture
def favourites(tmp_path: Path) -> Path:
    folder = tmp_path / "favourites"
    folder.mkdir()
    for number, (name, hz) in enumerate((("kick", 60.0), ("snare", 190.0))):
        soundfile.write(folder / f"my {name}.wav", hit(9000, seed=number, hz=hz), 44_100)
    return folder


def plan(out: Path, **changes: Any) -> CurateOrder:
    asked = {"count": 4, "kinds": ("kick", "snare"), "model": TEXT_GENERATOR, "seed": 5, "oversample": 2}
    return CurateOrder(CurateRequest(out=out, **{**asked, **changes}))


def manifest_of(out: Path) -> Manifest:
    manifest = read_manifest(out)
    assert manifest is not None
    return manifest


def vote(out: Path, path: Path, *, keep: int, reject: int) -> Path:
    """Votes on the first sounds of the manifest."""
    manifest = manifest_of(out)
    told = [{"path": one.path, "sha256": one.sha256, "job": one.job} for one in manifest.files]
    lists = {"keep": told[:keep], "reject": told[keep : keep + reject]}
    path.write_text(json.dumps({"format": "samplegen-votes", "version": 1, "pack": manifest.name, **lists}))
    return path


def hashes(out: Path) -> dict[str, str]:
    return {str(path.relative_to(out)): hash_file(path) for path in sorted(out.rglob("*")) if path.is_file()}


def test_a_pack_with_page_map_and_provenance_and_the_same_bytes_again(tmp_path: Path) -> None:
    result = build_curated(plan(tmp_path / "one" / "pack"))
    assert len(result.files) == 4
    out = result.folder
    manifest = manifest_of(out)
    assert sorted(one.category for one in manifest.files) == ["kick", "kick", "snare", "snare"]
    for entry in manifest.files:
        assert entry.engine == "curate/alpha_blend" and entry.model_hash and "latent_energy" in entry.measures
        assert {"class", "artefacts"} <= set(entry.gates) and entry.parameters["method"] == "condition"
    assert {"map.png", "artwork.png", "audition.html", NAME} == {made.path for made in manifest.companions}
    told = json.loads((out / NAME).read_text("utf-8"))
    assert told["rounds"][0]["drawn"] == 8 and set(told["places"]) == {one.path for one in manifest.files}
    assert not (out / FOLDER).exists()
    build_curated(plan(tmp_path / "two" / "pack"))
    assert hashes(tmp_path / "one" / "pack") == hashes(tmp_path / "two" / "pack")
    other = build_curated(plan(tmp_path / "pack", seed=6))
    assert {one.sha256 for one in manifest_of(other.folder).files}.isdisjoint({one.sha256 for one in manifest.files})


def test_a_stopped_run_goes_on_and_a_finished_one_draws_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    build_curated(plan(tmp_path / "whole" / "pack"))
    out, drawn, draw = tmp_path / "stopped" / "pack", list[int](), Drawer.draw

    def stops(drawer: Drawer, block: int) -> list[Candidate]:
        if block == 1 and 1 not in drawn:
            drawn.append(block)
            raise KeyboardInterrupt
        drawn.append(block)
        return draw(drawer, block)

    monkeypatch.setattr(Drawer, "draw", stops)
    with pytest.raises(KeyboardInterrupt):
        build_curated(plan(out, seed=5))
    build_curated(plan(out, seed=None))  # the seed of the stopped run
    assert drawn == [0, 1, 1]
    assert hashes(out) == hashes(tmp_path / "whole" / "pack")
    build_curated(plan(out))
    assert drawn == [0, 1, 1] and hashes(out) == hashes(tmp_path / "whole" / "pack")


def test_feedback_keeps_moves_and_remembers(tmp_path: Path) -> None:
    out = tmp_path / "pack"
    build_curated(plan(out))
    before, paths = hashes(out), [one.path for one in manifest_of(out).files]
    votes = vote(out, tmp_path / "votes.json", keep=1, reject=2)
    build_curated(CurateOrder(CurateRequest(count=0, out=out, feedback=votes, model=TEXT_GENERATOR)))
    after = hashes(out)
    for path in (paths[0], paths[3]):
        assert after[path] == before[path]
    assert not set(paths[1:3]) & after.keys()
    manifest = manifest_of(out)
    assert len(manifest.files) == 4 and len(manifest.rejected) == 2
    assert sorted(one.category for one in manifest.files) == ["kick", "kick", "snare", "snare"]
    curation = read_curation(out)
    assert curation is not None and len(curation.rounds) == 2
    assert (len(curation.around.keeps), len(curation.around.rejects)) == (1, 2)
    bad = tmp_path / "bad.json"
    bad.write_text("{}")
    with pytest.raises(InputError, match="has no 'format'"):
        CurateOrder(CurateRequest(count=0, out=out, feedback=bad, model=TEXT_GENERATOR))
    build_curated(CurateOrder(CurateRequest(count=0, out=out, feedback=votes, model=TEXT_GENERATOR)))
    assert hashes(out) == after  # the same votes again change nothing


def test_favourites_are_varied_and_come_near_to(tmp_path: Path, favourites: Path) -> None:
    (favourites / "broken.wav").write_bytes(b"RIFF")
    soundfile.write(favourites / "silence.wav", np.zeros(9000), 48_000)
    soundfile.write(favourites / "stereo kick.wav", np.stack([hit(9000, seed=4), hit(9000, seed=5)], axis=1), 48_000)
    order = plan(tmp_path / "pack", kinds=(), likes=(favourites,), count=4)
    order.prepare()
    assert {one.kind for one in order.pool} == {"kick", "snare"}
    methods = {one.sound.provenance.parameters["method"] for one in order.pool}
    assert methods == {"vary", "condition"}
    assert all(one.sound.provenance.parameters["anchor"] for one in order.pool)
    assert sum("Left out of --like" in note for note in order.notes) == 2


def test_variations_of_a_student_are_its_teachers(tmp_path: Path, favourites: Path) -> None:
    order = plan(tmp_path / "pack", kinds=(), likes=(favourites,), count=4)
    teacher = order.generator
    assert teacher is not None
    order.generator = replace(teacher, name="student", hash="0" * 64, teacher=TEXT_GENERATOR)
    order.prepare()
    made_by = {(one.sound.provenance.parameters["method"], one.sound.provenance.model_hash) for one in order.pool}
    assert made_by == {("vary", teacher.hash), ("condition", "0" * 64)}


def test_loops_have_exact_bars(tmp_path: Path) -> None:
    order = plan(tmp_path / "pack", loops=True, bpm=174.3, bars=1, kinds=("drums",), count=2, oversample=1)
    result = build_curated(order)
    info = soundfile.info(result.folder / result.files[0])
    assert info.frames == round(4 * 60 * 44_100 / 174.3) and "Loops" in str(result.files[0])


def test_a_model_without_clap_curates_by_pictures(tmp_path: Path, favourites: Path) -> None:
    order = plan(tmp_path / "pack", model=GENERATOR, likes=(favourites,), count=2)
    order.prepare()
    assert order.told()["ear"] == "picture" and len(order.chosen) == 2
    assert {one.sound.provenance.parameters["method"] for one in order.pool} == {"vary"}


def test_without_a_model_the_users_sounds_are_recombined(
    tmp_path: Path, favourites: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SAMPLEGEN_MODELS", str(tmp_path))
    for seed in range(4):
        soundfile.write(favourites / f"tom {seed}.wav", hit(12_000, seed=9 + seed, hz=80.0 + 40 * seed), 44_100)
    order = plan(tmp_path / "pack", engine="morph", model=None, kinds=(), likes=(favourites,), count=4)
    result = build_curated(order)
    assert order.engine_name == "curate/morph_chain" and any("not generation" in note for note in result.notes)
    entries = manifest_of(result.folder).files
    assert len(entries) == 4
    assert all(one.parameters["method"] == "recombination, not generation" for one in entries)
    assert all(one.engine == "morph_chain" and one.parameters["identity"] >= 1 for one in entries)


def test_artefacts_are_judged_within_their_kind() -> None:
    sound = Sound(Audio(np.zeros((1, 8), np.float32), 44_100), Tags("one_shot", "kick"), Provenance("test"))
    pool = [Candidate(sound, Verdict((), {}), np.ones(2), np.zeros(2, np.float32), 1.0, energy)
            for energy in (1.0, 1.2, 0.9, 4.9, 9.0)]  # fmt: skip
    assert [one.verdict.passed for one in judge_artefacts(pool)] == [True, True, True, True, False]


def test_gates_and_guard_are_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A guard that knows half of the sounds is not violated, and what it refused is told."""

    def half(sound: Sound, guard: object = None) -> Verdict:
        passed = sound.provenance.parameters["candidate"] % 4 < 2
        return Verdict((GateResult("memorisation", passed, 0.0, 1.0, "" if passed else "Remembered."),), {})

    monkeypatch.setattr(curate, "judge", half)
    order = plan(tmp_path / "pack", count=4)
    order.prepare()
    assert order.told()["refused"] == {"memorisation": len(order.pool) // 2}
    assert len(order.chosen) == 4 and all(one.verdict.passed for one in order.chosen)


Bad = Callable[[Path], dict[str, Any]]


@pytest.mark.parametrize(
    ("asked", "error", "message"),
    [
        (lambda here: {"kinds": ("theremin",)}, UsageError, "--kind 'theremin'"),
        (lambda here: {"diversity": 2.0}, UsageError, "--diversity 2"),
        (lambda here: {"oversample": 99}, UsageError, "--oversample 99"),
        (lambda here: {"bpm": 120.0}, UsageError, "Give --loops"),
        (lambda here: {"engine": "magic"}, UsageError, "--engine 'magic'"),
        (lambda here: {"engine": "morph"}, InputError, "--like"),
        (lambda here: {"loops": True, "kinds": ("drums",), "bpm": 999.0}, UsageError, "--bpm 999"),
        (lambda here: {"likes": (here / "nothing.wav",)}, InputError, "None of the sounds"),
        (lambda here: {"feedback": here / "votes.json"}, InputError, "no curated pack"),
        (lambda here: {"prompt": "xyzzy qwrtp"}, UsageError, "understands no word"),
        (lambda here: {"model": "no-such-model"}, ModelMissingError, "no-such-model"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused(tmp_path: Path, asked: Bad, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        plan(tmp_path / "pack", **asked(tmp_path)).prepare()
    assert not list((tmp_path / "pack").rglob("*.wav"))


def test_another_request_does_not_replace_a_pack_unasked(tmp_path: Path) -> None:
    out = tmp_path / "pack"
    build_curated(plan(out, count=2))
    with pytest.raises(UsageError, match="another request"):
        plan(out, kinds=("bass",))
    build_curated(plan(out, count=2, kinds=("bass",), force=True))
    assert {one.category for one in manifest_of(out).files} == {"bass"}
    shutil.copy(out / "manifest.json", tmp_path / "copy.json")
    (out / NAME).write_text("{")
    with pytest.raises(InputError, match="curation.json"):
        plan(out, count=2, kinds=("bass",))

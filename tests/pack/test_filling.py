"""Orders fill a pack section by section; the same bytes come of any number of threads and of any kills."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from samplegen.errors import InputError, ModelError
from samplegen.pack.companions import Companion
from samplegen.pack.export import PackWriter
from samplegen.pack.filling import fill_pack, fill_sounds
from samplegen.pack.journal import JOURNAL_NAME, Journal
from samplegen.pack.leftovers import remove_files
from samplegen.pack.manifest import MANIFEST_NAME, read_manifest
from samplegen.pack.pass_rates import ALL, GateRate
from samplegen.pack.recall import Recall
from samplegen.pack.sound import Sound
from samplegen.pack.word_plan import plan_words
from tests.pack.noise_pack import FIRST, SECOND, NoiseOrder, build, contents

ROOT = Path(__file__).parents[2]


def test_threads_change_no_byte(tmp_path: Path) -> None:
    for threads in (1, 2, 5):
        build(tmp_path / str(threads), FIRST, threads=threads)
    assert contents(tmp_path / "1") == contents(tmp_path / "2") == contents(tmp_path / "5")
    assert len(list((tmp_path / "1").rglob("*.wav"))) >= 4


def test_likeness_is_judged_in_order_whatever_is_ready_first(tmp_path: Path) -> None:
    """Of equal sounds in one block the first stays, and later ones are told so."""

    class Twins(NoiseOrder):
        block, attempts = 4, 1

        def make(self, indices: Any, attempt: int) -> list[Sound]:
            return [self._burst(2) for _ in indices]

    for threads in (1, 4):
        writer = PackWriter(tmp_path / str(threads), name="Twins")
        made = fill_sounds(Twins(4, seed=1), writer, threads=threads)
        assert [entry.job for entry in made.entries] == [Twins(4, seed=1).job(0)]
        assert [told.label for told in made.missing] == ["sound 2", "sound 3", "sound 4"]
        assert all("nearly the same" in told.reason and told.refused == {"duplicate": 1} for told in made.missing)


def test_a_manifest_tells_what_was_refused(tmp_path: Path) -> None:
    _, filled = build(tmp_path, {"low": 9})
    manifest = read_manifest(tmp_path)
    assert manifest is not None and manifest.pass_rates is not None
    draws = sum(entry.redraws + 1 for entry in manifest.files) + sum(told.draws for told in manifest.missing)
    moods = [number for entry in manifest.files for number in [entry.refused.get("mood", 0)]]
    assert filled["low"].redraws == draws - len(manifest.files) > 0
    assert moods == [entry.redraws for entry in manifest.files]
    assert manifest.pass_rates[ALL] == GateRate(draws, len(manifest.files))
    assert manifest.pass_rates["mood"] == GateRate(draws, len(manifest.files))
    assert {entry.section for entry in manifest.files} == {"low"}
    assert json.loads((tmp_path / MANIFEST_NAME).read_text())["pass_rates"]["mood"]["rate"] == pytest.approx(
        len(manifest.files) / draws, abs=1e-4
    )


def test_a_section_of_which_nothing_can_be_made_is_told(tmp_path: Path) -> None:
    orders = {"none": NoiseOrder(2, seed=1, hopeless=True), "some": NoiseOrder(4, seed=3)}
    _, filled = build(tmp_path, dict.fromkeys(orders, 0), orders=orders)
    assert filled["none"].entries == () and filled["some"].entries
    assert [(told.label, told.draws, told.refused) for told in filled["none"].missing] == [
        ("sound 1", 3, {"mood": 3}), ("sound 2", 3, {"mood": 3}),
    ]  # fmt: skip
    manifest = read_manifest(tmp_path)
    assert manifest is not None
    assert {told.section for told in manifest.missing} >= {"none"}
    again = {"none": NoiseOrder(2, seed=1, hopeless=True), "some": NoiseOrder(4, seed=3)}
    before = contents(tmp_path)
    build(tmp_path, dict.fromkeys(again, 0), orders=again)
    assert contents(tmp_path) == before
    assert again["none"].made == []  # it is known that they cannot be made


def test_recordings_of_no_use_are_told(tmp_path: Path) -> None:
    class Useless(NoiseOrder):
        block, ahead = 1, False

        def make(self, indices: Any, attempt: int) -> list[Sound]:
            if indices[0] == 0:
                raise InputError("a.wav is silent.")
            return super().make(indices, attempt)

    made = fill_sounds(Useless(3, seed=5), PackWriter(tmp_path, name="x"))
    assert [str(error) for error in made.errors] == ["a.wav is silent."]
    assert made.missing[0].reason == "a.wav is silent." and made.missing[0].draws == 0
    with pytest.raises(ModelError, match="a.wav is silent"):
        fill_pack(Useless(1, seed=5), PackWriter(tmp_path / "pack", name="x"))


def test_a_change_of_one_section_makes_only_it_again(tmp_path: Path) -> None:
    build(tmp_path / "pack", FIRST)
    (kept,) = [path for path in (tmp_path / "pack").rglob("*.wav")][:1]
    orders = {"low": NoiseOrder(4, seed=77), "high": NoiseOrder(5, seed=88)}
    build(tmp_path / "other", dict.fromkeys(orders, 0), orders=orders)
    changed = {"low": NoiseOrder(4, seed=77), "high": NoiseOrder(5, seed=99)}
    build(tmp_path / "other", dict.fromkeys(changed, 0), orders=changed)
    assert changed["low"].made == [] and changed["high"].made
    fresh = {"low": NoiseOrder(4, seed=77), "high": NoiseOrder(5, seed=99)}
    build(tmp_path / "fresh", dict.fromkeys(fresh, 0), orders=fresh)
    assert contents(tmp_path / "other") == contents(tmp_path / "fresh")
    assert kept.exists()


def test_stale_files_go_and_changed_ones_stay(tmp_path: Path) -> None:
    writer, filled = build(tmp_path, FIRST)
    gone, mine = (tmp_path / entry.path for entry in filled["high"].entries[:2])
    mine.write_bytes(mine.read_bytes() + b"\0\0")
    (tmp_path / "MIDI" / "high.txt").write_text("my own notes")
    (tmp_path / "One_Shots" / "Fx" / ".half.wav.x1.part").write_bytes(b"RIFF")
    (tmp_path / "Risers" / "Deep").mkdir(parents=True)
    (tmp_path / "Risers" / ".x.part").write_bytes(b"")
    (tmp_path / "notes.txt").write_text("mine")
    writer, _ = build(tmp_path, SECOND)
    assert not gone.exists() and mine.exists() and (tmp_path / "notes.txt").exists()
    assert (tmp_path / "MIDI" / "high.txt").read_text() == "my own notes"
    assert len(writer.notes) == 2 and all("was changed" in note for note in writer.notes)
    assert not list(tmp_path.rglob("*.part")) and not (tmp_path / "Risers").exists()
    manifest = read_manifest(tmp_path)
    assert manifest is not None and {made.path for made in manifest.companions} == {
        "MIDI/low.txt", "MIDI/new.txt", "page.html",
    }  # fmt: skip
    assert not (tmp_path / JOURNAL_NAME).exists()


def test_what_was_made_without_a_recipe_stays(tmp_path: Path) -> None:
    made = fill_pack(NoiseOrder(3, seed=11), PackWriter(tmp_path, name="Noise", attributions=["by Ann"]))
    build(tmp_path, FIRST)
    assert all((tmp_path / path).exists() for path in made.files)
    assert "by Ann" in (tmp_path / "LICENSE.txt").read_text()


def test_another_name_of_the_pack_is_written_into_every_file(tmp_path: Path) -> None:
    build(tmp_path / "a", FIRST)
    order = NoiseOrder(2, seed=3)
    words = plan_words([order.job(0), order.job(1)], seed=1)
    for name in ("One", "Two"):
        order = NoiseOrder(2, seed=3)
        writer = PackWriter(tmp_path / "b", name=name, words=words)
        fill_sounds(order, writer, section="s")
        writer.finish([])
        assert order.made
        assert all(f"{name}".encode() in (tmp_path / "b" / entry.path).read_bytes() for entry in writer.entries)


def test_a_users_project_is_not_overwritten(tmp_path: Path) -> None:
    def finish(data: bytes, **options: Any) -> PackWriter:
        order = NoiseOrder(2, seed=3)
        writer = PackWriter(tmp_path, name="x", words=plan_words([order.job(0), order.job(1)], seed=1), **options)
        fill_sounds(order, writer, section="s")
        writer.finish([Companion("Projects/x.rpp", "project", data)])
        return writer

    path = tmp_path / "Projects" / "x.rpp"
    assert finish(b"one").notes == [] and finish(b"two").notes == [] and path.read_bytes() == b"two"
    path.write_bytes(b"worked on")
    assert "Projects/x.rpp" in finish(b"three").notes[0] and path.read_bytes() == b"worked on"
    assert finish(b"three", force=True).notes == [] and path.read_bytes() == b"three"


def test_recall_leaves_out_what_is_no_longer_wanted(tmp_path: Path) -> None:
    build(tmp_path, FIRST)
    order = NoiseOrder(4, seed=3)
    writer = PackWriter(tmp_path, name="Noise", words=plan_words([order.job(0)], seed=1))
    assert writer.entries == []
    sound = order.make([0], 0)[0]
    assert Recall(writer).index().nearest(sound) is None


def test_names_hardly_depend_on_other_jobs() -> None:
    jobs = [f"{number:064x}" for number in range(150)]
    words = plan_words(jobs, seed=1)
    assert len(set(words.values())) == 150
    changed = plan_words([*jobs[:40], "other", *jobs[41:]], seed=1)
    assert sum(words[job] != changed[job] for job in jobs if job in changed) <= 3
    assert len(set(plan_words([str(number) for number in range(3_000)], seed=1).values())) == 3_000
    assert plan_words(jobs, seed=2) != words


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_kill_9_at_any_moment_leaves_what_a_second_run_completes(tmp_path: Path) -> None:
    """Random moments, in a first build and in one that replaces it; see `noise_pack.main`."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.pack.noise_pack", str(tmp_path), "5", "12"],
        cwd=ROOT, capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["kills"] >= 12
    assert (found["wrong"], found["first"], found["second"], found["journal"]) == ([], [], [], False)


def test_a_name_that_changed_in_case_alone_is_the_same_file_where_the_disk_says_so(tmp_path: Path) -> None:
    (tmp_path / "Loops").mkdir()
    new = tmp_path / "Loops" / "ab_drums.wav"
    new.write_bytes(b"sound")
    os.link(new, tmp_path / "Loops" / "AB_drums.wav")  # what a disk without cases would show
    journal = Journal(tmp_path)
    assert remove_files(tmp_path, ["Loops/AB_drums.wav"], keep=["Loops/ab_drums.wav"], journal=journal) == []
    assert new.read_bytes() == b"sound" and (tmp_path / "Loops" / "AB_drums.wav").exists()

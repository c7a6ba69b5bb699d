"""Packs are written whole, resumed, and never over what belongs to someone else."""

import errno
import os
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import pytest

from samplegen.audio.types import Audio
from samplegen.errors import InputError, OutputError, UsageError
from samplegen.pack.export import PackWriter, conform, folder_of
from samplegen.pack.journal import JOURNAL_NAME
from samplegen.pack.manifest import job_key, read_manifest
from samplegen.pack.readtags import read_tags
from samplegen.pack.sound import Provenance, Sound, Tags
from samplegen.pack.verdict import GateResult, Verdict

SAMPLE_RATE = 44_100


def make_one_shot(seed: int = 0, *, category: str = "kick") -> Sound:
    """A tenth of a second of noise."""
    samples = np.random.default_rng(seed).uniform(-0.5, 0.5, (1, 4_410)).astype(np.float32)
    return Sound(Audio(samples, SAMPLE_RATE), Tags(kind="one_shot", category=category), Provenance("test", seed=seed))


def make_sine_loop(*, amplitude: float = 0.5, cycles: int = 100) -> Sound:
    """One bar at 125 BPM (84 672 samples) with a whole number of periods."""
    tags = Tags(kind="loop", category="bass", bpm=125, bars=1)
    length = tags.length_at(SAMPLE_RATE)
    assert length == 84_672
    samples = amplitude * np.sin(2 * np.pi * cycles * np.arange(length) / length)
    return Sound(Audio(samples.astype(np.float32), SAMPLE_RATE), tags, Provenance("test"))


def job(seed: int) -> str:
    """The key of a test sound."""
    return job_key(engine="test", model_hash="", seed=seed, parameters={})


def run(folder: Path, *, seeds: list[int], finish: bool = True, **options: Any) -> list[int]:
    """Write sounds that are not done yet; returns the seeds that had to be made."""
    made = []
    writer = PackWriter(folder, name="Test", **options)
    for seed in seeds:
        if writer.done(job(seed)) is None:
            writer.add(make_one_shot(seed), job=job(seed))
            made.append(seed)
    if finish:
        writer.finish()
    return made


def content(folder: Path) -> dict[str, bytes]:
    """All files of a folder."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_pack_has_folders_manifest_and_licence(tmp_path: Path) -> None:
    verdict = Verdict((GateResult("peak", True, -6.0, -0.3),), {"peak_db": -6.0})
    with PackWriter(tmp_path / "pack", name="Night Shift", attributions=["Someone, CC BY 4.0"]) as writer:
        loop = writer.add(make_sine_loop(), verdict=verdict, redraws=1)
        hat = writer.add(make_one_shot(category="hat_closed"))
    manifest = read_manifest(tmp_path / "pack")
    assert manifest is not None
    assert {entry.path for entry in manifest.files} == {loop.path, hat.path}
    assert loop.path.startswith("Loops/Bass/SG_125_bass_loop_") and hat.path.startswith("One_Shots/Hat-Closed/SG_hat-")
    assert (loop.gates, loop.measures, loop.redraws) == (("peak",), {"peak_db": -6.0}, 1)
    assert set(content(tmp_path / "pack")) == {loop.path, hat.path, "manifest.json", "LICENSE.txt"}
    assert "Someone, CC BY 4.0" in (tmp_path / "pack/LICENSE.txt").read_text()
    tags = read_tags(tmp_path / "pack" / loop.path)
    assert tags.info["IPRD"] == "Night Shift" and tags.info["INAM"] == Path(loop.path).stem


def test_the_same_pack_twice_is_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a", "b"):
        run(tmp_path / name, seeds=[1, 2, 3])
    assert content(tmp_path / "a") == content(tmp_path / "b")


def test_a_second_run_goes_on_and_ends_the_same(tmp_path: Path) -> None:
    assert run(tmp_path / "whole", seeds=[1, 2, 3]) == [1, 2, 3]
    assert run(tmp_path / "parts", seeds=[1], finish=False) == [1]
    assert (tmp_path / "parts" / JOURNAL_NAME).exists()
    assert run(tmp_path / "parts", seeds=[1, 2, 3]) == [2, 3]
    assert content(tmp_path / "whole") == content(tmp_path / "parts")
    assert run(tmp_path / "parts", seeds=[1, 2, 3]) == []
    assert content(tmp_path / "whole") == content(tmp_path / "parts")


def test_an_error_leaves_the_journal_and_no_manifest(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), PackWriter(tmp_path, name="Test") as writer:
        writer.add(make_one_shot(1), job=job(1))
        raise KeyboardInterrupt
    assert not (tmp_path / "manifest.json").exists()
    assert run(tmp_path, seeds=[1, 2]) == [2]


def test_half_a_journal_line_is_dropped(tmp_path: Path) -> None:
    run(tmp_path, seeds=[1, 2], finish=False)
    journal = tmp_path / JOURNAL_NAME
    journal.write_bytes(journal.read_bytes()[:-40])
    # The second file is there but not noted: its bytes are the same, so it is adopted.
    assert run(tmp_path, seeds=[1, 2, 3]) == [2, 3]
    run(whole := tmp_path.parent / "whole", seeds=[1, 2, 3])
    assert content(tmp_path) == content(whole)


def test_a_damaged_or_removed_file_is_made_again(tmp_path: Path) -> None:
    run(tmp_path, seeds=[1, 2])
    first = sorted(tmp_path.rglob("*.wav"))[0]
    first.unlink()
    assert len(run(tmp_path, seeds=[1, 2])) == 1
    assert len(list(tmp_path.rglob("*.wav"))) == 2


def test_strange_files_are_not_overwritten(tmp_path: Path) -> None:
    run(tmp_path / "a", seeds=[1])
    (path,) = (tmp_path / "a").rglob("*.wav")
    strange = tmp_path / "b" / path.relative_to(tmp_path / "a")
    strange.parent.mkdir(parents=True)
    strange.write_bytes(b"mine")
    with pytest.raises(OutputError, match="not of this pack"):
        run(tmp_path / "b", seeds=[1])
    assert strange.read_bytes() == b"mine"
    run(tmp_path / "b", seeds=[1], force=True)
    assert strange.read_bytes() == path.read_bytes()


def test_force_makes_the_same_names_again(tmp_path: Path) -> None:
    run(tmp_path, seeds=[1, 2])
    before = content(tmp_path)
    assert run(tmp_path, seeds=[1, 2], force=True) == [1, 2]
    assert content(tmp_path) == before


def test_another_format_is_another_file(tmp_path: Path) -> None:
    run(tmp_path, seeds=[1])
    assert run(tmp_path, seeds=[1], bit_depth=16) == [1]
    assert {read_tags(path).bit_depth for path in tmp_path.rglob("*.wav")} == {16, 24}


def test_a_full_disk_leaves_no_partial_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    writer = PackWriter(tmp_path, name="Test")

    def full(file: BinaryIO, data: bytes) -> None:
        file.write(data[:100])
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr("samplegen.files._write_all", full)
        with pytest.raises(OutputError, match="No space left"):
            writer.add(make_one_shot(1), job=job(1))
    assert content(tmp_path) == {}
    assert writer.done(job(1)) is None
    writer.add(make_one_shot(1), job=job(1))
    assert len(content(tmp_path)) == 2


def test_a_journal_that_cannot_grow_stays_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    writer = PackWriter(tmp_path, name="Test")
    writer.add(make_one_shot(1), job=job(1))
    before = (tmp_path / JOURNAL_NAME).read_bytes()
    sync, calls = os.fsync, []

    def second_fails(descriptor: int) -> None:
        calls.append(descriptor)
        if len(calls) == 2:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        sync(descriptor)

    with monkeypatch.context() as patch:
        patch.setattr("os.fsync", second_fails)
        with pytest.raises(OutputError, match="No space left"):
            writer.add(make_one_shot(2), job=job(2))
    assert (tmp_path / JOURNAL_NAME).read_bytes() == before
    assert run(tmp_path, seeds=[1, 2]) == [2]


def test_a_path_below_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(OutputError, match="not a folder"):
        PackWriter(tmp_path / "file", name="Test")
    with pytest.raises((OutputError, InputError), match="file"):
        PackWriter(tmp_path / "file" / "pack", name="Test").add(make_one_shot())


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may write anywhere")
def test_a_read_only_folder_is_refused(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(OutputError, match="Permission denied"):
        PackWriter(tmp_path / "pack", name="Test").add(make_one_shot())


def test_a_damaged_manifest_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text("{")
    with pytest.raises(InputError, match="not valid JSON"):
        PackWriter(tmp_path, name="Test")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"sample_rate": 96_000}, "96000"),
        ({"bit_depth": 32}, "32"),
        ({"prefix": "a/b"}, "a/b"),
        ({"template": "{x}"}, "x"),
    ],
)
def test_bad_options_are_refused(tmp_path: Path, options: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        PackWriter(tmp_path, name="Test", **options)


def test_a_loop_at_48_khz_is_exact_and_still_a_ring() -> None:
    sound = conform(make_sine_loop(amplitude=0.5, cycles=100), sample_rate=48_000)
    assert (sound.audio.length, sound.audio.sample_rate) == (92_160, 48_000)
    expected = 0.5 * np.sin(2 * np.pi * 100 * np.arange(92_160) / 92_160)
    np.testing.assert_allclose(sound.audio.samples[0], expected, atol=1e-5)


def test_resampling_does_not_lift_the_peak_over_the_ceiling() -> None:
    square = make_sine_loop(amplitude=1.0, cycles=101)
    loud = Sound(
        square.audio.with_samples(np.sign(square.audio.samples) * np.float32(0.96)), square.tags, square.provenance
    )
    assert np.abs(conform(loud, sample_rate=48_000).audio.samples).max() <= 10 ** (-0.3 / 20)


def test_one_shots_are_resampled_too(tmp_path: Path) -> None:
    entry = PackWriter(tmp_path, name="Test", sample_rate=48_000).add(make_one_shot())
    assert (entry.sample_rate, entry.length) == (48_000, 4_800)
    assert read_tags(tmp_path / entry.path).sample_rate == 48_000


@pytest.mark.parametrize(
    ("kind", "category", "folder"),
    [("loop", "loop_drums", "Loops/Drums"), ("one_shot", "../x", "One_Shots/X"), ("riser", "noise", "Risers"),
     ("texture", "fog", "Textures"), ("one_shot", "", "One_Shots")],
)  # fmt: skip
def test_folders(kind: str, category: str, folder: str) -> None:
    assert folder_of(Tags(kind=kind, category=category, bpm=120, bars=1)) == folder


def test_attributions_of_earlier_runs_stay(tmp_path: Path) -> None:
    with PackWriter(tmp_path / "pack", name="two models", attributions=["by Ann, CC-BY 4.0"]) as writer:
        writer.add(make_one_shot(0), job=job(0))
    with PackWriter(tmp_path / "pack", name="two models", attributions=["by Bob, CC-BY 4.0"]) as writer:
        writer.add(make_one_shot(1), job=job(1))
    text = (tmp_path / "pack" / "LICENSE.txt").read_text("utf-8")
    assert "by Ann" in text and "by Bob" in text


def test_a_licence_of_somebody_elses_is_not_overwritten(tmp_path: Path) -> None:
    licence = tmp_path / "LICENSE.txt"
    licence.write_text("All rights reserved.")
    with pytest.raises(OutputError, match="not of a pack"):
        run(tmp_path, seeds=[1])
    assert content(tmp_path) == {"LICENSE.txt": b"All rights reserved."}
    assert run(tmp_path, seeds=[1], force=True) == [1] and licence.read_text().startswith("Test\n====")
    (tmp_path / "manifest.json").unlink()
    assert run(tmp_path, seeds=[1]) == [1]  # the licence of a pack whose manifest is gone

"""Orders of recordings: seeds, keys, reports, slices, loops of exact bars, and one bad file among good ones."""

import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from samplegen import pipeline
from samplegen.engines.morph_chain.grid import Grid
from samplegen.engines.morph_chain.presets import settings_for as morph_settings
from samplegen.engines.phase_diffusion.presets import settings_for as phase_settings
from samplegen.errors import AudioReadError, DependencyError, InputError, UsageError
from samplegen.files import hash_file
from samplegen.pack import phase_order, recording_order
from samplegen.pack.check import check_pack
from samplegen.pack.licence import SOURCE_LICENCE
from samplegen.pack.morph_order import MorphOrder
from samplegen.pack.orders import derive_seed
from samplegen.pack.requests import MorphRequest, PhaseRequest
from samplegen.pack.sound import Sound
from samplegen.pack.verdict import GateResult, Verdict
from samplegen.pipeline import PackResult, make_morphs, make_phases
from samplegen.units import bars_to_samples
from tests.recordings import RATE, write_hits

MORPH: dict[str, Any] = {"learning_steps": 10, "diffusion_steps": 6, "number_of_clusters": 2}
PHASE: dict[str, Any] = {"train_steps": 10, "window_size": 1024}


def morph(out: Path, *inputs: Path, options: dict[str, Any] | None = None, **changes: Any) -> PackResult:
    settings = morph_settings("plasma-burst", **{**MORPH, **(options or {})})
    values = {"count": 1, "preset": "plasma-burst", "settings": settings, "inputs": inputs, "out": out, **changes}
    return make_morphs(MorphRequest(**values))


def phase(out: Path, *inputs: Path, options: dict[str, Any] | None = None, **changes: Any) -> PackResult:
    settings = phase_settings("veil", **{**PHASE, **(options or {})})
    return make_phases(PhaseRequest(**{"count": 1, "settings": settings, "inputs": inputs, "out": out, **changes}))


def entries(folder: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((folder / "manifest.json").read_text("utf-8"))["files"]
    return found


def report(result: PackResult, number: int = 0) -> dict[str, Any]:
    path = result.folder / "Reports" / f"{result.files[number].stem}.json"
    value: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return value


def hashes(folder: Path) -> dict[str, str]:
    return {path.relative_to(folder).as_posix(): hash_file(path) for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def drums(tmp_path: Path) -> Path:
    return write_hits(tmp_path / "in" / "drums.wav")


@pytest.mark.parametrize(("make", "category"), [(morph, "morph"), (phase, "phase")])
def test_a_sound_with_its_provenance_and_report(tmp_path: Path, drums: Path, make: Any, category: str) -> None:
    result = make(tmp_path / "pack", drums)
    (entry,) = entries(result.folder)
    assert entry["path"] == result.files[0].as_posix() and entry["path"].startswith(f"Textures/SG_{category}_texture_")
    assert (entry["kind"], entry["category"], entry["seed"]) == ("texture", category, 42)
    assert (entry["sample_rate"], entry["bit_depth"], entry["licence"]) == (44_100, 24, SOURCE_LICENCE)
    parameters = entry["parameters"]
    assert (parameters["source"], parameters["source_sha256"]) == ("drums.wav", hash_file(drums))
    assert parameters["seed"] == 42 and parameters["latent_size"] in (6, 8)
    assert {"peak", "dc", "silence", "clicks"} <= set(entry["gates"]) and "lufs" not in entry["measures"]
    told = report(result)
    assert told["sound"] == entry["path"] and told["source_sha256"] == hash_file(drums) and told["warnings"] == []
    assert SOURCE_LICENCE in (result.folder / "LICENSE.txt").read_text("utf-8")
    checked = check_pack(result.folder)
    assert checked.problems == ()


def test_phase_keeps_the_length_at_the_packs_rate(tmp_path: Path, drums: Path) -> None:
    result = phase(tmp_path / "pack", drums)
    assert soundfile.info(result.folder / result.files[0]).frames == 2 * soundfile.info(drums).frames


@pytest.mark.parametrize("make", [morph, phase])
def test_same_seed_same_bytes_and_variations_differ(tmp_path: Path, drums: Path, make: Any) -> None:
    make(tmp_path / "a" / "pack", drums, count=3, seed=7)
    make(tmp_path / "b" / "pack", drums, count=3, seed=7)
    first = hashes(tmp_path / "a" / "pack")
    assert first == hashes(tmp_path / "b" / "pack")
    made = sorted(entries(tmp_path / "a" / "pack"), key=lambda entry: entry["parameters"]["variation"])
    assert [entry["seed"] for entry in made] == [7, derive_seed(7, 1, 0), derive_seed(7, 2, 0)]
    sounds = [soundfile.read(tmp_path / "a" / "pack" / entry["path"])[0] for entry in made]
    assert sounds[0].shape != sounds[1].shape or np.abs(sounds[0] - sounds[1]).max() > 1e-3
    alone = make(tmp_path / "c" / "pack", drums, seed=7)
    np.testing.assert_array_equal(soundfile.read(alone.folder / alone.files[0])[0], sounds[0])


@pytest.mark.parametrize("seed", [-5, 0, 2**62])
def test_any_integer_is_a_seed_for_hardware_too(tmp_path: Path, drums: Path, seed: int) -> None:
    result = morph(tmp_path / "pack", drums, seed=seed, hardware=True)
    (entry,) = entries(result.folder)
    assert (entry["seed"], entry["sample_rate"], entry["bit_depth"]) == (seed, 48_000, 16)


def test_a_finished_pack_is_left_alone(tmp_path: Path, drums: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = morph(tmp_path / "pack", drums, count=2)
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "pack").rglob("*.wav")}
    monkeypatch.setattr(MorphOrder, "make", lambda *_: pytest.fail("made it again"))
    again = morph(tmp_path / "pack", drums, count=2)
    assert again.files == first.files
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "pack").rglob("*.wav")} == before
    renamed = drums.rename(drums.with_name("other name.wav"))
    assert morph(tmp_path / "pack", renamed, count=2).files == first.files


@pytest.mark.parametrize(("make", "more"), [(morph, {"export_events": True}), (phase, {})])
def test_force_ends_with_the_same_bytes(tmp_path: Path, drums: Path, make: Any, more: dict[str, Any]) -> None:
    first = make(tmp_path / "pack", drums, count=2, **more)
    before = hashes(first.folder)
    again = make(tmp_path / "pack", drums, count=2, force=True, **more)
    assert (again.files, again.redraws) == (first.files, first.redraws) and hashes(first.folder) == before


def test_a_report_that_is_gone_comes_back(tmp_path: Path, drums: Path) -> None:
    result = morph(tmp_path / "pack", drums)
    before = hashes(result.folder)
    (result.folder / "Reports" / f"{result.files[0].stem}.json").unlink()
    morph(tmp_path / "pack", drums)
    assert hashes(result.folder) == before


def test_an_interrupted_run_goes_on(tmp_path: Path, drums: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = morph(tmp_path / "whole" / "pack", drums, count=3)
    write_json = recording_order.files.write_json

    def interrupted(path: Path, value: Any) -> None:
        if path.parent.name == "Reports" and len(list(path.parent.glob("*.json"))) == 1:
            raise KeyboardInterrupt
        write_json(path, value)

    with monkeypatch.context() as patch:
        patch.setattr(recording_order.files, "write_json", interrupted)
        with pytest.raises(KeyboardInterrupt):
            morph(tmp_path / "broken" / "pack", drums, count=3)
    assert not (tmp_path / "broken" / "pack" / "manifest.json").exists()
    morph(tmp_path / "broken" / "pack", drums, count=3)
    assert hashes(tmp_path / "broken" / "pack") == hashes(whole.folder)


@pytest.mark.parametrize(("bars", "meter"), [(2, (4, 4)), (None, (3, 4))])
def test_loops_of_exact_bars(tmp_path: Path, drums: Path, bars: int | None, meter: tuple[int, int]) -> None:
    grid = Grid(131.7, Fraction(1, 8), bars, *meter)
    result = morph(tmp_path / "pack", drums, grid=grid)
    (entry,) = entries(result.folder)
    assert (entry["kind"], entry["category"], entry["bpm"], entry["meter"]) == ("loop", "texture", 131.7, list(meter))
    assert entry["path"].startswith("Loops/Texture/SG_131-7_texture_loop_") and entry["bars"] == (bars or entry["bars"])
    expected = bars_to_samples(entry["bars"], bpm=131.7, beats_per_bar=meter[0], sample_rate=44_100)
    assert soundfile.info(result.folder / entry["path"]).frames == expected == entry["length"]
    assert {"length", "seam"} <= set(entry["gates"]) and "tempo" not in entry["gates"]
    assert check_pack(result.folder).problems == ()


def test_events_as_one_shots(tmp_path: Path, drums: Path) -> None:
    result = morph(tmp_path / "pack", drums, count=2, export_events=True)
    slices = [entry for entry in entries(result.folder) if entry["kind"] == "one_shot"]
    told = [report(result, number) for number in (0, 1)]
    assert told[0]["slices"] == told[1]["slices"] and sorted(told[0]["slices"]) == [entry["path"] for entry in slices]
    assert 3 <= len(slices) <= told[0]["n_events"] == len(slices) + len(told[0]["slices_left_out"])
    for entry in slices:
        samples, _ = soundfile.read(result.folder / entry["path"])
        assert entry["path"].startswith("One_Shots/Slice/SG_slice_one-shot_") and samples[-1] == 0.0
        assert np.abs(samples).max() == pytest.approx(10 ** (-1 / 20), abs=1e-3)
        assert entry["parameters"]["slice_end"] > entry["parameters"]["slice_start"] >= 0
    assert any("are in One_Shots/Slice" in note for note in result.notes)
    assert check_pack(result.folder).errors == ()


def test_events_of_the_users_own(tmp_path: Path, drums: Path) -> None:
    events = tmp_path / "labels.txt"
    events.write_text("0.25\t0.5\ta\n1\t1.5\tb\n2.5\t3\tc\n")
    result = morph(tmp_path / "pack", drums, events=events, export_events=True)
    told = report(result)
    assert told["n_events"] == 3
    assert (told["min_event_dur"], told["max_event_dur"]) == pytest.approx((0.25, 0.5), abs=1e-4)
    slices = [entry["parameters"] for entry in entries(result.folder) if entry["kind"] == "one_shot"]
    assert (RATE, RATE * 3 // 2) in [(made["slice_start"], made["slice_end"]) for made in slices]
    again = morph(tmp_path / "pack", drums, events=events, export_events=True)
    assert again.files == result.files
    events.write_text("0.25 0.5\n1 1.5\n2 3\n")
    changed = morph(tmp_path / "pack", drums, events=events)
    assert changed.files != result.files and report(changed)["max_event_dur"] == 1.0
    assert check_pack(result.folder).errors == ()


def test_events_that_do_not_fit_leave_nothing(tmp_path: Path, drums: Path) -> None:
    events = tmp_path / "labels.csv"
    events.write_text("start,end\n1,2\n2.5,3.5\n")
    with pytest.raises(InputError, match=r"labels\.csv, line 3: the event from 2\.5 to 3\.5 s reaches over the end"):
        morph(tmp_path / "pack", drums, events=events)
    other = write_hits(tmp_path / "in" / "other.wav", seed=1)
    with pytest.raises(UsageError, match="--events belongs to one recording, not to 2"):
        morph(tmp_path / "pack", drums, other, events=events)
    assert not (tmp_path / "pack").exists()


def test_slices_and_figures_can_be_asked_for_later(tmp_path: Path, drums: Path) -> None:
    result = morph(tmp_path / "pack", drums)
    sound = hash_file(result.folder / result.files[0])
    again = morph(tmp_path / "pack", drums, export_events=True, plot=True, palette="colour-blind")
    assert again.files == result.files and hash_file(result.folder / result.files[0]) == sound
    assert report(again)["slices"]
    made = {path.suffix: path for path in (result.folder / "Reports").iterdir()}
    assert set(made) == {".json", ".png", ".svg"}
    assert made[".png"].read_bytes()[:4] == b"\x89PNG" and b"<svg" in made[".svg"].read_bytes()[:2000]
    assert check_pack(result.folder).errors == ()


def test_a_figure_that_cannot_be_drawn_is_refused_first(
    tmp_path: Path, drums: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recording_order.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(DependencyError, match="--plot needs matplotlib"):
        morph(tmp_path / "pack", drums, plot=True)
    assert not (tmp_path / "pack").exists()


def test_one_bad_file_does_not_stop_the_others(tmp_path: Path, drums: Path) -> None:
    broken = tmp_path / "in" / "broken.wav"
    broken.write_bytes(b"no audio at all")
    result = morph(tmp_path / "pack", drums.parent, tmp_path / "gone.wav", count=2)
    assert len(result.files) == 2 and len(result.missing) == 2
    assert "broken.wav cannot be read as audio" in result.missing[0]
    assert "gone.wav does not exist" in result.missing[1]


def test_nothing_but_bad_files(tmp_path: Path) -> None:
    for name in ("a.wav", "b.wav"):
        (tmp_path / "in").mkdir(exist_ok=True)
        (tmp_path / "in" / name).write_bytes(b"no audio at all")
    with pytest.raises(InputError, match=r"Nothing could be made of 2 recordings\. .*a\.wav cannot .*b\.wav cannot"):
        phase(tmp_path / "pack", tmp_path / "in")
    with pytest.raises(AudioReadError, match="a.wav cannot be read"):
        phase(tmp_path / "pack", tmp_path / "in" / "a.wav", count=3)
    assert not (tmp_path / "pack").exists()


@pytest.mark.parametrize("make", [morph, phase])
@pytest.mark.parametrize(
    ("samples", "said"),
    [
        (np.zeros(22_050), "silent"),
        (np.zeros(0), "no audio"),
        (0.1 * np.ones(2_000), "0.25 s"),
        (np.r_[0.1 * np.ones(12_000), np.nan, np.ones(10_000)], "NaN"),
    ],
    ids=["silent", "empty", "short", "nan"],
)
def test_useless_recordings(tmp_path: Path, make: Any, samples: Any, said: str) -> None:
    path = tmp_path / "bad.wav"
    soundfile.write(path, samples, 22_050, subtype="FLOAT")
    with pytest.raises(InputError) as caught:
        make(tmp_path / "pack", path)
    assert said in str(caught.value) and "bad.wav" in str(caught.value) and str(caught.value).count("bad.wav") == 1
    assert not (tmp_path / "pack").exists()


@pytest.mark.parametrize("make", [morph, phase])
@pytest.mark.parametrize(
    ("name", "shape"),
    [
        ("8 bit, mono (ünïcode) ☃ .wav", {"subtype": "PCM_U8", "seconds": 1.5}),
        ("-n.wav", {"rate": 96_000, "channels": 2, "seconds": 1.5}),
        ("surround.wav", {"channels": 6, "seconds": 1.5}),
        ("quiet.wav", {"gain": 0.01, "subtype": "PCM_24", "seconds": 1.5}),
    ],
    ids=["8-bit", "96-khz", "5.1", "quiet"],
)
def test_recordings_of_any_kind(tmp_path: Path, make: Any, name: str, shape: dict[str, Any]) -> None:
    path = write_hits(tmp_path / name, **shape)
    result = make(tmp_path / "pack", path)
    info = soundfile.info(result.folder / result.files[0])
    assert info.channels == shape.get("channels", 1) and info.samplerate == (48_000 if name == "-n.wav" else 44_100)
    samples, _ = soundfile.read(result.folder / result.files[0])
    assert np.isfinite(samples).all() and 0.06 < np.abs(samples).max() < 0.97
    assert any("It was quiet" in note for note in result.notes) == (name == "quiet.wav")
    assert entries(result.folder)[0]["parameters"]["source"] == name
    assert check_pack(result.folder).errors == ()


def test_a_refused_sound_is_drawn_with_the_next_seed_and_not_for_ever(
    tmp_path: Path, drums: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    refused = GateResult("taste", False, None, None, "It is dull.")
    judged: list[int] = []

    def picky(sound: Sound, **_: Any) -> Verdict:
        judged.append(sound.provenance.seed)
        return Verdict(() if len(judged) == 2 else (refused,), {})

    monkeypatch.setattr(recording_order, "judge", picky)
    result = morph(tmp_path / "pack", drums, seed=9)
    assert judged == [9, derive_seed(9, 0, 1)] and result.redraws == 1
    judged[:] = [0, 0]
    with pytest.raises(InputError, match=r"drums\.wav: It is dull\."):
        morph(tmp_path / "other", drums, seed=9)
    assert len(judged) == 5 and not (tmp_path / "other").exists()


def test_clamped_values_are_said(tmp_path: Path, drums: Path) -> None:
    result = morph(tmp_path / "pack", drums, options={"denoising_strength": 2.0})
    assert [note for note in result.notes if "denoising_strength" in note] == list(result.notes) != []
    assert entries(result.folder)[0]["parameters"]["denoising_strength"] == 1.0
    assert any("denoising_strength" in text for text in report(result)["warnings"])


def test_long_recordings_are_written_block_after_block(
    tmp_path: Path, drums: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    short = phase(tmp_path / "a" / "pack", drums)
    monkeypatch.setattr(phase_order, "LONGEST_IN_MEMORY", 1000)
    monkeypatch.setattr(pipeline.PackWriter, "add", lambda *_, **__: pytest.fail("not as a whole"))
    long = phase(tmp_path / "b" / "pack", drums)
    samples = [soundfile.read(result.folder / result.files[0])[0] for result in (short, long)]
    np.testing.assert_allclose(samples[0], samples[1], atol=2e-5)
    assert check_pack(long.folder).problems == ()


def test_progress_reaches_the_end(tmp_path: Path, drums: Path) -> None:
    told: list[tuple[float, float | None]] = []
    morph(tmp_path / "pack", drums, count=2, progress=lambda done, total: told.append((done, total)))
    assert told[-1] == (2, 2) and [done for done, _ in told] == sorted(done for done, _ in told)
    assert any(0 < done < 1 for done, _ in told) and any(1 < done < 2 for done, _ in told)

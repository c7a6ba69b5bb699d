"""A good pack passes; every planted defect is found in the file where it was planted."""

import json
import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile

from samplegen.errors import InputError
from samplegen.pack import riff
from samplegen.pack.check import Report, check_pack
from samplegen.pack.companions import Companion
from samplegen.pack.export import PackWriter
from samplegen.pack.inference import bpm_in_name, kind_in_path, voice_in_path
from samplegen.pack.sound import Sound
from samplegen.pack.tags import encode_tagged_wav, write_sound
from samplegen.pack.verdict import GateResult, Verdict
from tests.pack.signals import SAMPLE_RATE, make_loop, make_one_shot, spoil


def found(report: Report) -> set[tuple[str, str]]:
    """(file name, code) of all errors."""
    return {(Path(problem.path).name, problem.code) for problem in report.errors}


def write_loop(folder: Path, sound: Sound, *, name: str = "SG_120_drums_loop_bad.wav") -> None:
    """A loop beside others, without a manifest."""
    write_sound(folder / "Loops" / name, sound)


def rewrite_chunk(path: Path, name: bytes, change: Callable[[bytes], bytes]) -> None:
    """Change one chunk of a WAV."""
    pairs = riff.split_chunks(path.read_bytes())
    path.write_bytes(riff.join_chunks([(key, change(data) if key == name else data) for key, data in pairs]))


@pytest.fixture(scope="module")
def pack(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A pack of two loops and two one-shots, made by us."""
    folder = tmp_path_factory.mktemp("packs") / "pack"
    with PackWriter(folder, name="Test") as writer:
        for seed in range(2):
            writer.add(make_loop(seed=seed))
            writer.add(make_one_shot(seed=seed))
    return folder


@pytest.fixture
def copy(pack: Path, tmp_path: Path) -> Path:
    """A pack to spoil."""
    for path in pack.rglob("*"):
        if path.is_file():
            target = tmp_path / "pack" / path.relative_to(pack)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(path.read_bytes())
    return tmp_path / "pack"


def test_our_own_pack_passes(pack: Path) -> None:
    seen: list[tuple[int, int]] = []
    report = check_pack(pack, progress=lambda done, total: seen.append((done, total)))
    assert report.problems == ()
    assert report.passed and report.checked == 4
    assert seen == [(1, 4), (2, 4), (3, 4), (4, 4)]
    assert set(json.loads(json.dumps(report.to_json()))["measures"]) == set(report.measures)


def test_it_passes_without_its_manifest_too(copy: Path) -> None:
    (copy / "manifest.json").unlink()
    assert check_pack(copy).problems == ()


def test_planted_sounds_are_found(tmp_path: Path) -> None:
    loop = make_loop()
    samples = loop.audio.samples[0]
    click = samples.copy()
    click[40_000] += 0.8
    write_loop(tmp_path, loop, name="a_120_drums_loop.wav")
    write_loop(tmp_path, spoil(loop, samples[:-1]), name="short_120_drums_loop.wav")
    write_loop(
        tmp_path, spoil(make_loop(seed=1), np.clip(make_loop(seed=1).audio.samples * 2, -1, 1)), name="clipped.wav"
    )
    write_loop(
        tmp_path, spoil(make_loop(seed=2), make_loop(seed=2).audio.samples * 0.9 + np.float32(0.02)), name="dc.wav"
    )
    write_loop(tmp_path, spoil(loop, np.clip(click, -0.9, 0.9)), name="click.wav")
    write_loop(tmp_path, make_loop(bpm=128, played_bpm=124, bars=4, seed=3), name="tempo.wav")
    write_loop(tmp_path, spoil(loop, samples * np.float32(0.7)), name="copy.wav")
    report = found(check_pack(tmp_path))
    assert {
        ("short_120_drums_loop.wav", "length"), ("clipped.wav", "peak"), ("dc.wav", "dc"), ("click.wav", "clicks"),
        ("tempo.wav", "tempo"), ("copy.wav", "duplicate"),
    } <= report  # fmt: skip
    assert not {code for name, code in report if name == "a_120_drums_loop.wav"}


@pytest.mark.parametrize(
    ("chunk", "change", "code"),
    [
        (b"acid", lambda data: data[:20] + struct.pack("<f", 121.0), "tags"),
        (b"acid", lambda data: data[:12] + struct.pack("<I", 9) + data[16:], "length"),
        (b"smpl", lambda data: data[:48] + struct.pack("<I", 10**6) + data[52:], "loop"),
        (b"cue ", lambda data: data[:24] + struct.pack("<I", 10**6) + data[28:], "markers"),
        (b"acid", lambda data: data[:3], "chunk"),
    ],
)
def test_tampered_tags_are_found(tmp_path: Path, chunk: bytes, change: Callable[[bytes], bytes], code: str) -> None:
    write_loop(tmp_path, make_loop())
    rewrite_chunk(tmp_path / "Loops" / "SG_120_drums_loop_bad.wav", chunk, change)
    assert code in {problem.code for problem in check_pack(tmp_path).errors}


def test_the_manifest_is_compared(copy: Path) -> None:
    first, second, *_ = sorted(path.relative_to(copy).as_posix() for path in copy.rglob("*.wav"))
    rewrite_chunk(copy / first, b"id3 ", lambda data: data.replace(b"TBPM", b"TXXX"))
    (copy / second).unlink()
    write_sound(copy / "One_Shots" / "SG_rim_one-shot_new.wav", make_one_shot(seed=5))
    report = check_pack(copy)
    assert {(problem.path, problem.code) for problem in report.errors} == {(first, "manifest"), (second, "missing")}
    assert [problem.code for problem in report.warnings] == ["unlisted"]


def test_a_damaged_manifest_is_a_problem_not_the_end(copy: Path) -> None:
    (copy / "manifest.json").write_text("{")
    report = check_pack(copy)
    assert found(report) == {("manifest.json", "manifest")} and report.checked == 4


def test_broken_files_are_named(tmp_path: Path) -> None:
    write_loop(tmp_path, make_loop())
    good = tmp_path / "Loops" / "SG_120_drums_loop_bad.wav"
    (tmp_path / "text.wav").write_text("hello")
    (tmp_path / "empty.wav").write_bytes(b"")
    (tmp_path / "cut.wav").write_bytes(good.read_bytes()[:60_000])
    (tmp_path / "header.wav").write_bytes(good.read_bytes()[:44])
    (tmp_path / "._good.wav").write_bytes(b"resource fork")
    soundfile.write(tmp_path / "nan.wav", np.full(100, np.nan), SAMPLE_RATE, subtype="FLOAT")
    report = check_pack(tmp_path)
    assert report.checked == 6
    assert {("text.wav", "unreadable"), ("empty.wav", "unreadable"), ("cut.wav", "chunk"), ("nan.wav", "unreadable"),
            ("header.wav", "unreadable")} <= found(report)  # fmt: skip
    assert not [problem for problem in report.problems if problem.path.endswith("drums_loop_bad.wav")]
    assert all(problem.message.endswith(".") for problem in report.problems)


def test_a_strangers_pack_without_tags(tmp_path: Path) -> None:
    for number, (name, sound) in enumerate(
        [("Loops/My Beat 120bpm.wav", make_loop()), ("One Shots/Snare 1.wav", make_one_shot())]
    ):
        (tmp_path / name).parent.mkdir()
        soundfile.write(tmp_path / name, sound.audio.samples.T, SAMPLE_RATE, subtype=("PCM_16", "FLOAT")[number])
    (tmp_path / "notes.txt").write_text("hello")
    (tmp_path / "demo.mp3").write_bytes(b"x")
    report = check_pack(tmp_path)
    assert report.errors == ()
    assert sorted(problem.code for problem in report.warnings) == ["format", "name", "name", "untagged", "untagged"]
    assert "tempo_bpm" in report.measures["Loops/My Beat 120bpm.wav"]
    assert "onset_ms" in report.measures["One Shots/Snare 1.wav"]


def test_an_unfinished_pack_says_so(tmp_path: Path) -> None:
    PackWriter(tmp_path, name="Test").add(make_one_shot())
    assert [problem.code for problem in check_pack(tmp_path).problems] == ["unfinished"]


def test_what_is_no_pack_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file.wav").write_bytes(b"")
    (tmp_path / "empty").mkdir()
    for path, message in (("file.wav", "not a folder"), ("missing", "not a folder"), ("empty", "no WAV file")):
        with pytest.raises(InputError, match=message):
            check_pack(tmp_path / path)


@pytest.mark.parametrize(
    ("stem", "bpm"),
    [("SG_128_kick_loop_anvil_Am", 128), ("SG_87-5_kick", 87.5), ("beat 120bpm", 120), ("snare 01", None),
     ("loop_90_140", None), ("808_kick", None), ("a_174-3_b", 174.3)],
)  # fmt: skip
def test_tempi_in_names(stem: str, bpm: float | None) -> None:
    assert bpm_in_name(stem) == bpm


def test_kind_and_voice_in_paths() -> None:
    assert kind_in_path("One Shots/Kick/x.wav") == "one_shot" and kind_in_path("x/SG_128_kick_loop_a.wav") == "loop"
    assert kind_in_path("Kicks/a.wav") is None
    assert voice_in_path("Hats/SG_hat-closed_x.wav") == "hat_closed" and voice_in_path("a/b.wav") == ""


def test_an_untagged_pack_is_judged_by_its_manifest(tmp_path: Path) -> None:
    with PackWriter(tmp_path / "pack", name="Test", sample_rate=48_000, bit_depth=16, tagged=False) as writer:
        loop = writer.add(make_loop())
        writer.add(make_one_shot())
    path = tmp_path / "pack" / loop.path
    assert [name for name, _ in riff.split_chunks(path.read_bytes())] == [b"fmt ", b"data"]
    assert soundfile.info(path).subtype == "PCM_16"
    report = check_pack(tmp_path / "pack")
    assert report.problems == () and "tempo_bpm" in report.measures[loop.path]
    path.write_bytes(path.read_bytes()[:-4])
    assert not check_pack(tmp_path / "pack").passed


def test_what_lies_beside_the_sounds_is_checked(tmp_path: Path) -> None:
    writer = PackWriter(tmp_path, name="Test")
    demo = encode_tagged_wav(make_loop(seed=5))
    entry = writer.add(make_loop())
    writer.finish([Companion("Previews/demo.wav", "preview", demo), Companion("page.html", "page", b"<html>")])
    report = check_pack(tmp_path)
    assert report.problems == () and (report.checked, report.companions) == (1, 2)
    assert entry.path in report.measures and "Previews/demo.wav" not in report.measures
    (tmp_path / "page.html").write_bytes(b"<p>")
    (tmp_path / "Previews" / "demo.wav").unlink()
    assert found(check_pack(tmp_path)) == {("page.html", "companion"), ("demo.wav", "missing")}


def test_pass_rates_are_told_and_compared_with_the_sounds(tmp_path: Path) -> None:
    verdict = Verdict((GateResult("seam", True, None, None),), {})
    with PackWriter(tmp_path, name="Test") as writer:
        writer.add(make_loop(), verdict=verdict, redraws=1)
    assert {name: rate.to_json() for name, rate in check_pack(tmp_path).pass_rates.items()} == {
        "all": {"judged": 2, "passed": 1, "rate": 0.5}, "seam": {"judged": 2, "passed": 2, "rate": 1.0},
    }  # fmt: skip
    path = tmp_path / "manifest.json"
    content = json.loads(path.read_text())
    content["pass_rates"]["all"]["passed"] = 2
    path.write_text(json.dumps(content))
    assert found(check_pack(tmp_path)) == {("manifest.json", "manifest")}

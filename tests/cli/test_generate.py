"""`samplegen loops` and `oneshots`: options become plain values, the result is printed; the pipeline stands aside."""

import json
from pathlib import Path

import pytest

from samplegen import pipeline
from samplegen.cli.app import run
from samplegen.pipeline import Like, LoopRequest, OneShotRequest, PackResult

RESULT = PackResult(
    Path("my-pack"), (Path("Loops/a.wav"), Path("Loops/b.wav")), 7, 3, 1.25, ("sound 3: too quiet",), ("blorp",),
    ("From the prompt: 120 BPM.",), {"bpm": 120.0},
)  # fmt: skip


@pytest.fixture
def loop_requests(monkeypatch: pytest.MonkeyPatch) -> list[LoopRequest]:
    requests: list[LoopRequest] = []
    monkeypatch.setattr(pipeline, "make_loops", lambda request: (requests.append(request), RESULT)[1])
    return requests


@pytest.fixture
def one_shot_requests(monkeypatch: pytest.MonkeyPatch) -> list[OneShotRequest]:
    requests: list[OneShotRequest] = []
    monkeypatch.setattr(pipeline, "make_one_shots", lambda request: (requests.append(request), RESULT)[1])
    return requests


def test_loops_with_every_option(loop_requests: list[LoopRequest]) -> None:
    line = (
        "loops --bpm 174.3 --bars 2 --meter 7/8 --key Amin --kind tops --style dnb --prompt dark -n 3 --seed 5 "
        "--model m --out o --fx punch --template {bpm}_{word} --hardware --force --quiet"
    )
    assert run(line.split()) == 0
    (request,) = loop_requests
    assert (request.bpm, request.bars, request.meter, request.key) == (174.3, 2, (7, 8), "Am")
    assert (request.kind, request.style, request.prompt) == ("tops", "dnb", "dark")
    assert (request.count, request.seed, request.model, request.out) == (3, 5, "m", Path("o"))
    assert (request.fx, request.template, request.hardware, request.force) == ("punch", "{bpm}_{word}", True, True)


def test_loops_with_no_option(loop_requests: list[LoopRequest]) -> None:
    assert run(["loops"]) == 0
    (request,) = loop_requests
    assert (request.bpm, request.bars, request.meter, request.count) == (None, None, None, 4)
    assert request.seed is None and request.model is None and not request.force


def test_one_shots_of_several_kinds(one_shot_requests: list[OneShotRequest]) -> None:
    assert run(["oneshots", "--kind", "kick", "--kind", "snare", "-n", "16"]) == 0
    (request,) = one_shot_requests
    assert request.kinds == ("kick", "snare") and request.count == 16


WORDS_AND_SOUNDS = (
    "--negative muddy --morph-to bright --like a.wav --like b.wav:0.5 --like-weight 0.25 --guidance-bpm 1 "
    "--guidance-text 6.5 --text-gap shift"
)


@pytest.mark.parametrize("command", ["loops", "oneshots"])
def test_words_and_sounds(
    command: str, loop_requests: list[LoopRequest], one_shot_requests: list[OneShotRequest]
) -> None:
    assert run([command, *WORDS_AND_SOUNDS.split()]) == 0
    (request,) = [*loop_requests, *one_shot_requests]
    assert (request.negative, request.morph_to, request.text_gap) == ("muddy", "bright", "shift")
    assert request.likes == (Like(Path("a.wav"), 1.0), Like(Path("b.wav"), 0.5))
    assert (request.like_weight, request.guidance_bpm, request.guidance_text) == (0.25, 1.0, 6.5)


@pytest.mark.parametrize(
    ("option", "value", "message"),
    [
        ("--guidance-text", "21", "--guidance-text '21' is not a number from 0 to 20"),
        ("--guidance-bpm", "-1", "--guidance-bpm '-1' is not a number from 0 to 20"),
        ("--like-weight", "1.5", "--like-weight '1.5' is not a number from 0 to 1"),
        ("--like", "a.wav:0", "its weight is above 0"),
        ("--like", "", "--like is empty"),
        ("--text-gap", "mend", "--text-gap 'mend' is not known. Choose one of none, shift, axes, neighbours"),
    ],
)
def test_words_and_sounds_refused(option: str, value: str, message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["loops", option, value]) == 2
    assert message in capsys.readouterr().err


def test_notes_are_told_once(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def make(request: LoopRequest) -> PackResult:
        assert request.announce is not None
        request.announce("From the prompt: 120 BPM.")
        return RESULT

    monkeypatch.setattr(pipeline, "make_loops", make)
    assert run(["loops"]) == 0
    assert capsys.readouterr().err.count("From the prompt") == 1


def test_result_for_people(loop_requests: list[LoopRequest], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["loops"]) == 0
    captured = capsys.readouterr()
    assert captured.out == "Loops/a.wav\nLoops/b.wav\n2 sounds in my-pack (seed 7, 3 redrawn, 1.2 s)\n"
    assert captured.err == (
        "From the prompt: 120 BPM.\n"
        "The model does not know these words of the prompt: blorp.\n"
        "Left out, as no draw passed the gates: sound 3: too quiet\n"
    )


def test_result_as_json(loop_requests: list[LoopRequest], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["loops", "--json"]) == 0
    captured = capsys.readouterr()
    assert json.loads(captured.out) == {
        "folder": "my-pack",
        "files": ["Loops/a.wav", "Loops/b.wav"],
        "seed": 7,
        "redraws": 3,
        "missing": ["sound 3: too quiet"],
        "applied": {"bpm": 120.0},
        "unknown_words": ["blorp"],
        "notes": ["From the prompt: 120 BPM."],
        "seconds": 1.25,
    }
    assert captured.err == ""


def test_quiet_prints_nothing(loop_requests: list[LoopRequest], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["loops", "--quiet"]) == 0
    captured = capsys.readouterr()
    assert captured.out == captured.err == ""


def test_missing_model(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    out = tmp_path / "pack"
    assert run(["loops", "--model", "no-such-model", "--out", str(out)]) == 4
    assert "'no-such-model'" in capsys.readouterr().err
    assert not out.exists()

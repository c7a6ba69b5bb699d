"""`samplegen evaluate` with the tiny models: every question prints, writes, and says what is missing."""

import importlib.util
import json
from pathlib import Path

import pytest

from samplegen.cli.app import run
from samplegen.cli.evaluate import COUNTS, QUESTIONS, QUICK
from samplegen.pack.memorisation.memory import MEMORY_FILE

_place = Path(__file__).parents[1] / "evaluation" / "tiny_material.py"
_spec = importlib.util.spec_from_file_location("tiny_material", _place)
assert _spec is not None and _spec.loader is not None
tiny_material = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(tiny_material)


@pytest.fixture(scope="module")
def material(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    found: list[str] = tiny_material.write_material(tmp_path_factory.mktemp("material"))
    return found


def ask(question: str, material: list[str], capsys: pytest.CaptureFixture[str], *more: str) -> dict:  # type: ignore[type-arg]
    model = ["--model", "generator-tiny"]
    assert run(["evaluate", question, *model, *material, "--json", *more]) == 0, capsys.readouterr().out
    report: dict = json.loads(capsys.readouterr().out)  # type: ignore[type-arg]
    assert report["question"] == question
    return report


def rows_of(table: dict) -> dict[str, dict]:  # type: ignore[type-arg]
    return {row.get("system") or row.get("codec") or row.get("kind"): row for row in table["rows"]}


def test_codec(tiny_models: Path, material: list[str], capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    report = ask("codec", material, capsys, "-n", "9", "--out", str(tmp_path))
    rows = rows_of(report["tables"][0])
    assert {"codec-tiny", "MP3 32 kbit/s", "low-pass 8 kHz", "floor: silence", "floor: noise of its level"} < set(rows)
    assert (
        rows["low-pass 11 kHz"]["log-mel distance (dB)"]["value"]
        < rows["floor: silence"]["log-mel distance (dB)"]["value"]
    )
    assert all(row["n"] == 9 for row in rows.values())
    again = ask("codec", material, capsys, "-n", "9")
    assert again == report == json.loads((tmp_path / "codec.json").read_text("utf-8"))
    page = (tmp_path / "codec.md").read_text("utf-8")
    assert "samplegen evaluate codec -n 9 --seed 1 --model generator-tiny" in page and "real vs real" in page


def ask_all(
    questions: dict[str, int], material: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch,
    *more: str,
) -> list[dict]:  # type: ignore[type-arg]  # fmt: skip
    """Several questions at once, which share what they make, each of so many sounds."""
    for question, count in questions.items():
        monkeypatch.setitem(QUICK, question, count)
    skipped = [word for question in QUESTIONS if question not in questions for word in ("--skip", question)]
    line = ["evaluate", "all", "--quick", "--json", "--model", "generator-tiny", *material, *skipped, *more]
    assert run(line) == 0
    reports: list[dict] = json.loads(capsys.readouterr().out)["reports"]  # type: ignore[type-arg]
    return reports


def test_distance_and_diversity_with_an_earlier_model(
    tiny_models: Path, material: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    previous = ("--previous", str(tiny_models / "generator-tiny"))
    counts = {"distance": 8, "diversity": 8}
    distance, diversity = ask_all(counts, material, capsys, monkeypatch, *previous)
    for table in distance["tables"]:
        rows = rows_of(table)
        assert {"generator-tiny", "generator-tiny, previous", "floor: white noise"} < set(rows)
        kernel = "kernel distance, log-mel"
        assert rows["generator-tiny"][kernel] == rows["generator-tiny, previous"][kernel]
        assert {"kernel distance, latents of codec-tiny", "FAD∞, clap-small-44k"} < set(rows["generator-tiny"])
        real = rows["real vs real: training sources"][kernel]["value"]
        assert rows["floor: white noise"][kernel]["value"] > 10 * abs(real)
    rows = rows_of(diversity["tables"][0])
    assert rows["floor: one sound over and over"]["Vendi score"]["value"] == pytest.approx(1.0)
    assert rows["real: held-out"]["Vendi score"]["value"] > 2.0
    assert rows["floor: silence"]["recall"]["value"] <= 0.5


def test_tempo_and_seam(
    tiny_models: Path, material: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from samplegen.evaluation import tempo_check

    monkeypatch.setitem(tempo_check.ESTIMATORS, "librosa beats", tempo_check.low_band_tempo)  # half a second a loop
    tempo, seam = ask_all({"tempo": 10, "seam": 10}, material, capsys, monkeypatch)
    rows = rows_of(tempo["tables"][0])
    assert rows["generator-tiny"]["exact length"]["value"] == 1.0
    assert rows["real: held-out, rendered"]["three bands, octaves allowed"]["value"] > 0.8
    assert "real: held-out, rendered, through codec-tiny" in rows
    assert [row["asked BPM"] for row in tempo["tables"][1]["rows"]][0::6] == ["60–80", "180–200"]
    rows = rows_of(seam["tables"][0])
    assert {"real, cut naively", "real, cut, 10 ms crossfade", "generator-tiny, cut naively"} < set(rows)
    assert 0.0 <= rows["generator-tiny"]["AUC, trained on these"]["value"] <= 1.0
    assert len(seam["targets"]) == 2


def test_adherence(tiny_models: Path, material: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    rows = rows_of(ask("adherence", material, capsys, "-n", "12")["tables"][0])
    assert rows["real vs real: training, by sound"]["all"]["value"] > 0.9 and rows["generator-tiny"]["n"] == 3
    assert rows["floor: silence"]["n"] == 12


def test_novelty(own_models: Path, material: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    line = ["evaluate", "novelty", "--model", "generator-tiny", *material, "-n", "4"]
    assert run(line) == 4
    assert "samplegen data remember" in capsys.readouterr().err
    from samplegen.training.sources.memory import remember

    remember(Path(material[1]), model="generator-tiny", loops=(Path(material[3]), Path(material[5])))
    assert (own_models / "generator-tiny" / MEMORY_FILE).is_file()
    report = ask("novelty", material, capsys, "-n", "4")
    rows = rows_of(report["tables"][0])
    assert rows["copies: training sounds"]["violations"] == 4
    noise, copies = (
        float(rows[name]["nearest (limits)"]) for name in ("floor: white noise", "copies: training sounds")
    )
    assert noise > copies  # though not beyond the limit: the tiny codec makes noise of everything
    assert "generator-tiny, before the guard" in rows and "generator-tiny, finished packs" in rows


def test_speed(tiny_models: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    from samplegen.evaluation.processes import Run
    from samplegen.evaluation.questions import speed

    commands: list[list[str]] = []

    def stand_in(command: list[str], **more: object) -> Run:
        commands.append(list(command))
        return Run(2.0, 3.0, 500.0)

    monkeypatch.setattr(speed, "measure", stand_in)
    report = ask("speed", [], capsys, "-n", "1")
    rows = rows_of(report["tables"][0])
    assert rows["generator-tiny"]["× real time"]["value"] == pytest.approx(30.0)
    assert "--bpm" in commands[0] and commands[0][-2] == "--out"
    parts = rows_of(report["tables"][1])["generator-tiny"]
    assert parts["network calls"] >= 2 and [target["met"] for target in report["targets"]] == [True, True]


def test_all_writes_every_question(
    tiny_models: Path,
    material: list[str],
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    skipped = [word for question in QUESTIONS if question not in ("speed", "codec") for word in ("--skip", question)]
    line = ["evaluate", "all", "--quick", "--model", "generator-tiny", *material, "--out", str(tmp_path), *skipped]
    from samplegen.evaluation.processes import Run
    from samplegen.evaluation.questions import speed

    monkeypatch.setattr(speed, "measure", lambda command, **more: Run(2.0, 3.0, 500.0))
    assert run(line) == 0
    out = capsys.readouterr().out
    assert "# Targets" in out and "# Codec reconstruction" in out
    assert {path.name for path in tmp_path.iterdir()} == {"codec.md", "codec.json", "speed.md", "speed.json"}
    assert set(COUNTS) == set(QUICK) == set(QUESTIONS)


def test_what_is_missing_is_said(
    tiny_models: Path, material: list[str], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert run(["evaluate", "tempo", "--model", "generator-tiny", "--library", str(tmp_path / "none.jsonl")]) == 3
    said = capsys.readouterr().err
    assert "samplegen data scan" in said and "--split held_out" in said
    swapped = ["--library", material[1], "--held-out", material[5], "--train", material[5]]
    assert run(["evaluate", "tempo", "--model", "generator-tiny", *swapped]) == 3
    assert "'train', not 'held_out'" in capsys.readouterr().err
    assert run(["evaluate", "tempo", "--model", "none", *material]) == 4
    assert run(["evaluate", "all", "--skip", "taste", *material]) == 2

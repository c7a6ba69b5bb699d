"""`samplegen pack new`: what it asks, what it writes, what it leaves alone."""

import json
import shlex
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from samplegen.cli import pack_new
from samplegen.cli.failures import INTERRUPTED
from samplegen.conditioning.vocabulary import STYLES
from samplegen.errors import InputError, OutputError, UsageError
from samplegen.pack.recipes.limits import planned_sounds
from samplegen.pack.recipes.reading import read_recipe
from samplegen.pack.recipes.writing import STYLE_BPM, Answers, Size, recipe_text
from tests.pack.recipes.test_reading import record

Run = Callable[..., object]


@pytest.fixture
def new(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.chdir(tmp_path)
    app = typer.Typer()
    app.command()(pack_new.new)
    return lambda *arguments: app([*map(str, arguments)], standalone_mode=False)


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Somebody at a terminal who types these answers; an empty one takes the default."""

    def answer(*texts: str) -> None:
        waiting: Iterator[str] = iter(texts)

        def prompt(question: str, *, default: str, **options: Any) -> str:
            return next(waiting) or default

        monkeypatch.setattr("sys.stdin.isatty", lambda: True)
        monkeypatch.setattr(typer, "prompt", prompt)

    return answer


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize(("size", "sounds"), [("small", 36), ("medium", 57), ("large", 120)])
def test_every_style_and_size_makes_a_recipe(tmp_path: Path, style: str, size: Size, sounds: int) -> None:
    path = tmp_path / "x.toml"
    answers = Answers(name="Rüdiger's {0} #1", style=style, bpm=STYLE_BPM[style], size=size, key="a minor")
    path.write_text(recipe_text(answers), "utf-8")
    recipe = read_recipe(path)
    assert (recipe.name, recipe.prefix, recipe.key) == ("Rüdiger's {0} #1", "RDS0", "Am")
    assert recipe.loops[0].style == style and recipe.midi and recipe.projects and recipe.kits
    assert sum(planned_sounds(recipe, files={}).values()) == sounds


def test_what_is_commented_out_can_be_switched_on(tmp_path: Path) -> None:
    text = recipe_text(Answers(name="P", style="house", bpm=124))
    for line in ("description", "template", "hardware", "demo", "prompt", "fx", "key"):
        assert f"\n# {line} = " in text
        text = text.replace(f"\n# {line} = ", f"\n{line} = ")
    path = tmp_path / "x.toml"
    path.write_text(text, "utf-8")
    recipe = read_recipe(path)
    assert recipe.hardware and not recipe.demo and recipe.loops[0].fx == "punch" and recipe.key == "Am"


def test_options_alone(new: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rain = record(tmp_path / "own sounds" / "rain.wav")
    new(
        "--name", "Night Bus", "--style", "dub", "--bpm", "118.5", "--size", "small", "--key", "C minor",
        "--source", rain,
    )  # fmt: skip
    recipe = read_recipe(Path("night-bus.toml"), inputs={"recording": rain})
    assert (recipe.name, recipe.prefix, recipe.bpm, recipe.key) == ("Night Bus", "NB", (118.5,), "Cm")
    assert recipe.textures[0].source == rain
    printed = capsys.readouterr()
    assert printed.err == "" and printed.out.startswith("Wrote night-bus.toml.")
    assert shlex.split(printed.out.splitlines()[-1]) == [
        "samplegen", "pack", "build", "night-bus.toml", "--input", f"recording={rain}", "--out", "packs/out/night-bus",
    ]  # fmt: skip
    assert str(tmp_path) not in Path("night-bus.toml").read_text()


def test_without_a_terminal_defaults_are_taken_and_named(new: Run, capsys: pytest.CaptureFixture[str]) -> None:
    new("x.toml", "--style", "house")
    recipe = read_recipe(Path("x.toml"))
    assert (recipe.name, recipe.bpm, recipe.loops[0].style) == ("My Pack", (124.0,), "house")
    assert capsys.readouterr().err == ("Not asked, so defaults are taken for --name, --bpm, --size, --key, --source.\n")


def test_questions_are_asked_again_until_the_answer_makes_sense(
    new: Run, typed: Callable[..., None], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rain = record(tmp_path / "rain.wav")
    typed("a/b", "Mine", "tekno", "techno", "fast", "300", "", "huge", "small", "H", "", "nowhere.wav", str(rain))
    new()
    recipe = read_recipe(Path("mine.toml"), inputs={"recording": rain})
    assert (recipe.name, recipe.bpm, recipe.key) == ("Mine", (132.0,), None)
    said = capsys.readouterr().err
    for part in ("a/b", "Did you mean 'techno'?", "'fast'", "300", "'huge'", "'H'", "nowhere.wav"):
        assert part in said
    assert "defaults" not in said


def test_what_an_option_says_is_not_asked(new: Run, typed: Callable[..., None]) -> None:
    typed("small", "", "")
    new("--name", "P", "--style", "dnb", "--bpm", "170")
    assert read_recipe(Path("p.toml")).bpm == (170.0,)


def test_leaving_at_a_question_writes_nothing(
    new: Run, typed: Callable[..., None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def leave(*arguments: Any, **options: Any) -> str:
        raise typer.Abort

    typed()
    monkeypatch.setattr(typer, "prompt", leave)
    assert new() == INTERRUPTED
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_overwritten_without_force(new: Run, tmp_path: Path) -> None:
    path = tmp_path / "x.toml"
    path.write_text("mine")
    with pytest.raises(OutputError, match="is there already. Use --force"):
        new(path)
    assert path.read_text() == "mine"
    with pytest.raises(OutputError, match="is a folder"):
        new(tmp_path, "--force")
    new(path, "--force")
    assert tomllib.loads(path.read_text("utf-8"))["pack"]["name"] == "My Pack"


def test_json(new: Run, capsys: pytest.CaptureFixture[str]) -> None:
    new("x.toml", "--json", "--bpm", "100")
    printed = capsys.readouterr()
    value = json.loads(printed.out)
    assert (value["recipe"], value["bpm"], value["source"]) == ("x.toml", 100.0, None)
    assert value["defaults"] == ["--name", "--style", "--size", "--key", "--source"] and printed.err == ""


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (["--name", "../x"], UsageError, "'../x'"),
        (["--name", ""], UsageError, "1 to 80"),
        (["--style", "polka"], UsageError, "no style 'polka'"),
        (["--bpm", "999"], UsageError, "60 to 200"),
        (["--size", "huge"], UsageError, "--size 'huge'"),
        (["--key", "H"], UsageError, "--key 'H'"),
        (["--source", "nowhere.wav"], InputError, "nowhere.wav"),
    ],
)
def test_options_that_make_no_sense(
    new: Run, tmp_path: Path, arguments: list[str], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        new(*arguments)
    assert list(tmp_path.iterdir()) == []

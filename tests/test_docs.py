"""The commands and snippets in README, docs and cards are real: options exist, values parse, Python compiles."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from samplegen.cli.app import app

ROOT = Path(__file__).parents[1]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("models/**/*.md")])
BLOCK = re.compile(r"^```(\w+)[^\n]*\n(.*?)^```", re.MULTILINE | re.DOTALL)


def blocks(*languages: str) -> Iterator[tuple[str, str]]:
    for page in PAGES:
        for language, text in BLOCK.findall(page.read_text(encoding="utf-8")):
            if language in languages:
                yield str(page.relative_to(ROOT)), text


def shell_lines() -> list[tuple[str, str]]:
    found = []
    for page, text in blocks("sh", "bash", "console", "shell", "powershell"):
        for line in text.replace("\\\n", " ").splitlines():
            found.append((page, line.removeprefix("$ ").strip()))
    return found


def words_of(line: str) -> list[str]:
    """The words of the ``samplegen`` command in a line: no variables before it, nothing after a pipe or ``;``."""
    words = shlex.split(line, comments=True)
    while words and re.match(r"[A-Z_]+=", words[0]):
        words.pop(0)
    if not words or words[0].rsplit("/", 1)[-1] != "samplegen":
        return []
    ends = (index for index, word in enumerate(words) if word in ("|", ">", "&&", ";"))
    return words[1 : next(ends, len(words))]


COMMANDS = [(page, line) for page, line in shell_lines() if words_of(line)]
TARGETS = [(page, line) for page, line in shell_lines() if line.startswith("make ")]


def parse(words: list[str]) -> None:
    """Parse a command line as far as its command would start."""
    command: Any = typer.main.get_command(app)
    context = command.make_context("samplegen", list(words))
    while hasattr(command, "resolve_command"):
        rest = [*context._protected_args, *context.args]
        assert rest or words, "a group needs a command"
        if not rest:
            return
        name, command, rest = command.resolve_command(context, rest)
        context = command.make_context(name, rest, parent=context)


@pytest.mark.parametrize(("page", "line"), COMMANDS)
def test_documented_command_exists(page: str, line: str) -> None:
    try:
        parse(words_of(line))
    except typer.Exit as leave:  # --help and --version end here
        assert leave.exit_code == 0


@pytest.mark.parametrize(("page", "line"), TARGETS)
def test_documented_target_exists(page: str, line: str) -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    asked = {word for word in shlex.split(line, comments=True)[1:] if "=" not in word}
    assert asked <= targets


@pytest.mark.parametrize(("page", "text"), list(blocks("python", "py")))
def test_python_snippet_compiles(page: str, text: str) -> None:
    compile(text, page, "exec")


def test_a_wrong_command_would_be_found() -> None:
    parse(words_of("OMP_NUM_THREADS=1 samplegen loops --bpm 128 -n 8 | cat"))
    with pytest.raises(Exception, match="--frobnicate"):
        parse(["loops", "--frobnicate"])
    with pytest.raises(Exception, match="60 to 200"):
        parse(["loops", "--bpm", "0"])

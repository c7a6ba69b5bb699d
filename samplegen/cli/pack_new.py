"""``samplegen pack new``: asks a few questions and writes a recipe."""

import shlex
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, TypeVar

import typer

from samplegen.cli.console import Console
from samplegen.cli.options import Force, Json, Key, Quiet, choose, parse_bpm, parse_key
from samplegen.errors import InputError, OutputError, UsageError

if TYPE_CHECKING:
    from samplegen.pack.recipes.writing import Size

DEFAULT_NAME: Final = "My Pack"
DEFAULT_STYLE: Final = "techno"
DEFAULT_SIZE: Final = "medium"
Value = TypeVar("Value")


def new(
    file: Annotated[
        Path | None, typer.Argument(metavar="FILE", help="The recipe to write. Left out, named after the pack.")
    ] = None,
    name: Annotated[str | None, typer.Option("--name", metavar="TEXT", help="The pack's name.")] = None,
    style: Annotated[
        str | None,
        typer.Option("--style", metavar="STYLE", help="house, techno, breakbeat, hiphop, dnb, trap, dub or ambient."),
    ] = None,
    bpm: Annotated[
        float | None,
        typer.Option("--bpm", parser=parse_bpm, metavar="BPM", help="Tempo, 60 to 200. Default: the style's."),
    ] = None,
    size: Annotated[
        str | None, typer.Option("--size", metavar="SIZE", help="small, medium or large: about 35, 60 or 120 sounds.")
    ] = None,
    key: Key = None,
    source: Annotated[
        Path | None, typer.Option("--source", metavar="PATH", help="A recording of yours to make textures of.")
    ] = None,
    force: Force = False,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Write a recipe for a pack: asks what no option says.

    Where nobody can be asked (no terminal, --json or --quiet) what is missing takes its default.
    """
    from samplegen import files
    from samplegen.pack.naming import slug
    from samplegen.pack.recipes.names import check_name
    from samplegen.pack.recipes.writing import STYLE_BPM, Answers, check_style, recipe_text

    with Console(as_json=json, quiet=quiet) as console:
        ask = _Questions(console, asking=not (json or quiet) and sys.stdin.isatty())
        name = ask("--name", "Name of the pack", name, DEFAULT_NAME, check_name)
        style = ask("--style", f"Style ({', '.join(STYLE_BPM)})", style, DEFAULT_STYLE, check_style)
        bpm = ask("--bpm", "Tempo in BPM", bpm, float(STYLE_BPM[style]), parse_bpm)
        size = ask("--size", "Size (small, medium, large)", size, DEFAULT_SIZE, _parse_size)
        key = ask("--key", "Key of bass and chords, such as Am (empty: open)", key, None, parse_key)
        source = ask("--source", "A recording of yours, a file or folder (empty: none)", source, None, _parse_source)
        ask.say_defaults()
        path = file or Path(f"{slug(name).lower() or 'pack'}.toml")
        _require_free(path, force=force)
        command = _command(str(path), source, out=path.stem)
        answers = Answers(
            name=name, style=style, bpm=bpm, size=_parse_size(size), key=key, recording=source is not None,
            command=_command(path.name, source and Path(source.name), out=path.stem),  # recipes travel, folders stay
        )  # fmt: skip
        files.write_text(path, recipe_text(answers))
        value = {"recipe": str(path), "name": name, "style": style, "bpm": bpm, "size": size, "key": key}
        console.result(
            {**value, "source": source, "build": command, "defaults": ask.defaults},
            text=f"Wrote {path}. Look into it, then build the pack:\n{command}",
        )


class _Questions:
    """Asks for what no option says, again until the answer makes sense.

    Parameters
    ----------
    asking
        Whether somebody is there; otherwise defaults are taken, and noted.
    """

    def __init__(self, console: Console, *, asking: bool) -> None:
        self._console, self._asking = console, asking
        self.defaults: list[str] = []

    def __call__(
        self, option: str, question: str, given: object, default: Value, parse: Callable[[str], Value]
    ) -> Value:
        """The value given (or typed), as `parse` reads it."""
        if given is not None:
            return parse(str(given))
        if not self._asking:
            self.defaults.append(option)
            return default
        while True:
            text = _prompt(question, _shown(default))
            if not text:
                return default
            try:
                return parse(text)
            except (UsageError, InputError) as error:
                self._console.note(str(error))

    def say_defaults(self) -> None:
        """Tell which options took their defaults."""
        if self.defaults:
            self._console.note(f"Not asked, so defaults are taken for {', '.join(self.defaults)}.")


def _prompt(question: str, default: str) -> str:
    try:
        return str(typer.prompt(question, default=default, show_default=bool(default), err=True)).strip()
    except typer.Abort as error:
        raise KeyboardInterrupt from error


def _shown(default: object) -> str:
    return "" if default is None else f"{default:g}" if isinstance(default, float) else str(default)


def _parse_size(text: str) -> "Size":
    from samplegen.pack.recipes.writing import SIZES

    return choose("--size", text, SIZES)


def _parse_source(text: str) -> Path:
    path = Path(text).expanduser()
    if not path.exists():
        raise InputError(f"There is no file or folder {path}. Name a recording of yours.")
    return path


def _require_free(path: Path, *, force: bool) -> None:
    if path.is_dir():
        raise OutputError(f"{path} is a folder. Name a file, such as {path / 'recipe.toml'}.")
    if path.exists() and not force:
        raise OutputError(f"{path} is there already. Use --force to replace it, or name another file.")


def _command(recipe: str, source: Path | None, *, out: str) -> str:
    """What builds the pack."""
    from samplegen.pack.recipes.writing import INPUT

    given = ["--input", f"{INPUT}={source}"] if source else []
    return shlex.join(["samplegen", "pack", "build", recipe, *given, "--out", f"packs/out/{out}"])

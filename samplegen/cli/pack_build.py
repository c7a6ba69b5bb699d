"""``samplegen pack build``: a recipe to a whole pack."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from samplegen.cli.console import Console, ReportProgress
from samplegen.cli.options import Force, Json, Quiet
from samplegen.errors import UsageError

if TYPE_CHECKING:
    from samplegen.building.build import BuildResult
    from samplegen.pack.recipes.types import Recipe

RecipeName = Annotated[
    str, typer.Argument(metavar="RECIPE", help="A .toml file, or the name of a recipe that comes with samplegen.")
]


def build(
    recipe: RecipeName,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="DIR", help="Folder of the pack; left out, one named after it.")
    ] = None,
    given: Annotated[
        list[str] | None,
        typer.Option("--input", metavar="NAME=PATH", help="A recording or folder that the recipe calls @NAME."),
    ] = None,
    feedback: Annotated[
        Path | None, typer.Option("--feedback", metavar="FILE", help="votes.json of the pack's page: redraws rejects.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be made, and make nothing.")] = False,
    force: Force = False,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Build a pack from a recipe, or finish or update one that is there.

    After Ctrl-C or a crash the same command goes on. After a change of the recipe only what depends on it is made anew.
    """
    inputs = dict(_input(text) for text in given or ())
    from samplegen.pack.recipes.finding import find_recipe
    from samplegen.pack.recipes.reading import read_recipe

    with Console(as_json=json, quiet=quiet) as console:
        read = read_recipe(find_recipe(recipe), inputs=inputs)
        folder = out or Path(_folder_name(read.name))
        if dry_run:
            sections = [(section.name, type(section).__name__) for section in read.sections()]
            console.result({"name": read.name, "folder": folder, "sections": sections}, text=_plan_text(read, folder))
            return
        from samplegen.pipeline import build_pack

        with console.progress(read.name) as report:
            made = build_pack(read, out=folder, feedback=feedback, force=force, progress=_by_section(report))
        for note in made.notes:
            console.note(note)
        console.result(_json(made), text=_text(made))


def _input(text: str) -> tuple[str, Path]:
    name, separator, path = text.partition("=")
    if not separator or not name or not path:
        raise UsageError(f"--input {text!r} is not understood. Write it like recording=rain.wav.")
    return name.removeprefix("@"), Path(path).expanduser()


def _folder_name(name: str) -> str:
    from samplegen.pack.naming import slug

    return slug(name).lower() or "samplegen-pack"


def _by_section(report: ReportProgress) -> Callable[[str, float, float], None]:
    def progress(section: str, done: float, total: float) -> None:
        report(done, total)

    return progress


def _plan_text(recipe: "Recipe", folder: Path) -> str:
    rows = [f"{recipe.name} in {folder}"]
    for section in recipe.sections():
        count = getattr(section, "count", None)
        kind = type(section).__name__.removesuffix("Section").lower()
        rows.append(f"  {kind:12} {section.name:20}" + (f" × {count}" if count else ""))
    return "\n".join(rows)


def _text(made: "BuildResult") -> str:
    sounds, redrawn = len(made.files), f", {made.redraws} redrawn" if made.redraws else ""
    lines = [f"{count:5d}  {name}" for name, count in made.sounds.items()]
    lines += [f"Left out: {sound.reason}" for sound in made.missing]
    told = [f"{name} {100 * rate.rate:.0f} %" for name, rate in made.pass_rates.items() if rate.passed < rate.judged]
    lines.append(f"Draws that passed the gates: {', '.join(told) or 'all'}.")
    beside = f" and {len(made.companions)} files made of them" if made.companions else ""
    lines.append(f"{sounds} sounds{beside} in {made.folder}{redrawn} ({made.seconds:.1f} s)")
    return "\n".join(lines)


def _json(made: "BuildResult") -> dict[str, Any]:
    return {
        "folder": made.folder,
        "sounds": made.sounds,
        "files": [path.as_posix() for path in made.files],
        "companions": list(made.companions),
        "redraws": made.redraws,
        "missing": [sound.reason for sound in made.missing],
        "pass_rates": {name: rate.to_json() for name, rate in made.pass_rates.items()},
        "notes": list(made.notes),
        "seconds": round(made.seconds, 3),
    }

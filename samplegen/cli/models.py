"""``samplegen models``: list, show, pull and verify."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from samplegen.cli.console import Console
from samplegen.cli.options import Force, Json, Quiet

if TYPE_CHECKING:
    from samplegen.checkpoints import ModelSummary

app = typer.Typer(help="List, show, pull and verify models.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(metavar="NAME", help="Name or folder of a model.")]


@app.command("list")
def list_all(json: Json = False, quiet: Quiet = False) -> None:
    """List the installed models, and published weights that can be pulled."""
    from samplegen.checkpoints import PUBLISHED, list_models

    with Console(as_json=json, quiet=quiet) as console:
        models = list_models()
        pullable = sorted(set(PUBLISHED) - {model.name for model in models})
        lines = [_line(model) for model in models] or ["No model is installed."]
        if pullable:
            lines.append(f"To pull: {', '.join(pullable)}")
        console.result({"models": [asdict(model) for model in models], "pullable": pullable}, text="\n".join(lines))


@app.command()
def show(name: Name, json: Json = False, quiet: Quiet = False) -> None:
    """Show a model's card: what it covers, its limits and measured figures."""
    from samplegen.checkpoints import find_model
    from samplegen.checkpoints.locations import CARD_FILE
    from samplegen.checkpoints.store import summarise_model

    with Console(as_json=json, quiet=quiet) as console:
        model = summarise_model(find_model(name))
        file = model.folder / CARD_FILE
        card = file.read_text(encoding="utf-8", errors="replace") if file.is_file() else ""
        console.result({**asdict(model), "card": card}, text=f"{_line(model)}\n{model.folder}\n\n{card}".rstrip())


@app.command()
def pull(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Published weights; 'models list' names them.")],
    file: Annotated[
        Path | None, typer.Option("--file", metavar="FILE", help="The published file, downloaded by hand.")
    ] = None,
    force: Force = False,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Fetch published weights into the user's cache, check and convert them."""
    from samplegen.checkpoints import pull as pull_weights

    with Console(as_json=json, quiet=quiet) as console:
        with console.progress(f"Pulling {name}") as report:
            pulled = pull_weights(name, source=file, force=force, progress=report)
        value = {**asdict(pulled.model), "source_sha256": pulled.source_sha256, "note": pulled.note}
        console.result(value, text=f"{_line(pulled.model)}\n{pulled.model.folder}\n{pulled.note}")


@app.command()
def verify(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="[NAME]...", help="Names or folders. Left out, every model.")
    ] = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Check every file of models against the recorded hashes."""
    from samplegen.checkpoints import list_models, verify_model

    with Console(as_json=json, quiet=quiet) as console:
        wanted = names or [str(model.folder) for model in list_models()]
        verified = [verify_model(name) for name in wanted]
        text = "\n".join(f"{model.name}: intact" for model in verified) or "No model is installed."
        console.result({"models": [asdict(model) for model in verified]}, text=text)


def _line(model: "ModelSummary") -> str:
    facts = f"{model.name}  ({model.family}, {model.size_bytes / 1e6:.1f} MB)"
    return f"{facts}  {model.description}".rstrip()

"""``samplegen train``: a codec, a generator and a joint embedder from a library of sounds."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from samplegen.cli.console import Console
from samplegen.cli.options import FixedSeed, Json, MaxMinutes, MaxSteps, Processes, Quiet

if TYPE_CHECKING:
    from samplegen.training.runs import TrainingResult

app = typer.Typer(help="Train a codec, a generator or a joint embedder.", no_args_is_help=True)

Config = Annotated[
    Path | None, typer.Option("--config", metavar="FILE", help="A .toml that overrides parts of the defaults.")
]
Run = Annotated[Path, typer.Option("--run", metavar="DIR", help="Folder of checkpoints and logs.")]
ModelOut = Annotated[Path, typer.Option("--out", metavar="DIR", help="Model folder to write, named after the model.")]
Resume = Annotated[bool, typer.Option("--resume", help="Go on where the run in --run stopped.")]
Device = Annotated[str, typer.Option("--device", metavar="NAME", help="auto, cpu, cuda or mps.")]


@app.command()
def codec(
    library: Annotated[Path, typer.Argument(metavar="LIBRARY", help="The file that 'data scan' wrote.")],
    out: ModelOut,
    run: Run = Path("runs/codec"),
    family: Annotated[
        str, typer.Option("--family", metavar="NAME", help="spectrogram (for CPUs) or encodec.")
    ] = "spectrogram",
    config: Config = None,
    start_from: Annotated[
        Path | None,
        typer.Option("--start-from", metavar="DIR", help="Run whose best weights to fine-tune; not encodec."),
    ] = None,
    max_minutes: MaxMinutes = None,
    max_steps: MaxSteps = None,
    resume: Resume = False,
    device: Device = "auto",
    processes: Processes = 1,
    seed: FixedSeed = 0,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Train a codec on a scanned library; resumable."""
    from samplegen.training.parallel import speaks
    from samplegen.training.runs import train_codec

    with Console(as_json=json, quiet=quiet or not speaks()) as console:
        with console.progress("Training the codec") as report:
            result = train_codec(
                library,
                out=out,
                run=run,
                family=family,
                config=config,
                start_from=start_from,
                max_minutes=max_minutes,
                max_steps=max_steps,
                resume=resume,
                device=device,
                processes=processes,
                seed=seed,
                progress=report,
            )
        _show(console, result)


@app.command()
def generator(
    latents: Annotated[Path, typer.Argument(metavar="LATENTS", help="The folder that 'data encode' wrote.")],
    out: ModelOut,
    run: Run = Path("runs/generator"),
    size: Annotated[str, typer.Option("--size", metavar="NAME", help="tiny, cpu, small or medium.")] = "cpu",
    codec_name: Annotated[
        str | None,
        typer.Option("--codec", metavar="NAME", help="Codec to decode with. Left out, the one that made the latents."),
    ] = None,
    config: Config = None,
    start_from: Annotated[
        Path | None,
        typer.Option("--start-from", metavar="NAME", help="Run to begin with, or a generator to fine-tune."),
    ] = None,
    max_minutes: MaxMinutes = None,
    max_steps: MaxSteps = None,
    resume: Resume = False,
    device: Device = "auto",
    processes: Processes = 1,
    seed: FixedSeed = 0,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Train a generator on encoded sounds; resumable."""
    from samplegen.training.parallel import speaks
    from samplegen.training.runs import train_generator

    with Console(as_json=json, quiet=quiet or not speaks()) as console:
        with console.progress("Training the generator") as report:
            result = train_generator(
                latents,
                out=out,
                run=run,
                size=size,
                codec=codec_name,
                config=config,
                start_from=start_from,
                max_minutes=max_minutes,
                max_steps=max_steps,
                resume=resume,
                device=device,
                processes=processes,
                seed=seed,
                progress=report,
            )
        _show(console, result)


@app.command("few-step")
def few_step(
    latents: Annotated[Path, typer.Argument(metavar="LATENTS", help="The folder that 'data encode' wrote.")],
    out: ModelOut,
    teacher: Annotated[str, typer.Option("--teacher", metavar="NAME", help="Generator to learn from, name or folder.")],
    run: Run = Path("runs/few-step"),
    config: Config = None,
    max_minutes: MaxMinutes = None,
    max_steps: MaxSteps = None,
    resume: Resume = False,
    device: Device = "auto",
    seed: FixedSeed = 0,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Teach a student to make in 4 evaluations what a generator makes in many with guidance; resumable."""
    from samplegen.training.generators.few_step_runs import train_few_step

    with Console(as_json=json, quiet=quiet) as console:
        with console.progress("Training the student") as report:
            result = train_few_step(
                teacher,
                latents,
                out=out,
                run=run,
                config=config,
                max_minutes=max_minutes,
                max_steps=max_steps,
                resume=resume,
                device=device,
                seed=seed,
                progress=report,
            )
        _show(console, result)


@app.command()
def clap(
    library: Annotated[Path, typer.Argument(metavar="LIBRARY", help="The file that 'data scan' wrote.")],
    out: ModelOut,
    run: Run = Path("runs/clap"),
    loops: Annotated[
        list[Path] | None, typer.Option("--loops", metavar="DIR", help="Folder that 'data render' wrote; repeatable.")
    ] = None,
    teacher: Annotated[
        Path | None,
        typer.Option("--teacher", metavar="DIR", help="Sentence encoder: model.safetensors and tokenizer.json."),
    ] = None,
    config: Config = None,
    max_minutes: MaxMinutes = None,
    max_steps: MaxSteps = None,
    resume: Resume = False,
    processes: Processes = 1,
    seed: FixedSeed = 0,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Train the embedder that joins words and sounds; resumable."""
    from samplegen.training.clap.clap_runs import train_clap
    from samplegen.training.parallel import speaks

    with Console(as_json=json, quiet=quiet or not speaks()) as console:
        with console.progress("Listening and training") as report:
            result = train_clap(
                library,
                out=out,
                run=run,
                loops=loops or (),
                teacher=teacher,
                config=config,
                max_minutes=max_minutes,
                max_steps=max_steps,
                resume=resume,
                processes=processes,
                seed=seed,
                listening=report,
                progress=report,
            )
        _show(console, result)


def _show(console: Console, result: "TrainingResult") -> None:
    figures: Mapping[str, float] = result.figures
    lines = [f"{name}: {value:.4g}" for name, value in figures.items()]
    console.result({"folder": result.folder, "figures": dict(figures)}, text="\n".join([*lines, str(result.folder)]))

"""``samplegen morph`` and ``samplegen phase``: sounds made of recordings that the user gives."""

import dataclasses
from collections.abc import Callable, Mapping
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from samplegen.cli.console import Console
from samplegen.cli.options import (
    AnySeed,
    Count,
    EventsFile,
    Force,
    GridStep,
    Hardware,
    Json,
    Meter,
    OptionalBars,
    OptionalBpm,
    Out,
    PaletteName,
    Plot,
    Preset,
    Quiet,
    Recordings,
    Set,
    Template,
    parse_meter,
)
from samplegen.cli.packs import show_pack
from samplegen.cli.settings import align, preset_rows, read_settings
from samplegen.errors import UsageError

if TYPE_CHECKING:
    from samplegen.engines.morph_chain.grid import Grid

DEFAULT_OUT: Final = Path("samplegen-pack")
DEFAULT_SEED: Final = 42
DEFAULT_GRID: Final = Fraction(1, 8)
LIST: Final = "list"


def morph(
    inputs: Recordings = None,
    preset: Preset = None,
    assignments: Set = None,
    clusters: Annotated[int | None, typer.Option("--clusters", metavar="K", help="Identities, one chain each.")] = None,
    steps: Annotated[int | None, typer.Option("--steps", metavar="N", help="Diffusion steps of a chain.")] = None,
    start: Annotated[
        float | None, typer.Option("--temperature-start", metavar="T", help="How noisy chains begin.")
    ] = None,
    end: Annotated[float | None, typer.Option("--temperature-end", metavar="T", help="How calm they end.")] = None,
    strength: Annotated[float | None, typer.Option("--strength", metavar="0..1", help="Size of the steps.")] = None,
    latent_size: Annotated[
        int | None, typer.Option("--latent-size", metavar="L", help="Dimensions that describe an event.")
    ] = None,
    learning_steps: Annotated[
        int | None, typer.Option("--learning-steps", metavar="N", help="Training of the small network.")
    ] = None,
    bpm: OptionalBpm = None,
    grid: GridStep = None,
    bars: OptionalBars = None,
    meter: Meter = "4/4",
    events: EventsFile = None,
    export_events: Annotated[
        bool, typer.Option("--export-events", help="Write the recording's events as one-shots, too.")
    ] = False,
    count: Count = 1,
    seed: AnySeed = DEFAULT_SEED,
    out: Out = DEFAULT_OUT,
    plot: Plot = False,
    palette: PaletteName = "spec",
    template: Template = None,
    hardware: Hardware = False,
    force: Force = False,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Morph recordings: chains of their own events, from noise to one identity after the other.

    Every variation (-n) of every input becomes a texture, or with --bpm a loop of exact bars. The first variation
    has the very --seed. 'samplegen morph --preset list' shows the presets.
    """
    beats = parse_meter(meter)
    from samplegen.engines.morph_chain.presets import PRESETS, settings_for
    from samplegen.engines.morph_chain.settings import MorphSettings

    with Console(as_json=json, quiet=quiet) as console:
        if preset == LIST:
            _list(console, PRESETS, settings_for)
            return
        flags = {
            "number_of_clusters": clusters, "diffusion_steps": steps, "temperature_start": start,
            "temperature_end": end, "denoising_strength": strength, "latent_size": latent_size,
            "learning_steps": learning_steps,
        }  # fmt: skip
        settings = settings_for(preset, **read_settings(MorphSettings, assignments or (), flags=flags))
        laid = _grid(bpm, grid, bars, beats)
        from samplegen.pipeline import MorphRequest, make_morphs

        with console.progress("Morphing") as report:
            request = MorphRequest(
                inputs=tuple(inputs or ()), preset=_plain(preset), settings=settings, grid=laid,
                events=events, export_events=export_events, count=count, seed=seed, out=out, plot=plot, palette=palette,
                template=template, hardware=hardware, force=force, progress=report,
            )  # fmt: skip
            result = make_morphs(request)
        show_pack(console, result, notes=[f"Note: {note}" for note in result.notes])


def phase(
    inputs: Recordings = None,
    preset: Preset = None,
    assignments: Set = None,
    model: Annotated[
        str | None, typer.Option("--model", metavar="NAME", help="ae_weighted, ar_smear or latent.")
    ] = None,
    amount: Annotated[float | None, typer.Option("--amount", metavar="0..1", help="How much is diffused.")] = None,
    window: Annotated[
        int | None, typer.Option("--window", metavar="SAMPLES", help="Frame length; longer blurs more.")
    ] = None,
    hop: Annotated[int | None, typer.Option("--hop", metavar="SAMPLES", help="Default: a quarter of it.")] = None,
    smear: Annotated[float | None, typer.Option("--smear", metavar="S", help="Strength of the coherence.")] = None,
    steps: Annotated[int | None, typer.Option("--steps", metavar="N", help="Diffusion steps (latent).")] = None,
    temperature: Annotated[
        float | None, typer.Option("--temperature", metavar="T", help="Start of the walk (latent).")
    ] = None,
    clusters: Annotated[int | None, typer.Option("--clusters", metavar="K", help="Kinds of events (latent).")] = None,
    latent_size: Annotated[
        int | None, typer.Option("--latent-size", metavar="L", help="Dimensions that describe an event.")
    ] = None,
    learning_steps: Annotated[
        int | None, typer.Option("--learning-steps", metavar="N", help="Training of the small network.")
    ] = None,
    transients: Annotated[
        bool | None, typer.Option("--transients/--no-transients", help="Keep attacks dry, or not.")
    ] = None,
    count: Count = 1,
    seed: AnySeed = DEFAULT_SEED,
    out: Out = DEFAULT_OUT,
    plot: Plot = False,
    palette: PaletteName = "spec",
    template: Template = None,
    hardware: Hardware = False,
    force: Force = False,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Diffuse the phases of recordings: textures of the same length, from a veil to a drone.

    Every variation (-n) of every input becomes a texture. The first variation has the very --seed.
    'samplegen phase --preset list' shows the presets.
    """
    from samplegen.engines.phase_diffusion.presets import PRESETS, settings_for
    from samplegen.engines.phase_diffusion.settings import PhaseSettings

    with Console(as_json=json, quiet=quiet) as console:
        if preset == LIST:
            _list(console, PRESETS, settings_for)
            return
        flags = {
            "model": model, "diffusion_amount": amount, "window_size": window, "hop_size": hop, "mag_smear": smear,
            "diffusion_steps": steps, "temperature": temperature, "n_clusters": clusters, "latent_size": latent_size,
            "train_steps": learning_steps, "preserve_transients": transients,
        }  # fmt: skip
        settings = settings_for(preset, **read_settings(PhaseSettings, assignments or (), flags=flags))
        from samplegen.pipeline import PhaseRequest, make_phases

        with console.progress("Diffusing") as report:
            request = PhaseRequest(
                inputs=tuple(inputs or ()), preset=_plain(preset), settings=settings, count=count, seed=seed, out=out,
                plot=plot, palette=palette, template=template, hardware=hardware, force=force, progress=report,
            )  # fmt: skip
            result = make_phases(request)
        show_pack(console, result, notes=[f"Note: {note}" for note in result.notes])


def _grid(bpm: float | None, step: Fraction | None, bars: int | None, meter: tuple[int, int]) -> "Grid | None":
    if bpm is None:
        given = "--grid" if step is not None else "--bars" if bars is not None else None
        if given:
            raise UsageError(f"{given} needs a tempo. Give --bpm, too.")
        return None
    from samplegen.engines.morph_chain.grid import Grid

    return Grid(bpm, step or DEFAULT_GRID, bars, *meter)


def _plain(preset: str | None) -> str:
    return (preset or "custom").strip().lower().replace("_", "-").replace(" ", "-")


def _list(console: Console, presets: Mapping[str, Mapping[str, Any]], settings_for: Callable[[str], Any]) -> None:
    """People see what presets differ in, programs every setting."""
    values = {_plain(name): dataclasses.asdict(settings_for(name)) for name in presets}
    console.result({"presets": values}, text=align(preset_rows(presets)))

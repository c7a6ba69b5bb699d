"""``samplegen melody``: loops of a melody in a key, played by one-shots."""

import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from samplegen.cli.console import Console
from samplegen.cli.options import (
    Count,
    Force,
    Hardware,
    Json,
    Model,
    Out,
    Quiet,
    Seed,
    Template,
    TempoFromFile,
    parse_bars,
    parse_bpm,
    parse_key,
    tempo_from,
)
from samplegen.cli.packs import show_pack
from samplegen.errors import UsageError

if TYPE_CHECKING:
    from samplegen.pipeline import PackResult

DEFAULT_OUT: Final = Path("samplegen-pack")


def _parser(option: str, example: str) -> Any:
    def parse(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if not math.isfinite(value):
            raise UsageError(f"{option} {text!r} is not a number. Give one such as {example}.")
        return value

    return parse


def melody(
    key: Annotated[
        str | None, typer.Option("--key", parser=parse_key, metavar="KEY", help="Am, F#, C#m. Default: Am.")
    ] = None,
    scale: Annotated[
        str | None,
        typer.Option("--scale", metavar="SCALE", help="minor, dorian, harmonic-minor, blues … Default: the key's."),
    ] = None,
    bpm: Annotated[
        float | None,
        typer.Option("--bpm", parser=parse_bpm, metavar="BPM", help="60 to 200. Default: that of --midi, else 120."),
    ] = None,
    bars: Annotated[
        int | None, typer.Option("--bars", parser=parse_bars, metavar="BARS", help="Default: those of --midi, else 4.")
    ] = None,
    meter: Annotated[
        str | None, typer.Option("--meter", metavar="N/D", help="Such as 7/8. Default: that of --midi, else 4/4.")
    ] = None,
    tempo_file: TempoFromFile = None,
    contour: Annotated[
        str | None,
        typer.Option("--contour", metavar="SHAPE", help="rise, fall, arch, valley, wave or flat. Default: drawn."),
    ] = None,
    density: Annotated[
        float,
        typer.Option(
            "--density", parser=_parser("--density", "0.5"), metavar="0..1", help="Share of sixteenths with a note."
        ),
    ] = 0.35,
    span: Annotated[int, typer.Option("--range", metavar="SEMITONES", help="Lowest to highest note, 2 to 36.")] = 12,
    repetition: Annotated[
        float,
        typer.Option(
            "--repetition", parser=_parser("--repetition", "0.6"), metavar="0..1", help="How often parts come again."
        ),
    ] = 0.6,
    swing: Annotated[
        float,
        typer.Option("--swing", parser=_parser("--swing", "0.58"), metavar="0.5..0.75", help="0.5 is straight."),
    ] = 0.5,
    gate: Annotated[
        float,
        typer.Option(
            "--gate", parser=_parser("--gate", "0.9"), metavar="0.05..2",
            help="Length of notes: 0.5 short, 1 legato, more overlaps.",
        ),
    ] = 0.9,
    release: Annotated[
        float,
        typer.Option("--release", parser=_parser("--release", "0.2"), metavar="S", help="Fade after a note's end."),
    ] = 0.08,
    octave: Annotated[
        int | None, typer.Option("--octave", metavar="N", help="Lowest tonic; 4 is middle C's. Default: the sounds'.")
    ] = None,
    midi: Annotated[
        Path | None, typer.Option("--midi", metavar="FILE", help="Play these notes, not a drawn line.")
    ] = None,
    like: Annotated[
        list[Path] | None,
        typer.Option("--like", metavar="PATH", help="The instrument: a one-shot, or a folder of notes."),
    ] = None,
    root: Annotated[
        float | None,
        typer.Option("--root", parser=_parser("--root", "60"), metavar="NOTE", help="MIDI note of --like."),
    ] = None,
    prompt: Annotated[
        str | None, typer.Option("--prompt", metavar="TEXT", help="The instrument in words: the model makes it.")
    ] = None,
    kind: Annotated[str | None, typer.Option("--kind", metavar="KIND", help="Of the instrument: synth, bass …")] = None,
    amount: Annotated[
        float,
        typer.Option("--amount", parser=_parser("--amount", "0.4"), metavar="0..4", help="How much takes differ."),
    ] = 0.4,
    engine: Annotated[
        str, typer.Option("--engine", metavar="NAME", help="auto, alpha (the model), or dsp (no model).")
    ] = "auto",
    model: Model = None,
    midi_out: Annotated[
        Path | None, typer.Option("--midi-out", metavar="DIR", help="For the MIDI files. Default: MIDI in the pack.")
    ] = None,
    count: Count = 4,
    seed: Seed = None,
    out: Out = DEFAULT_OUT,
    template: Template = None,
    hardware: Hardware = False,
    force: Force = False,
    json: Json = False,
    quiet: Quiet = False,
) -> None:  # fmt: skip
    """Make melody loops in a key: a line is drawn (or --midi read) and played by one instrument, with its MIDI.

    The instrument is a sound of yours (--like), what the model makes (--prompt), or without a model a plain tone.
    """
    bpm, bars, beats, assumed = tempo_from(tempo_file, bpm=bpm, bars=bars, meter=meter)
    from samplegen.pipeline import make_melodies
    from samplegen.variations.melodies.request import MelodyRequest
    from samplegen.variations.orders.melody import ENGINE, MelodyOrder

    with Console(as_json=json, quiet=quiet) as console:
        with console.progress("Melodies") as report:
            request = MelodyRequest(
                key=key, scale=scale, bpm=bpm, bars=bars, meter=beats, contour=contour, density=density, span=span,
                repetition=repetition, swing=swing, gate=gate, octave=octave, likes=tuple(like or ()), root=root,
                prompt=prompt, kind=kind, midi=midi, model=model, engine=engine, amount=amount, release_s=release,
                midi_out=midi_out, count=count, seed=seed, out=out, template=template, hardware=hardware, force=force,
                progress=report,
            )  # fmt: skip
            order = MelodyOrder(request)
            result = make_melodies(request, order=order)
        _show(console, result, told=assumed, engine=ENGINE, source=order.source, midi=midi_out)


def _show(
    console: Console, result: "PackResult", *, told: list[str], engine: str, source: str, midi: Path | None
) -> None:
    folder = result.folder / "MIDI" if midi is None else midi
    notes = [f"Engine: {engine}, {source} instrument.", *(f"Note: {note}" for note in (*told, *result.notes))]
    if result.unknown_words:
        notes.append(f"The model does not know these words of the prompt: {', '.join(result.unknown_words)}.")
    lines = [str(folder / f"{path.stem}.mid") for path in result.files]
    more = {"engine": engine, "source": source, "midi": lines, "unknown_words": list(result.unknown_words)}
    show_pack(console, result, notes=[*notes, f"MIDI: {folder}."], more=more)

"""``samplegen midi``: drums to notes, grooves, humanised timing, and patterns."""

import math
from pathlib import Path
from typing import Annotated, Final

import typer

from samplegen.cli.console import Console
from samplegen.cli.options import Bars, Count, FixedSeed, Force, Json, Meter, Quiet, choose, parse_bpm, parse_meter
from samplegen.errors import UsageError

app = typer.Typer(help="Drums to MIDI, grooves, humanised timing, and patterns.", no_args_is_help=True)

_STYLES: Final = ("human", "electronic")


def parse_amount(text: str) -> float:
    """A factor of 0 and more."""
    return _number("--amount", text, high=4.0)


def parse_groove_amount(text: str) -> float:
    """A share of 0 to 1."""
    return _number("--amount", text, high=1.0)


def parse_humanize(text: str) -> float:
    """A factor of 0 and more."""
    return _number("--humanize", text, high=4.0)


def parse_swing(text: str) -> float:
    """Share of the first of two notes."""
    value = _number("--swing", text, high=0.75)
    if value < 0.5:
        raise UsageError(f"--swing {text} is not possible. Give 0.5 (straight) to 0.75; triplets are 0.667.")
    return value


def parse_style(text: str) -> str:
    """``human`` or ``electronic``."""
    return choose("--style", text, _STYLES)


def _number(option: str, text: str, *, high: float) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0.0 <= value <= high:
        raise UsageError(f"{option} {text!r} is not a number from 0 to {high:g}.")
    return value


Loop = Annotated[Path, typer.Argument(metavar="LOOP", help="A loop: WAV, FLAC, MP3 …", show_default=False)]
LoopBpm = Annotated[
    float | None,
    typer.Option("--bpm", parser=parse_bpm, metavar="BPM", help="Tempo. Default: the file's tag, else measured."),
]
LoopMeter = Annotated[
    str | None, typer.Option("--meter", metavar="N/D", help="Such as 7/8. Default: the file's tag, else 4/4.")
]
OutFile = Annotated[
    Path | None, typer.Option("--out", metavar="FILE", help="MIDI file to write. Default: the input's name, here.")
]


@app.command("transcribe")
def transcribe(
    loop: Loop,
    bpm: LoopBpm = None,
    meter: LoopMeter = None,
    quantise: Annotated[bool, typer.Option("--quantise", "--quantize", help="Every hit on its sixteenth.")] = False,
    out: OutFile = None,
    force: Force = False,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Write the drums of a loop as MIDI: kick, snare, clap, rim, hats, toms, cymbals, percussion."""
    beats = None if meter is None else parse_meter(meter)
    target = out or Path(f"{loop.stem}.mid")
    from samplegen.pack.midi.from_files import transcribe_file

    with Console(as_json=json, quiet=quiet) as console:
        told = transcribe_file(loop, target, bpm=bpm, meter=beats, quantise=quantise, force=force)
        _show(console, told.transcription.bpm, told.transcription.pattern.bars, target, text=told.summary)


@app.command("groove")
def groove(
    loop: Loop,
    apply: Annotated[
        Path | None, typer.Option("--apply", metavar="MIDI", help="Play this MIDI file with the groove.")
    ] = None,
    amount: Annotated[
        float, typer.Option("--amount", parser=parse_groove_amount, metavar="0..1", help="How far notes go to it.")
    ] = 1.0,
    bpm: LoopBpm = None,
    meter: LoopMeter = None,
    out: OutFile = None,
    force: Force = False,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Write the groove of a loop (how late and how loud each sixteenth is) as MIDI, or play a MIDI file with it."""
    beats = None if meter is None else parse_meter(meter)
    target = out or Path(f"{(apply or loop).stem}_groove.mid")
    from samplegen.pack.midi.from_files import groove_file

    with Console(as_json=json, quiet=quiet) as console:
        told = groove_file(loop, target, apply_to=apply, amount=amount, bpm=bpm, meter=beats, force=force)
        _show(console, told.transcription.bpm, told.transcription.pattern.bars, target, text=told.summary)


@app.command("humanize")
def humanize(
    source: Annotated[Path, typer.Argument(metavar="MIDI", help="A MIDI file.", show_default=False)],
    out: OutFile = None,
    amount: Annotated[
        float, typer.Option("--amount", parser=parse_amount, metavar="0..4", help="1 is a whole drummer.")
    ] = 1.0,
    style: Annotated[
        str,
        typer.Option("--style", parser=parse_style, metavar="STYLE", help="human, or electronic: tighter."),
    ] = "human",
    swing: Annotated[
        float | None,
        typer.Option("--swing", parser=parse_swing, metavar="0.5..0.75", help="Swing sixteenths; 0.667 is triplets."),
    ] = None,
    seed: FixedSeed = 0,
    force: Force = False,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Move and level the notes of a MIDI file as drummers do; its length and everything else stay."""
    target = out or Path(f"{source.stem}_human.mid")
    from samplegen.pack.midi.from_files import humanise_file
    from samplegen.score.timing import Humanising

    with Console(as_json=json, quiet=quiet) as console:
        how = Humanising(amount=amount, style=style, swing=swing)  # type: ignore[arg-type]  # checked by its parser
        music = humanise_file(source, target, how, seed=seed, force=force)
        count = len(music.notes)
        console.result({"file": target, "notes": count, "seed": seed}, text=f"{target}: {count} notes")


@app.command("patterns")
def patterns(
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Folder to write to; made where missing.")],
    style: Annotated[
        str | None,
        typer.Option("--style", metavar="STYLE", help="house, techno, breakbeat, hiphop, dnb, trap, dub or ambient."),
    ] = None,
    bpm: Annotated[
        float | None, typer.Option("--bpm", parser=parse_bpm, metavar="BPM", help="Tempo. Default: usual in the style.")
    ] = None,
    bars: Bars = 4,
    meter: Meter = "4/4",
    humanize: Annotated[
        float, typer.Option("--humanize", parser=parse_humanize, metavar="0..4", help="1 is a whole drummer.")
    ] = 0.0,
    count: Count = 4,
    seed: FixedSeed = 0,
    force: Force = False,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Write drum patterns: those that the training loops were rendered of."""
    beats = parse_meter(meter)
    from samplegen.pack.midi.from_files import write_patterns

    with Console(as_json=json, quiet=quiet) as console:
        paths = write_patterns(
            out, style=style, count=count, bars=bars, bpm=bpm, meter=beats, humanize=humanize, seed=seed, force=force
        )
        console.result({"files": [str(path) for path in paths]}, text="\n".join(map(str, paths)))


def _show(console: Console, bpm: float, bars: int, target: Path, *, text: str) -> None:
    console.result({"file": target, "bpm": bpm, "bars": bars}, text=f"{target}: {text}")

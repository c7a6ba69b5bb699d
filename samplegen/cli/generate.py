"""``samplegen loops`` and ``samplegen oneshots``: sounds from a model, written as a pack."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, get_args

import typer

from samplegen.cli.console import Console
from samplegen.cli.options import (
    Count,
    Force,
    Fx,
    GuidanceBpm,
    GuidanceText,
    Hardware,
    Json,
    Key,
    Likes,
    LikeWeight,
    Model,
    MorphTo,
    Negative,
    Out,
    Prompt,
    PromptBars,
    PromptBpm,
    PromptMeter,
    Quiet,
    Seed,
    Template,
    TempoFromFile,
    TextGap,
    choose,
    parse_like,
    tempo_from,
)
from samplegen.cli.packs import show_pack

if TYPE_CHECKING:
    from samplegen.pipeline import PackResult

DEFAULT_OUT: Final = Path("samplegen-pack")
DEFAULT_GAP: Final = "none"

Style = Annotated[
    str | None,
    typer.Option("--style", metavar="STYLE", help="house, techno, breakbeat, hiphop, dnb, trap, dub or ambient."),
]
LoopKind = Annotated[
    str | None,
    typer.Option("--kind", metavar="KIND", help="drums, tops (no kick), kick, percussion, bass or chord."),
]
OneShotKind = Annotated[
    list[str] | None,
    typer.Option("--kind", metavar="KIND", help="kick, snare, hat_closed …; may be repeated. Left out, all kinds."),
]


def loops(
    bpm: PromptBpm = None,
    bars: PromptBars = None,
    meter: PromptMeter = None,
    tempo_file: TempoFromFile = None,
    key: Key = None,
    kind: LoopKind = None,
    style: Style = None,
    prompt: Prompt = None,
    negative: Negative = None,
    morph_to: MorphTo = None,
    like: Likes = None,
    like_weight: LikeWeight = None,
    guidance_bpm: GuidanceBpm = None,
    guidance_text: GuidanceText = None,
    text_gap: TextGap = DEFAULT_GAP,
    count: Count = 4,
    seed: Seed = None,
    model: Model = None,
    out: Out = DEFAULT_OUT,
    fx: Fx = None,
    template: Template = None,
    hardware: Hardware = False,
    force: Force = False,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Make loops of exact length that repeat without a seam.

    Tempo, bars, meter, kind and style in a --prompt are applied and told; where an option says otherwise, that is
    an error.
    """
    bpm, bars, beats, assumed = tempo_from(tempo_file, bpm=bpm, bars=bars, meter=meter)
    sounds = _likes(like)
    gap = _text_gap(text_gap)
    from samplegen.pipeline import LoopRequest, make_loops

    with Console(as_json=json, quiet=quiet) as console:
        told, announce = _announcer(console)
        for note in assumed:
            announce(note)
        with console.progress("Loops") as report:
            request = LoopRequest(
                bpm=bpm, bars=bars, meter=beats, key=key, kind=kind, style=style, prompt=prompt, negative=negative,
                morph_to=morph_to, likes=sounds, like_weight=like_weight, guidance_bpm=guidance_bpm,
                guidance_text=guidance_text, text_gap=gap, count=count, seed=seed, model=model, out=out, fx=fx,
                template=template, hardware=hardware, force=force, progress=report, announce=announce,
            )  # fmt: skip
            result = make_loops(request)
        _show(console, result, told=told)


def oneshots(
    kind: OneShotKind = None,
    key: Key = None,
    style: Style = None,
    prompt: Prompt = None,
    negative: Negative = None,
    morph_to: MorphTo = None,
    like: Likes = None,
    like_weight: LikeWeight = None,
    guidance_bpm: GuidanceBpm = None,
    guidance_text: GuidanceText = None,
    text_gap: TextGap = DEFAULT_GAP,
    count: Count = 12,
    seed: Seed = None,
    model: Model = None,
    out: Out = DEFAULT_OUT,
    fx: Fx = None,
    template: Template = None,
    hardware: Hardware = False,
    force: Force = False,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Make one-shots: single hits and notes.

    Kinds and styles in a --prompt are applied and told; where an option says otherwise, that is an error.
    """
    sounds = _likes(like)
    gap = _text_gap(text_gap)
    from samplegen.pipeline import OneShotRequest, make_one_shots

    with Console(as_json=json, quiet=quiet) as console:
        told, announce = _announcer(console)
        with console.progress("One-shots") as report:
            request = OneShotRequest(
                kinds=tuple(kind or ()), key=key, style=style, prompt=prompt, negative=negative, morph_to=morph_to,
                likes=sounds, like_weight=like_weight, guidance_bpm=guidance_bpm, guidance_text=guidance_text,
                text_gap=gap, count=count, seed=seed, model=model, out=out, fx=fx, template=template,
                hardware=hardware, force=force, progress=report, announce=announce,
            )  # fmt: skip
            result = make_one_shots(request)
        _show(console, result, told=told)


def _likes(texts: Sequence[str] | None) -> tuple[Any, ...]:
    from samplegen.pipeline import Like

    return tuple(Like(*parse_like(text)) for text in texts or ())


def _text_gap(text: str) -> Any:
    from samplegen.conditioning.clap.types import TextGapMethod

    return choose("--text-gap", text, get_args(TextGapMethod))


def _announcer(console: Console) -> tuple[list[str], Callable[[str], None]]:
    """What was told so far, and a function that tells more."""
    told: list[str] = []

    def announce(note: str) -> None:
        told.append(note)
        console.note(note)

    return told, announce


def _show(console: Console, result: "PackResult", *, told: Sequence[str]) -> None:
    notes = [note for note in result.notes if note not in told]
    if result.unknown_words:
        notes.append(f"The model does not know these words of the prompt: {', '.join(result.unknown_words)}.")
    more = {"applied": dict(result.applied), "unknown_words": list(result.unknown_words)}
    show_pack(console, result, notes=notes, left_out="Left out, as no draw passed the gates", more=more)

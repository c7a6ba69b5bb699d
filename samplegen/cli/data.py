"""``samplegen data``: a folder of sounds to training data."""

from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from samplegen.cli.console import Console
from samplegen.cli.options import Count, FixedSeed, Json, Quiet, choose
from samplegen.conditioning.clap.types import DEFAULT_CLAP

if TYPE_CHECKING:
    from samplegen.training.encoding.encode import EncodeResult
    from samplegen.training.sources.library import ScanResult
    from samplegen.training.sources.split import Split

app = typer.Typer(help="Prepare training data: scan, render, encode.", no_args_is_help=True)

SPLITS: Final[tuple["Split", ...]] = ("train", "held_out")

Clap = Annotated[
    str | None, typer.Option("--clap", metavar="NAME", help="Also keep this CLAP's vectors, to train on texts.")
]
Loops = Annotated[
    list[Path] | None,
    typer.Option("--loops", metavar="DIR", help="Folder that 'data render' wrote; may be repeated."),
]
LibraryFile = Annotated[Path, typer.Argument(metavar="LIBRARY", help="The file that 'data scan' wrote.")]
SplitName = Annotated[str, typer.Option("--split", metavar="NAME", help="train or held_out: whose sounds are used.")]


@app.command()
def scan(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Folder of sounds, with or without an index.csv.")],
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="The library file to write.")] = Path(
        "data/library.jsonl"
    ),
    licence: Annotated[
        list[str] | None,
        typer.Option("--licence", metavar="SPDX", help="Licence to keep from an index.csv; may be repeated."),
    ] = None,
    measure: Annotated[
        bool, typer.Option("--measure/--no-measure", help="Measure the tempo and key of loops that do not say.")
    ] = True,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Scan a folder of sounds into a library file.

    Kinds, tempi and keys come from an index.csv or from names, measured where missing; every
    dropped file is listed with its reason.
    """
    from samplegen.training.sources.library import save_library
    from samplegen.training.sources.scan import scan_library

    with Console(as_json=json, quiet=quiet) as console:
        with console.progress(f"Scanning {folder}"):
            result = scan_library(folder, licences=licence, measure=measure)
        save_library(out, result)
        kinds = dict(Counter(record.kind for record in result.records).most_common())
        dropped = [{"path": item.path, "reason": item.reason} for item in result.dropped]
        value = {"library": out, "sounds": len(result.records), "kinds": kinds, "dropped": dropped}
        console.result(value, text=_scan_text(result, kinds, out))


@app.command()
def render(
    library: LibraryFile,
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Folder of loops, with an index.jsonl.")] = Path(
        "data/loops"
    ),
    count: Count = 100,
    seed: FixedSeed = 0,
    split: SplitName = "train",
    file_format: Annotated[str, typer.Option("--format", metavar="NAME", help="flac or wav.")] = "flac",
    synth: Annotated[
        float,
        typer.Option("--synth", min=0.0, max=1.0, help="Share of tonal loops on synthesised instruments."),
    ] = 0.5,
    processes: Annotated[
        int, typer.Option("--processes", min=1, max=256, help="Processes that share the work; the bytes are the same.")
    ] = 2,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Render training loops from a library's one-shots.

    Each loop is exact to the sample, with its beats, tags and caption; the same series and number
    give the same loop, and a second run goes on where the first stopped.
    """
    from samplegen.training.rendering.render_folder import render_to_folder
    from samplegen.training.sources.library import load_library

    with Console(as_json=json, quiet=quiet) as console:
        scanned = load_library(library).library
        with console.progress("Rendering") as report:
            made = render_to_folder(
                scanned,
                out,
                count=count,
                seed=seed,
                split=choose("--split", split, SPLITS),
                file_format=file_format,
                on_loop=lambda number: report(number + 1, count),
                processes=processes,
                patch_share=synth,
            )
        console.result({"folder": out, "loops": count, "new": made}, text=f"{count} loops in {out}, {made} of them new")


@app.command()
def card(
    library: LibraryFile,
    loops: Loops = None,
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="The Markdown file to write.")] = Path(
        "docs/data.md"
    ),
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Write a card of the training data: counts, sources and licences, what is held out, and what is missing."""
    from samplegen.files import write_text
    from samplegen.training.sources.card import data_card, read_folders, relative
    from samplegen.training.sources.library import load_library

    with Console(as_json=json, quiet=quiet) as console:
        folders = read_folders(loops or ())
        scanned = load_library(library).library
        write_text(out, data_card(scanned, folders, name=relative(library)))
        counts = {folder.name: len(folder.entries) for folder in folders}
        value = {"card": out, "sounds": len(scanned.records), "loops": counts}
        console.result(value, text=f"{out}: {len(scanned.records)} sounds, {sum(counts.values())} loops")


@app.command()
def encode(
    library: LibraryFile,
    codec: Annotated[str, typer.Option("--codec", metavar="NAME", help="Codec, by name or folder.")],
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Folder of latents.")] = Path("data/latents"),
    loops: Loops = None,
    clap: Clap = None,
    ray: Annotated[
        str | None,
        typer.Option("--ray", metavar="ADDRESS", help="Encode on a Ray cluster: auto, HOST:PORT or ray://HOST:PORT."),
    ] = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Encode one-shots, rendered loops, and recorded loops that hold whole bars, into latents.

    With --ray the workers of a cluster share the files, which they must find at the same places; the
    bytes are the same.
    """
    from samplegen.training.encoding.encode import encode_library

    with Console(as_json=json, quiet=quiet) as console:
        with console.progress("Encoding") as report:
            made = encode_library(library, codec=codec, out=out, loops=loops or (), clap=clap, ray=ray, progress=report)
        console.result(asdict(made), text=_encoded_text(made))


@app.command()
def caption(
    latents: Annotated[Path, typer.Argument(metavar="LATENTS", help="The folder that 'data encode' wrote.")],
    library: Annotated[Path, typer.Option("--library", metavar="FILE", help="The library that was encoded.")],
    loops: Loops = None,
    clap: Annotated[str, typer.Option("--clap", metavar="NAME", help="Embeds sounds and texts.")] = DEFAULT_CLAP,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Add a CLAP's vectors of sounds, and of texts about them, to latents, without encoding again.

    Name the library and the loops that were encoded, loops in the same order.
    """
    from samplegen.training.encoding.encode import caption_latents

    with Console(as_json=json, quiet=quiet) as console:
        with console.progress("Listening") as report:
            made = caption_latents(latents, library=library, loops=loops or (), clap=clap, progress=report)
        console.result(asdict(made), text=f"Vectors of {made.sounds} sounds by {made.clap} in {made.folder}")


@app.command()
def degrade(
    latents: Annotated[Path, typer.Argument(metavar="LATENTS", help="The folder that 'data encode' wrote.")],
    library: Annotated[Path, typer.Option("--library", metavar="FILE", help="The library that was encoded.")],
    loops: Loops = None,
    copies: Annotated[int, typer.Option("--copies", min=1, max=16, help="Degraded copies of each sound.")] = 1,
    seed: FixedSeed = 0,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Add latents of the same sounds made worse (band-limited, coarse, lossy), for a generator that enhances.

    Name the library and the loops that were encoded, loops in the same order.
    """
    from samplegen.training.encoding.degrade import degrade_latents

    with Console(as_json=json, quiet=quiet) as console:
        with console.progress("Degrading") as report:
            made = degrade_latents(
                latents, library=library, loops=tuple(loops or ()), copies=copies, seed=seed, progress=report
            )
        console.result(asdict(made), text=f"{made.copies} degraded copies of {made.sounds} sounds in {made.folder}")


@app.command()
def remember(
    library: LibraryFile,
    model: Annotated[str, typer.Option("--model", metavar="NAME", help="Generator that learned from them.")],
    loops: Loops = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Store fingerprints of the training sounds beside a model, so that copies of them are refused.

    Name the library and the loops that it was trained on, and held-out loops too: how near those come
    to the training ones settles the limit.
    """
    from samplegen.training.sources.memory import remember as store_memory

    with Console(as_json=json, quiet=quiet) as console:
        with console.progress("Listening") as report:
            made = store_memory(library, model=model, loops=tuple(loops or ()), progress=report)
        lines = [f"{name}: {facts.trained} sounds, limit {facts.limit:.3f}" for name, facts in made.forms.items()]
        text = "\n".join([*lines, f"{made.size_bytes / 1e6:.1f} MB: {made.file}"])
        console.result(asdict(made), text=text)


def _encoded_text(made: "EncodeResult") -> str:
    lines = [f"left out {path}: no tempo from 60 to 200 BPM, or no whole bars of it" for path in made.left_out]
    return "\n".join([*lines, f"{made.one_shots} one-shots and {made.loops} loops encoded in {made.folder}"])


def _scan_text(result: "ScanResult", kinds: dict[str, int], out: Path) -> str:
    lines = [f"{count:7d}  {kind}" for kind, count in kinds.items()]
    lines += [f"dropped  {item.path}: {item.reason}" for item in result.dropped]
    return "\n".join([*lines, f"{len(result.records)} sounds kept, {len(result.dropped)} files dropped: {out}"])

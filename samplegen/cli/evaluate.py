"""``samplegen evaluate``: one command for each question that can be asked of a model."""

import shlex
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from samplegen.cli.console import Console
from samplegen.cli.evaluation_data import read_material
from samplegen.cli.options import FixedSeed, Json, Model, Quiet, parse_count
from samplegen.conditioning.clap.types import DEFAULT_CLAP
from samplegen.errors import UsageError

if TYPE_CHECKING:
    from samplegen.codec.base import Codec
    from samplegen.conditioning.embedder import Embedder
    from samplegen.evaluation.questions.material import Material
    from samplegen.evaluation.questions.report import Report
    from samplegen.evaluation.questions.systems import System

app = typer.Typer(
    help="Measure a model beside real sounds, an earlier model and noise: tables with 95 % intervals.",
    no_args_is_help=True,
)

COUNTS: Final = {
    "codec": 186, "distance": 100, "tempo": 70, "seam": 70, "adherence": 240, "diversity": 100, "novelty": 500,
    "speed": 3,
}  # fmt: skip
QUICK: Final = {
    "codec": 24, "distance": 16, "tempo": 14, "seam": 14, "adherence": 24, "diversity": 16, "novelty": 25, "speed": 1,
}  # fmt: skip

Previous = Annotated[
    list[str] | None,
    typer.Option("--previous", metavar="NAME", help="An earlier model to stand beside it, by name or folder; repeat."),
]
Library = Annotated[
    Path, typer.Option("--library", metavar="FILE", help="The library that 'data scan' wrote, with its split.")
]
Held = Annotated[
    Path, typer.Option("--held-out", metavar="DIR", help="Loops that 'data render --split held_out' wrote.")
]
Train = Annotated[Path, typer.Option("--train", metavar="DIR", help="Loops that 'data render --split train' wrote.")]
Number = Annotated[
    int | None, typer.Option("-n", "--count", parser=parse_count, metavar="N", help="Sounds of each row, or runs.")
]
Folder = Annotated[
    Path | None, typer.Option("--out", metavar="DIR", help="Also write QUESTION.md and QUESTION.json there.")
]
CodecName = Annotated[
    str | None,
    typer.Option("--codec", metavar="NAME", help="Codec of the latent embedding, for all systems: the --model's."),
]
Claps = Annotated[
    list[str] | None,
    typer.Option("--clap", metavar="NAME", help=f"CLAP to compare with, such as laion-clap-music: {DEFAULT_CLAP}."),
]
DATA, HELD, TRAIN = Path("data/library.jsonl"), Path("data/loops/held_out"), Path("data/loops/train")


@dataclass(frozen=True)
class _Asked:
    """What the command line says; models and sounds are loaded when a question needs them."""

    model: str | None
    previous: tuple[str, ...]
    library: Path
    held: Path
    train: Path
    seed: int
    codec: str | None = None
    claps: tuple[str, ...] = (DEFAULT_CLAP,)

    @cached_property
    def material(self) -> "Material":
        return read_material(self.library, held=self.held, train=self.train)

    @cached_property
    def systems(self) -> "list[System]":
        from samplegen.evaluation.questions.systems import load_systems
        from samplegen.pipeline import DEFAULT_MODEL

        return load_systems(self.model or DEFAULT_MODEL, self.previous)

    @cached_property
    def spaces(self) -> "tuple[Codec, list[Embedder]]":
        from samplegen.codec import load_codec
        from samplegen.conditioning.clap import load_clap

        codec = load_codec(self.codec) if self.codec else self.systems[0].generator.codec
        return codec, [load_clap(name) for name in self.claps]

    @cached_property
    def codecs(self) -> "dict[str, Codec]":
        from samplegen.evaluation.questions.systems import load_codecs

        if self.codec is None:
            return load_codecs([system.generator.codec for system in self.systems])
        return load_codecs([self.codec, *self.previous])

    def words(self, question: str, count: int) -> str:
        """The command that asks `question` again."""
        parts = ["samplegen", "evaluate", question, "-n", str(count), "--seed", str(self.seed)]
        parts += ["--model", self.model] if self.model else []
        parts += ["--codec", self.codec] if self.codec else []
        parts += [word for name in self.previous for word in ("--previous", name)]
        parts += [word for name in self.claps if self.claps != (DEFAULT_CLAP,) for word in ("--clap", name)]
        places = (("--library", self.library, DATA), ("--held-out", self.held, HELD), ("--train", self.train, TRAIN))
        parts += [word for name, path, usual in places if path != usual for word in (name, str(path))]
        return shlex.join(parts)


def _codec(asked: _Asked, count: int, progress: Any) -> "Report":
    from samplegen.evaluation.questions.codec import ask_codec

    return ask_codec(asked.codecs, asked.material, count=count, seed=asked.seed, progress=progress)


def _distance(asked: _Asked, count: int, progress: Any) -> "Report":
    from samplegen.evaluation.questions.distance import ask_distance

    material, (codec, claps) = asked.material, asked.spaces
    return ask_distance(
        asked.systems, material, count=count, seed=asked.seed, codec=codec, claps=claps, progress=progress
    )


def _tempo(asked: _Asked, count: int, progress: Any) -> "Report":
    from samplegen.evaluation.questions.tempo import ask_tempo

    material = asked.material
    return ask_tempo(asked.systems, material, count=count, seed=asked.seed, progress=progress)


def _seam(asked: _Asked, count: int, progress: Any) -> "Report":
    from samplegen.evaluation.questions.seam import ask_seam

    material = asked.material
    return ask_seam(asked.systems, material, count=count, seed=asked.seed, progress=progress)


def _adherence(asked: _Asked, count: int, progress: Any) -> "Report":
    from samplegen.evaluation.questions.adherence import ask_adherence

    material = asked.material
    return ask_adherence(asked.systems, material, count=count, seed=asked.seed, progress=progress)


def _diversity(asked: _Asked, count: int, progress: Any) -> "Report":
    from samplegen.evaluation.questions.diversity import ask_diversity

    material, (codec, claps) = asked.material, asked.spaces
    return ask_diversity(
        asked.systems, material, count=count, seed=asked.seed, codec=codec, claps=claps, progress=progress
    )


def _novelty(asked: _Asked, count: int, progress: Any) -> "Report":
    from samplegen.evaluation.questions.novelty import ask_novelty
    from samplegen.pipeline import make_loops, make_one_shots

    material = asked.material
    return ask_novelty(
        asked.systems, material, count=count, seed=asked.seed, make_one_shots=make_one_shots, make_loops=make_loops,
        progress=progress,
    )  # fmt: skip


def _speed(asked: _Asked, count: int, progress: Any) -> "Report":
    from samplegen.evaluation.questions.speed import ask_speed

    return ask_speed(asked.systems, count=count, seed=asked.seed, progress=progress)


QUESTIONS: Final[dict[str, Callable[[_Asked, int, Any], "Report"]]] = {
    "speed": _speed, "codec": _codec, "tempo": _tempo, "seam": _seam, "distance": _distance, "diversity": _diversity,
    "adherence": _adherence, "novelty": _novelty,
}  # fmt: skip


def _answer(
    questions: Sequence[str], asked: _Asked, *, counts: dict[str, int], out: Path | None, json: bool, quiet: bool
) -> None:
    import time

    from samplegen.evaluation.questions.report import summary, write_report

    reports: list[Report] = []
    with Console(as_json=json, quiet=quiet) as console:
        for question in questions:
            start, count = time.monotonic(), counts[question]
            with console.progress(question.capitalize()) as progress:
                report = QUESTIONS[question](asked, count, progress)
            reports.append(replace(report, command=asked.words(question, count)))
            if out is not None:
                write_report(out, reports[-1])
            console.note(f"{question}: {time.monotonic() - start:.0f} s")
        value = reports[0].to_json() if len(reports) == 1 else {"reports": [report.to_json() for report in reports]}
        pages = "\n".join(report.markdown() for report in reports)
        console.result(value, text=pages + ("\n# Targets\n\n" + summary(reports) if len(reports) > 1 else ""))


def _one(question: str, asked: _Asked, *, count: int | None, out: Path | None, json: bool, quiet: bool) -> None:
    counts = {question: COUNTS[question] if count is None else count}
    _answer([question], asked, counts=counts, out=out, json=json, quiet=quiet)


@app.command()
def codec(
    name: Annotated[
        str | None, typer.Option("--codec", metavar="NAME", help="Codec, by name or folder: the --model's.")
    ] = None,
    model: Model = None,
    previous: Annotated[
        list[str] | None,
        typer.Option("--previous", metavar="NAME", help="An earlier codec (without --codec: generator); repeat."),
    ] = None,
    count: Number = None,
    seed: FixedSeed = 1,
    library: Library = DATA,
    held: Held = HELD,
    train: Train = TRAIN,
    out: Folder = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """What a codec takes away from held-out sounds, beside MP3, low-passes, other sounds, noise and silence."""
    asked = _Asked(model, tuple(previous or ()), library, held, train, seed, name)
    _one("codec", asked, count=count, out=out, json=json, quiet=quiet)


def _question(question: str, text: str, *, spaces: bool = False) -> None:
    """Register a question of generators; those that compare sets of sounds also take --codec and --clap."""

    def plain(
        model: Model = None, previous: Previous = None, count: Number = None, seed: FixedSeed = 1,
        library: Library = DATA, held: Held = HELD, train: Train = TRAIN, out: Folder = None, json: Json = False,
        quiet: Quiet = False,
    ) -> None:  # fmt: skip
        asked = _Asked(model, tuple(previous or ()), library, held, train, seed)
        _one(question, asked, count=count, out=out, json=json, quiet=quiet)

    def comparing(
        model: Model = None, previous: Previous = None, codec: CodecName = None, clap: Claps = None,
        count: Number = None, seed: FixedSeed = 1, library: Library = DATA, held: Held = HELD, train: Train = TRAIN,
        out: Folder = None, json: Json = False, quiet: Quiet = False,
    ) -> None:  # fmt: skip
        claps = tuple(clap or (DEFAULT_CLAP,))
        asked = _Asked(model, tuple(previous or ()), library, held, train, seed, codec, claps)
        _one(question, asked, count=count, out=out, json=json, quiet=quiet)

    app.command(question, help=text)(comparing if spaces else plain)


_question("distance", "How far generated sounds are from held-out ones: kernel distance and FAD∞.", spaces=True)
_question("tempo", "Tempo and onsets of loops before gates, from 60 to 200 BPM, by two independent estimators.")
_question("seam", "Whether a detector tells where loops begin, beside naive cuts and crossfades.")
_question("adherence", "Whether one-shots sound like the kind, the sentence and the words that were asked for.")
_question("diversity", "How many different sounds, and how much of the held-out ones they cover.", spaces=True)
_question("novelty", "How near sounds come to training sounds, before the guard and in finished packs.")
_question("speed", "Whole processes, network and codec: seconds, memory, times real time.")


@app.command("all")
def every(
    model: Model = None,
    previous: Previous = None,
    quick: Annotated[bool, typer.Option("--quick", help="Few sounds: what works, not how well.")] = False,
    skip: Annotated[
        list[str] | None, typer.Option("--skip", metavar="QUESTION", help="Leave a question out; may be repeated.")
    ] = None,
    seed: FixedSeed = 1,
    library: Library = DATA,
    held: Held = HELD,
    train: Train = TRAIN,
    out: Folder = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Ask every question; sounds that several need are made once."""
    unknown = sorted(set(skip or ()) - set(QUESTIONS))
    if unknown:
        raise UsageError(f"--skip {unknown[0]!r} is no question. Choose among {', '.join(QUESTIONS)}.")
    asked = _Asked(model, tuple(previous or ()), library, held, train, seed)
    questions = [question for question in QUESTIONS if question not in (skip or ())]
    _answer(questions, asked, counts=QUICK if quick else COUNTS, out=out, json=json, quiet=quiet)

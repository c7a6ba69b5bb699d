"""A joint embedder of text and audio on held-out sounds: retrieval by text, classes, robustness, text gap.

python benchmarks/retrieval.py --clap clap-small-44k --library FOLDER --loops data/loops/held_out --seed 1
"""

import argparse
import shlex
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from samplegen.audio.descriptors import describe_audio
from samplegen.audio.io import read_audio
from samplegen.audio.types import Audio
from samplegen.checkpoints import load_model
from samplegen.conditioning.clap import DEFAULT_CLAP, load_clap
from samplegen.conditioning.clap.text_gap import SHARED_AXES, TextGap, close_gap, jitter, keep_axes
from samplegen.conditioning.embedder import Embedder, TagEmbedder
from samplegen.evaluation.machine import describe_machine
from samplegen.evaluation.one_shot_classifier import mean_over_kinds, recognised
from samplegen.evaluation.retrieval import (
    Retrieval,
    by_class,
    class_prototypes,
    classes_markdown,
    measure_retrieval,
    random_vectors,
    retrieval_markdown,
    zero_shot,
)
from samplegen.evaluation.tables import write_figures
from samplegen.training.clap.captions import NOUNS, caption, choose_attributes, with_typo
from samplegen.training.clap.clap_trainer import fitting
from samplegen.training.clap.facts import Facts, Poles, facts_of_loop, facts_of_record, with_measures
from samplegen.training.rendering.render_folder import read_index
from samplegen.training.sources.library import GROOVE_KIND, ONE_SHOT_KINDS
from samplegen.training.sources.scan import scan_library

LONGEST_S = 12.0
BATCH = 32
NAMES_OF_A_CLASS = 1


@dataclass(frozen=True)
class Query:
    """A text, what it asks for, and the kind of the sound it was made for."""

    text: str
    asked: tuple[str, ...]
    kind: str


def main(arguments: list[str] | None = None) -> None:
    options = parse(arguments)
    torch.set_num_threads(1)
    rng = np.random.default_rng(options.seed)
    clap = load_clap(options.clap)
    sounds = held_out(options.library, options.loops)
    limits = load_model(DEFAULT_CLAP).config
    facts, audios = heard(sounds, clap, Poles(limits["limits"]))
    said = Questions(facts, tuple(limits["attributes"]), rng=rng, each=options.each)
    tables = {
        "Retrieval": retrieval_markdown(retrieval_rows(said, clap, audios, rng), first="prompts"),
        "By kind, seen phrasings": retrieval_markdown(kinds_rows(said, clap, audios, rng, unseen=False), first="kind"),
        "By kind, unseen phrasings": retrieval_markdown(kinds_rows(said, clap, audios, rng, unseen=True), first="kind"),
        "Spelling and order": retrieval_markdown(robustness_rows(said, clap, audios, rng), first="prompts"),
        "Classes without training for them": classes_table(facts, clap, audios, rng),
    }
    gap = getattr(clap, "gap", None)
    if gap is not None:
        tables["Text gap"] = retrieval_markdown(gap_rows(said, clap, audios, rng, gap), first="method, prompts")
    line = "python benchmarks/retrieval.py " + shlex.join(sys.argv[1:] if arguments is None else arguments)
    print(f"`{line}`\n{len(facts)} held-out sounds\n")
    print("\n".join(f"{name}\n\n{table}" for name, table in tables.items()))
    if options.out:
        write_figures(options.out, {"command": line, "machine": describe_machine(), "tables": tables})


def parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clap", default=DEFAULT_CLAP, help="joint embedder")
    parser.add_argument("--library", type=Path, default=Path("../shared/audio"))
    parser.add_argument("--loops", type=Path, action="append", default=[], help="folder of rendered held-out loops")
    parser.add_argument("--each", type=int, default=2, help="prompts made for each sound")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, help="JSON file")
    return parser.parse_args(arguments)


def held_out(folder: Path, loops: Sequence[Path]) -> list[tuple[Path, Facts]]:
    """Held-out files of a library and of rendered folders, with their facts."""
    tags = TagEmbedder()
    library = scan_library(folder).library
    records = [record for record in library.select(split="held_out") if record.kind != GROOVE_KIND]
    found = [(library.path_of(record), facts_of_record(record, tags=tags)) for record in records]
    for place in loops:
        head, entries = read_index(place)
        found += [(place / entry["path"], facts_of_loop(entry, split=head["split"], tags=tags)) for entry in entries]
    return [(path, facts) for path, facts in found if facts.split == "held_out"]


def heard(sounds: Sequence[tuple[Path, Facts]], clap: Embedder, poles: Poles) -> tuple[list[Facts], Tensor]:
    """Facts with measured words, and ``[N, D]`` vectors."""
    facts, vectors = [], []
    for start in range(0, len(sounds), BATCH):
        part = sounds[start : start + BATCH]
        audios: list[Audio] = [read_audio(path, mono=True, max_seconds=LONGEST_S) for path, _ in part]
        measured = zip(part, map(describe_audio, audios), strict=True)
        facts += [with_measures(said, values, poles) for (_, said), values in measured]
        vectors.append(clap.embed_audio(audios))
    return facts, torch.cat(vectors)


class Questions:
    """Prompts for sounds, in several spellings of the same content."""

    def __init__(
        self, facts: Sequence[Facts], attributes: Sequence[str], *, rng: np.random.Generator, each: int
    ) -> None:
        self.facts, self._axis = facts, {word: axis for axis, word in enumerate(attributes)}
        self._seed = int(rng.integers(1 << 62))
        picks = [choose_attributes(said, among=self._axis, rng=rng) for said in facts for _ in range(each)]
        kinds = [said.kind for said in facts for _ in range(each)]
        self._picks = [(kind, words, of) for (kind, words), of in zip(picks, kinds, strict=True)]

    def queries(
        self, *, unseen: bool = False, change: Callable[[str, np.random.Generator], str] | None = None
    ) -> list[Query]:
        """The prompts; `change` rewrites each."""
        rng = np.random.default_rng(self._seed)
        made = []
        for kind, words, of in self._picks:
            text = caption(kind, words, rng=rng, noise=0.0, unseen=unseen)
            asked = (*words, *([kind] if kind in self._axis else []))
            made.append(Query(text if change is None else change(text, rng), asked, of))
        return made

    def class_names(self) -> list[Query]:
        """Only the first name of the kind, for the same questions."""
        return [Query(NOUNS[query.kind][0], query.asked, query.kind) for query in self.queries()]

    def fits(self) -> Tensor:
        """``[Q, N]`` bool."""
        told = torch.tensor([[float(word in said.attributes) for word in self._axis] for said in self.facts])
        asked = torch.zeros(len(self._picks), len(self._axis))
        for row, query in enumerate(self.queries()):
            asked[row, [self._axis[word] for word in query.asked]] = 1.0
        return fitting(asked, told) > 0


def embedded(clap: Embedder, queries: Sequence[Query]) -> Tensor:
    return clap.embed_text([query.text for query in queries])


def retrieval_rows(said: Questions, clap: Embedder, audios: Tensor, rng: np.random.Generator) -> dict[str, Retrieval]:
    fits = said.fits()
    noise = random_vectors(len(fits), clap.dimension, generator=torch.Generator().manual_seed(0))
    return {
        name: measure_retrieval(texts, audios, fits=fits, rng=rng)
        for name, texts in {
            "seen phrasings": embedded(clap, said.queries()),
            "unseen phrasings": embedded(clap, said.queries(unseen=True)),
            "name of the kind only": embedded(clap, said.class_names()),
            "random": noise,
        }.items()
    }


def kinds_rows(
    said: Questions, clap: Embedder, audios: Tensor, rng: np.random.Generator, *, unseen: bool
) -> dict[str, Retrieval]:
    queries = said.queries(unseen=unseen)
    classes = [query.kind for query in queries]
    found = by_class(embedded(clap, queries), audios, fits=said.fits(), classes=classes, rng=rng)
    return {name: found[name] for name in NOUNS if name in found}


def robustness_rows(said: Questions, clap: Embedder, audios: Tensor, rng: np.random.Generator) -> dict[str, Retrieval]:
    changes: dict[str, Callable[[str, np.random.Generator], str] | None] = {
        "as they are": None,
        "upper case": lambda text, _: text.upper(),
        "one typo": lambda text, draws: with_typo(text, rng=draws),
        "two typos": lambda text, draws: with_typo(with_typo(text, rng=draws), rng=draws),
        "words shuffled": lambda text, draws: " ".join(draws.permutation(text.split())),
    }
    fits = said.fits()
    return {
        name: measure_retrieval(embedded(clap, said.queries(change=change)), audios, fits=fits, rng=rng)
        for name, change in changes.items()
    }


def gap_rows(
    said: Questions, clap: Embedder, audios: Tensor, rng: np.random.Generator, gap: TextGap
) -> dict[str, Retrieval]:
    fits, rows = said.fits(), {}
    for method in ("none", "shift", "axes", "neighbours"):
        sounds = keep_axes(audios, axes=gap.axes[:SHARED_AXES]) if method == "axes" else audios
        for name, unseen in (("seen", False), ("unseen", True)):
            texts = close_gap(embedded(clap, said.queries(unseen=unseen)), method=method, gap=gap)
            rows[f"{method}, {name}"] = measure_retrieval(texts, sounds, fits=fits, rng=rng)
    moved = jitter(audios, generator=torch.Generator().manual_seed(0))
    rows["none, seen, sounds jittered"] = measure_retrieval(embedded(clap, said.queries()), moved, fits=fits, rng=rng)
    return rows


def classes_table(facts: Sequence[Facts], clap: Embedder, audios: Tensor, rng: np.random.Generator) -> str:
    rows = [row for row, said in enumerate(facts) if said.kind in ONE_SHOT_KINDS]
    names = {kind: NOUNS[kind][:NAMES_OF_A_CLASS] for kind in ONE_SHOT_KINDS}
    found = zero_shot(audios[rows], class_prototypes(clap, names), names=list(names))
    shares = recognised(found, [facts[row].kind for row in rows], generator=rng)
    return classes_markdown(shares) + f"\nMean over kinds: {100 * mean_over_kinds(shares):.0f} %\n"


if __name__ == "__main__":
    main()

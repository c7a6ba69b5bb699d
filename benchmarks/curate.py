"""A curated pack beside real packs and two baselines, and a listener with a hidden target.

::

    python benchmarks/curate.py --count 36 --rounds 5 --targets 2 --out docs/curate.json

The classifier is trained on real one-shots of training sources, and its accuracy on held-out packs is the ceiling.
Baselines choose from the very same candidates: at random among those that passed the gates, and by diversity
without any gate. Held-out packs are sources that no training heard.
"""

import argparse
import csv
import json
import tempfile
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import numpy as np

from samplegen.audio.io import read_audio
from samplegen.building.curated import build_curated
from samplegen.engines.alpha_blend import Generator, load_generator
from samplegen.evaluation.curate_report import (
    Pack,
    centred,
    figures_of,
    hear,
    likeness_to,
    nearest_pairs_db,
    report_table,
    rounds_table,
    votes_of,
)
from samplegen.evaluation.diversity import vendi_score
from samplegen.evaluation.machine import describe_machine
from samplegen.evaluation.one_shot_classifier import OneShotClassifier
from samplegen.evaluation.tables import write_figures
from samplegen.pack.audition.votes import FORMAT, VERSION
from samplegen.pack.manifest import read_manifest
from samplegen.post.trim import trim_one_shot
from samplegen.training.sources.split import held_out_sources
from samplegen.variations.curate import Candidate
from samplegen.variations.curating.request import CurateRequest
from samplegen.variations.curating.selection import select_diverse
from samplegen.variations.orders.curate import CurateOrder

KINDS = ("kick", "snare", "hat_closed", "hat_open", "tom", "cymbal")
# Real drum packs of training sources that hold most of these kinds.
PACKS = ("sonic-pi-net/sonic-pi", "tidalcycles/sounds-tr808-fischer", "publicsamples/Modular-Hits")
FEEDBACK_KINDS = ("kick", "snare")
RELATIVE = ("kernel distance", "FAD∞", "density", "coverage")
REJECTED, KEPT, FEEDBACK_COUNT = 3, 2, 8


def main(arguments: list[str] | None = None) -> None:
    options = parse(arguments)
    line = f"python benchmarks/curate.py --count {options.count} --rounds {options.rounds} --targets {options.targets}"
    generator = load_generator(options.model)
    texts: dict[str, str] = {}
    figures: dict[str, Any] = {"command": line, "machine": describe_machine()}
    if options.count:
        columns, told = pack_figures(generator, options)
        texts["Packs"] = f"{report_table(columns)}\n{told}\n"
        figures |= {"packs": columns, "round": told}
    if options.rounds:
        rounds = feedback_figures(generator, options)
        texts["Feedback"] = rounds_table(rounds)
        figures["feedback"] = rounds
    text = "\n".join(f"### {name}\n\n{table}" for name, table in texts.items())
    print(f"`{line}`\n\n{describe_machine().line()}\n\n{text}")
    if options.out:
        write_figures(options.out, figures)
        options.out.with_suffix(".md").write_text(f"`{line}`\n\n{text}", "utf-8")


def parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="generator-drums-44k-fast")
    parser.add_argument("--library", type=Path, default=Path("../shared/audio"))
    parser.add_argument("--count", type=int, default=36, help="sounds of the pack; 0 leaves the packs out")
    parser.add_argument("--each", type=int, default=60, help="real one-shots of each class and split, at most")
    parser.add_argument("--rounds", type=int, default=5, help="of feedback; 0 leaves them out")
    parser.add_argument("--targets", type=int, default=2, help="hidden targets of the feedback")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, help="JSON file; a table goes beside it")
    return parser.parse_args(arguments)


def pack_figures(generator: Generator, options: argparse.Namespace) -> tuple[dict[str, dict[str, str]], dict[str, Any]]:
    """Columns of the table, and what the round told."""
    rng = np.random.default_rng(options.seed)
    assert generator.clap is not None
    real = real_sounds(generator, options)
    train, held = real["train"], real["held_out"]
    classifier = trained_without(train, "")
    near_db = float(np.quantile(nearest_pairs_db(train), 0.01))
    with tempfile.TemporaryDirectory() as folder:
        request = CurateRequest(count=options.count, out=Path(folder) / "pack", kinds=KINDS, seed=options.seed)
        order = CurateOrder(request, generator=generator)
        order.prepare()
    packs = {
        "curated": order.chosen, "random of the passed": at_random(order.pool, options.count, rng, gated=True),
        "no gates": diverse_without_gates(order, options.count),
        "no gates, random": at_random(order.pool, options.count, rng, gated=False),
    }  # fmt: skip
    made = {name: hear_candidates(some, generator) for name, some in packs.items()}
    others = {name: real[name] for name in PACKS if name in real}
    vendi = real_vendi([*others.values()], held, options.count, rng)
    columns = {}
    for name, pack in {**made, "held-out packs": held, **others}.items():
        judge = classifier if name not in PACKS else trained_without(train, name)
        columns[name] = figures_of(
            pack, held, classifier=judge, near_db=near_db, real_vendi=vendi, generator=np.random.default_rng(1)
        )
        if pack is held:  # it lies among itself
            columns[name] = {figure: text for figure, text in columns[name].items() if figure not in RELATIVE}
        if name in packs:
            columns[name]["refused by a gate"] = str(sum(not one.verdict.passed for one in packs[name]))
    told = order.told() | {
        "real 1st percentile of pairs, dB": round(near_db, 2),
        "real Vendi": [round(v, 2) for v in vendi],
    }
    return columns, told


def real_sounds(generator: Generator, options: argparse.Namespace) -> dict[str, Pack]:
    """Real one-shots: ``train`` and ``held_out`` of all sources, and each of `PACKS`."""
    with (options.library / "index.csv").open(newline="", encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if "oneshots/" in row["path"] and row["class"] in KINDS]
    held, groups = held_out_sources(), defaultdict(list)
    for number in np.random.default_rng(0).permutation(len(rows)):
        row = rows[number]
        groups["held_out" if row["source_repo"] in held else "train"].append(row)
        if row["source_repo"] in PACKS:
            groups[row["source_repo"]].append(row)
    found = {}
    for name, some in groups.items():
        counts, chosen = Counter[str](), []
        for row in some:
            counts[row["class"]] += 1
            if counts[row["class"]] <= options.each:
                chosen.append(row)
        audios = [read_audio(options.library / row["path"], mono=True, max_seconds=4.0) for row in chosen]
        assert generator.clap is not None
        trimmed = [trim_one_shot(audio) for audio in audios]
        found[name] = hear(
            trimmed,
            [row["class"] for row in chosen],
            clap=generator.clap,
            sources=[row["source_repo"] for row in chosen],
        )
    return found


def trained_without(train: Pack, source: str) -> OneShotClassifier:
    """Of all training sources but one."""
    part = train.part([row for row, name in enumerate(train.sources) if name != source])
    return OneShotClassifier(part.features, list(part.kinds))


def hear_candidates(candidates: list[Candidate], generator: Generator) -> Pack:
    assert generator.clap is not None
    return hear([one.sound.audio for one in candidates], [one.kind for one in candidates], clap=generator.clap)


def at_random(pool: list[Candidate], count: int, rng: np.random.Generator, *, gated: bool) -> list[Candidate]:
    """As many of each kind as the pack has."""
    chosen = []
    for kind in KINDS:
        able = [one for one in pool if one.kind == kind and (one.verdict.passed or not gated)]
        chosen += [able[row] for row in rng.permutation(len(able))[: count // len(KINDS)]]
    return chosen


def diverse_without_gates(order: CurateOrder, count: int) -> list[Candidate]:
    pool = order.pool
    rows = select_diverse(
        np.stack([one.vector for one in pool]), count=count, diversity=1.0, groups=[one.kind for one in pool],
        quotas=dict.fromkeys(KINDS, count // len(KINDS)),
    )  # fmt: skip
    return [pool[row] for row in rows]


def real_vendi(packs: list[Pack], held: Pack, count: int, rng: np.random.Generator) -> tuple[float, float]:
    """Mean Vendi score of real packs of equal size, as even over the kinds as they are."""
    scores = []
    for pack in packs:
        for _ in range(10):
            order = rng.permutation(len(pack)).tolist()
            seen, ranked = Counter[str](), []
            for row in order:
                seen[pack.kinds[row]] += 1
                ranked.append((seen[pack.kinds[row]], row))
            part = pack.part([row for _, row in sorted(ranked)[:count]])
            scores.append((vendi_score(part.vectors), vendi_score(centred(part, held))))
    return tuple(np.mean(scores, axis=0).tolist())


def feedback_figures(generator: Generator, options: argparse.Namespace) -> list[dict[str, float]]:
    """Means over hidden targets, which are real held-out sounds of one of the kinds."""
    real = real_sounds(generator, options)["held_out"]
    rows = [next(row for row in np.random.default_rng(seed).permutation(len(real)) if real.kinds[row] in FEEDBACK_KINDS)
            for seed in range(options.targets)]  # fmt: skip
    runs = [
        (rounds_of(generator, real.vectors[row], kind=real.kinds[row], seed=seed, options=options, random=False),
         rounds_of(generator, real.vectors[row], kind=real.kinds[row], seed=seed, options=options, random=True))
        for seed, row in enumerate(rows)
    ]  # fmt: skip
    return [
        {
            "round": number, "pack": float(np.mean([run[0][number][0] for run in runs])),
            "new": float(np.mean([run[0][number][1] for run in runs])),
            "random": float(np.mean([run[1][number][0] for run in runs])),
            "rising": sum(run[0][number][0] > run[0][number - 1][0] for run in runs) if number else 0,
        }
        for number in range(options.rounds + 1)
    ]  # fmt: skip


def rounds_of(
    generator: Generator, target: np.ndarray, *, kind: str, seed: int, options: argparse.Namespace, random: bool
) -> list[tuple[float, float]]:
    """Mean likeness of the pack and of its new sounds to `target`, before any vote and after each round."""
    found, before = [], set[str]()
    rng = np.random.default_rng(seed)
    with tempfile.TemporaryDirectory() as folder:
        out, votes = Path(folder) / "pack", None
        for number in range(options.rounds + 1):
            request = CurateRequest(
                count=FEEDBACK_COUNT,
                out=out,
                kinds=(kind,),
                seed=seed,
                oversample=4,
                feedback=votes,
            )
            build_curated(CurateOrder(request, generator=generator))
            manifest = read_manifest(out)
            assert manifest is not None and generator.clap is not None
            files = manifest.files
            vectors = np.asarray(
                generator.clap.embed_audio([read_audio(out / one.path, mono=True) for one in files]), float
            )
            new = [row for row, one in enumerate(files) if one.path not in before]
            found.append((likeness_to(vectors, target), likeness_to(vectors[new], target)))
            before = {one.path for one in files}
            keeps, rejects = votes_of(vectors, target, rejected=REJECTED, kept=KEPT)
            if random:
                drawn = rng.permutation(len(files)).tolist()
                keeps, rejects = drawn[:KEPT], drawn[KEPT : KEPT + REJECTED]
            votes = Path(folder) / "votes.json"
            told = {"keep": keeps, "reject": rejects}
            lists = {
                name: [{"path": files[row].path, "sha256": files[row].sha256, "job": files[row].job} for row in rows]
                for name, rows in told.items()
            }
            votes.write_text(json.dumps({"format": FORMAT, "version": VERSION, "pack": manifest.name, **lists}))
            print(f"{kind} {'random' if random else 'feedback'} round {number}: {found[-1]}", flush=True)
    return found


if __name__ == "__main__":
    main()

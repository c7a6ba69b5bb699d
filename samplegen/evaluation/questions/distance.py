"""How far is what a generator makes from real sounds of sources it never heard? Kernel distance and FAD∞."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

import numpy as np

from samplegen.evaluation.distances import cubic_kernel, frechet_distance, gram_distance, main_components, standardised
from samplegen.evaluation.diversity import frechet_at_infinity
from samplegen.evaluation.questions.embeddings import Embed, make_embeddings
from samplegen.evaluation.questions.estimates import Estimate, Float64, Indices, half_sample_estimate
from samplegen.evaluation.questions.material import Material
from samplegen.evaluation.questions.report import Cell, Report, Table, Target
from samplegen.evaluation.questions.sets import HALVES, SOURCES, Compared, compared_loops, compared_one_shots
from samplegen.evaluation.questions.systems import Progress, System, hashes

if TYPE_CHECKING:
    from samplegen.codec.base import Codec
    from samplegen.conditioning.embedder import Embedder

MOST_COMPONENTS: Final = 16
FAD_DRAWS: Final = 40
LEAST: Final = 8
TIMES: Final = 2.0
_COARSE: Final = {"sizes": 4, "draws": 2}  # for the interval, which needs no exact figure


def ask_distance(
    systems: Sequence[System], material: Material, *, count: int, seed: int, codec: "Codec",
    claps: "Sequence[Embedder]" = (), progress: Progress | None = None,
) -> Report:  # fmt: skip
    """Distances of loops and of one-shots from held-out ones, in every embedding.

    Parameters
    ----------
    codec
        Whose latents are one of the embeddings, for every system.
    """
    embeddings = make_embeddings(codec, claps)
    forms = {
        "Loops": compared_loops(systems, material, count=count, seed=seed, codec=codec, progress=progress),
        "One-shots": compared_one_shots(systems, material, count=count, seed=seed, codec=codec),
    }
    tables = {form: distance_rows(sets, embeddings, seed=seed) for form, sets in forms.items()}
    targets = [
        _target(form, name, rows, system=systems[0].label) for form, rows in tables.items() for name in embeddings
    ]
    return Report(
        "distance",
        "Distance from held-out sounds",
        tuple(
            Table(f"{form}: {len(forms[form].reference)} held-out ones are the reference.", rows)
            for form, rows in tables.items()
        ),
        notes=(
            "Each system is asked for sounds like the held-out ones: kind, style, tempo, bars. Kernel distance: "
            "unbiased squared MMD with a cubic kernel (KID), around 0 for equal sets. FAD∞: Fréchet distance on the "
            f"reference's {MOST_COMPONENTS} main components at most, extrapolated to endlessly many sounds. All "
            f"sounds, whatever codec made them, are encoded by {codec.name} ({codec.hash[:12]}) for the latents.",
        ),
        targets=tuple(targets),
        settings={"n": count, "seed": seed, "embeddings": ", ".join(embeddings)},
        systems=hashes(systems),
    )


def distance_rows(sets: Compared, embeddings: Mapping[str, Embed], *, seed: int) -> dict[str, dict[str, Cell]]:
    """Systems, real against real, and floors, with two columns for each embedding."""
    rows: dict[str, dict[str, Cell]] = {name: {"n": len(sounds)} for name, sounds in sets.systems.items()}
    rows |= {HALVES: {"n": len(sets.reference) // 2}}
    rows |= {name: {"n": len(sounds)} for name, sounds in sets.anchors.items()}
    for name, embed in embeddings.items():
        rng = np.random.default_rng(seed)
        real = embed(sets.reference)
        order = rng.permutation(len(real))
        found = {system: embed(sounds) for system, sounds in sets.all.items() if len(sounds) >= LEAST}
        pairs = {system: (values, real) for system, values in found.items()}
        pairs[HALVES] = real[order[::2]], real[order[1::2]]
        for system, row in rows.items():
            kernel, fad = distances(*pairs[system], whole=real, seed=seed) if system in pairs else ("–", "–")
            row[f"kernel distance, {name}"], row[f"FAD∞, {name}"] = kernel, fad
    return rows


def distances(
    sounds: Float64, reference: Float64, *, whole: Float64 | None = None, seed: int
) -> tuple[Estimate, Estimate]:
    """Kernel distance and FAD∞ of embeddings ``[n, d]`` from ``[m, d]``.

    Parameters
    ----------
    whole
        What gives scale and main components, so that all rows of a table are measured alike; the reference.
    """
    whole = reference if whole is None else whole
    first, second = (standardised(rows, whole) for rows in (sounds, reference))
    grams = cubic_kernel(first, first), cubic_kernel(second, second), cubic_kernel(first, second)

    def kernel(a: Indices, b: Indices) -> float:
        return gram_distance(grams[0][np.ix_(a, a)], grams[1][np.ix_(b, b)], grams[2][np.ix_(a, b)])

    main = main_components(standardised(whole, whole), most=min(MOST_COMPONENTS, len(whole) // LEAST))
    projected = first @ main, second @ main

    def fad(a: Indices, b: Indices) -> float:
        some, others = projected[0][a], projected[1][b]
        if len(some) < LEAST:
            return frechet_distance(some, others)
        parts = {} if len(some) == len(first) else _COARSE
        return frechet_at_infinity(some, others, generator=np.random.default_rng(seed), **parts)

    sizes = len(first), len(second)
    return (
        half_sample_estimate(kernel, sizes, rng=np.random.default_rng(seed), digits=3),
        half_sample_estimate(fad, sizes, rng=np.random.default_rng(seed), draws=FAD_DRAWS),
    )


def _target(form: str, name: str, rows: Mapping[str, Mapping[str, Cell]], *, system: str) -> Target:
    """Against the larger of both real-against-real figures: unbiased, either may fall below 0 by chance."""
    column = f"kernel distance, {name}"
    found, real = (
        rows[system][column],
        [cell for row in (HALVES, SOURCES) if isinstance(cell := rows[row][column], Estimate)],
    )
    assert isinstance(found, Estimate)
    largest = max(real, key=lambda estimate: estimate.value)
    wanted = f"{form.lower()}, {name}: kernel distance at most twice real against real, {largest.shown()}"
    return Target(wanted, found, found.value <= TIMES * max(largest.value, 0.0))

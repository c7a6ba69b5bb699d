"""How many different sounds, and how much of what real sounds are: Vendi score, density, coverage, recall."""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Final

import numpy as np

from samplegen.evaluation.distances import standardised
from samplegen.evaluation.diversity import density_coverage, precision_recall, vendi_score
from samplegen.evaluation.questions.embeddings import Embed, make_embeddings
from samplegen.evaluation.questions.estimates import Estimate, Float64, half_sample_estimate
from samplegen.evaluation.questions.material import Material
from samplegen.evaluation.questions.report import Cell, Report, Table
from samplegen.evaluation.questions.sets import Compared, compared_loops, compared_one_shots
from samplegen.evaluation.questions.systems import Progress, System, hashes

if TYPE_CHECKING:
    from samplegen.codec.base import Codec
    from samplegen.conditioning.embedder import Embedder

NEIGHBOURS: Final = 5
DRAWS: Final = 100
REAL: Final = "real: held-out"
ONE: Final = "floor: one sound over and over"


def ask_diversity(
    systems: Sequence[System], material: Material, *, count: int, seed: int, codec: "Codec",
    claps: "Sequence[Embedder]" = (), progress: Progress | None = None,
) -> Report:  # fmt: skip
    """Diversity of loops and one-shots, and how they lie among held-out ones."""
    embeddings = make_embeddings(codec, claps)
    forms = {
        "Loops": compared_loops(systems, material, count=count, seed=seed, codec=codec, progress=progress),
        "One-shots": compared_one_shots(systems, material, count=count, seed=seed, codec=codec),
    }
    tables = tuple(
        Table(f"{form}, {name}.", diversity_rows(sets, embed, seed=seed))
        for form, sets in forms.items()
        for name, embed in embeddings.items()
    )
    return Report(
        "diversity",
        "Diversity, and coverage of held-out sounds",
        tables,
        notes=(
            "Vendi score: the effective number of different sounds among n. Density: in how many real neighbourhoods "
            f"a made sound lies (1 for real ones); coverage: share of real sounds with a made one among their "
            f"{NEIGHBOURS} nearest; recall: share of real sounds inside the made ones' neighbourhoods. All grow with "
            "n, so rows of equal n compare.",
        ),
        settings={"n": count, "seed": seed, "embeddings": ", ".join(embeddings)},
        systems=hashes(systems),
    )


def diversity_rows(sets: Compared, embed: Embed, *, seed: int) -> dict[str, dict[str, Cell]]:
    """Systems, anchors, the held-out sounds themselves (Vendi alone), and one sound over and over."""
    real = embed(sets.reference)
    rows: dict[str, dict[str, Cell]] = {}
    first = {name: embed(sounds) for name, sounds in sets.all.items()}
    first[ONE] = np.repeat(real[:1], len(real), axis=0)
    for name, values in {**first, REAL: real}.items():
        if len(values) <= NEIGHBOURS:
            continue
        scaled, reference = standardised(values, real), standardised(real, real)
        rows[name] = {"n": len(values), "Vendi score": _vendi(values if _is_unit(real) else scaled, seed=seed)}
        for column, measure in MEASURES.items():
            rows[name][column] = "–" if name == REAL else _among(measure, scaled, reference, seed=seed)
    return rows


def _is_unit(values: Float64) -> bool:
    """Whether the space has its own cosine, as a CLAP's has."""
    return bool(np.allclose(np.linalg.norm(values, axis=1), 1.0, atol=1e-3))


def _vendi(values: Float64, *, seed: int) -> Estimate:
    rng = np.random.default_rng(seed)
    half = max(2, len(values) // 2)
    whole = vendi_score(values)
    drawn = np.array([vendi_score(values[rng.permutation(len(values))[:half]]) for _ in range(DRAWS)])
    low, high = whole * np.quantile(drawn, [0.025, 0.975]) / drawn.mean()  # a half has fewer, in proportion
    return Estimate(whole, float(low), float(high), len(values), digits=1)


def _among(measure: Callable[[Float64, Float64], float], made: Float64, real: Float64, *, seed: int) -> Estimate:
    return half_sample_estimate(
        lambda a, b: measure(made[a], real[b]),
        (len(made), len(real)),
        rng=np.random.default_rng(seed),
        draws=DRAWS,
        least=NEIGHBOURS + 1,
    )


MEASURES: Final[Mapping[str, Callable[[Float64, Float64], float]]] = {
    "density": lambda made, real: density_coverage(made, real, neighbours=NEIGHBOURS)[0],
    "coverage": lambda made, real: density_coverage(made, real, neighbours=NEIGHBOURS)[1],
    "recall": lambda made, real: precision_recall(made, real, neighbours=NEIGHBOURS)[1],
}

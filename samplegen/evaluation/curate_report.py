"""Is a curated pack as good as a real one? Figures beside baselines and real packs (specs/applications.md §10)."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from samplegen.audio.types import Audio
from samplegen.conditioning.embedder import Embedder
from samplegen.evaluation.distances import compare
from samplegen.evaluation.diversity import density_coverage, frechet_at_infinity, vendi_score
from samplegen.evaluation.one_shot_classifier import ALL_KINDS, OneShotClassifier, one_shot_features, recognised
from samplegen.evaluation.tables import markdown_table
from samplegen.pack.duplicates import distances_db, embed
from samplegen.variations.curating.neighbourhood import unit

Float64 = npt.NDArray[np.float64]

_DRAWS = 100
_PART = 0.8
_COMPONENTS = 16
_FARTHEST = 4.0
_MIN_SPREAD = 1e-3


@dataclass(frozen=True, eq=False)
class Pack:
    """One-shots of known kinds, heard.

    Parameters
    ----------
    features
        ``[n, 384]``, of which the generator knows nothing.
    vectors
        ``[n, D]`` of CLAP, by which the choice was made.
    pictures
        What near-duplicates are told by.
    sources
        Where each comes from.
    """

    kinds: tuple[str, ...]
    features: Float64
    vectors: Float64
    pictures: npt.NDArray[np.float32]
    sources: tuple[str, ...]

    def __len__(self) -> int:
        """Number of sounds."""
        return len(self.kinds)

    def part(self, rows: Sequence[int]) -> "Pack":
        """Some of the sounds."""
        rows = list(rows)
        kinds = tuple(self.kinds[row] for row in rows)
        sources = tuple(self.sources[row] for row in rows)
        return Pack(kinds, self.features[rows], self.vectors[rows], self.pictures[rows], sources)


def hear(
    audios: Sequence[Audio], kinds: Sequence[str], *, clap: Embedder, sources: Sequence[str] | None = None
) -> Pack:
    """Trimmed one-shots as a `Pack`."""
    return Pack(
        tuple(kinds), np.stack([one_shot_features(audio) for audio in audios]),
        np.asarray(clap.embed_audio([audio.mono() for audio in audios]), np.float64),
        np.stack([embed(audio, loop=False) for audio in audios]),
        tuple(sources) if sources is not None else ("",) * len(kinds),
    )  # fmt: skip


def nearest_pairs_db(pack: Pack) -> Float64:
    """Distance in dB of each pair of one kind."""
    found = []
    for row, picture in enumerate(pack.pictures):
        others = [other for other in range(row + 1, len(pack)) if pack.kinds[other] == pack.kinds[row]]
        if others:
            found.append(distances_db(picture, others=pack.pictures[others]))
    return np.concatenate(found).astype(np.float64) if found else np.zeros(0)


def interval(pack: Pack, figure: Callable[[Pack], float], *, generator: np.random.Generator) -> str:
    """`figure` and its 95 % interval over parts of 80 % without replacement, widened to the whole's size.

    Drawing with replacement would put equal sounds into a set whose diversity is measured.
    """
    whole, size = figure(pack), round(_PART * len(pack))
    drawn = [figure(pack.part(generator.permutation(len(pack))[:size].tolist())) for _ in range(_DRAWS)]
    widen = np.sqrt(size / (len(pack) - size)) if len(pack) > size else 1.0  # Politis and Romano 1994
    half = 1.96 * float(np.std(drawn) * widen)
    return f"{whole:.2f} ({whole - half:.2f} to {whole + half:.2f})"


def standardised(rows: Float64, *, like: Float64) -> Float64:
    """Rows on the main components of `like`, which has deviation 1 in each value."""
    mean, spread = like.mean(axis=0), np.maximum(like.std(axis=0), _MIN_SPREAD)
    first = np.clip((like - mean) / spread, -_FARTHEST, _FARTHEST)
    _, _, directions = np.linalg.svd(first - first.mean(axis=0), full_matrices=False)
    return np.asarray(np.clip((rows - mean) / spread, -_FARTHEST, _FARTHEST) @ directions[:_COMPONENTS].T)


def figures_of(
    pack: Pack, reference: Pack, *, classifier: OneShotClassifier, near_db: float, real_vendi: tuple[float, float],
    generator: np.random.Generator,
) -> dict[str, str]:  # fmt: skip
    """One column of the table.

    Parameters
    ----------
    reference
        Sounds of held-out packs.
    near_db
        First percentile of the distances of real pairs.
    real_vendi
        Of a real pack of equal size: by CLAP, and by features.
    """
    share = recognised(classifier.predict(pack.features), pack.kinds, generator=generator)[ALL_KINDS]
    kernel = compare(pack.features, reference.features, generator=generator)
    pairs = nearest_pairs_db(pack)
    scores = [vendi_score(pack.vectors) / real_vendi[0], vendi_score(centred(pack, reference)) / real_vendi[1]]
    return {
        "sounds": str(len(pack)),
        "class accuracy": f"{100 * share.share:.0f} % ({100 * share.low:.0f} to {100 * share.high:.0f})",
        "kernel distance": f"{kernel.kernel:.2f} ({kernel.low:.2f} to {kernel.high:.2f})",
        "FAD∞": interval(pack, lambda one: _fad(one, reference, generator), generator=generator),
        "density": interval(pack, lambda one: _density(one, reference)[0], generator=generator),
        "coverage": interval(pack, lambda one: _density(one, reference)[1], generator=generator),
        "Vendi, CLAP": interval(pack, lambda one: vendi_score(one.vectors), generator=generator),
        "Vendi / real pack, CLAP": f"{scores[0]:.2f}",
        "Vendi / real pack, features": f"{scores[1]:.2f}",
        "pairs under real 1st percentile": f"{int((pairs < near_db).sum())} of {len(pairs)}",
        "nearest pair, dB": f"{pairs.min():.1f}" if len(pairs) else "–",
    }


def centred(pack: Pack, reference: Pack) -> Float64:
    """Features about the reference's mean, for a cosine that tells sounds apart."""
    return standardised(pack.features, like=reference.features)


def _fad(pack: Pack, reference: Pack, generator: np.random.Generator) -> float:
    made, real = (standardised(one.features, like=reference.features) for one in (pack, reference))
    return frechet_at_infinity(made, real, generator=np.random.default_rng(generator.integers(1 << 30)))


def _density(pack: Pack, reference: Pack) -> tuple[float, float]:
    made, real = (standardised(one.features, like=reference.features) for one in (pack, reference))
    return density_coverage(made, real)


def report_table(columns: Mapping[str, Mapping[str, str]]) -> str:
    """Rows are figures, columns packs."""
    rows = list(dict.fromkeys(name for column in columns.values() for name in column))
    return markdown_table(
        ["figure", *columns], [[name, *(column.get(name, "–") for column in columns.values())] for name in rows]
    )


def likeness_to(vectors: Float64, target: Float64) -> float:
    """Mean cosine of ``[n, D]`` with a hidden target ``[D]``."""
    return float((unit(vectors) @ unit(target)).mean())


def votes_of(vectors: Float64, target: Float64, *, rejected: int, kept: int) -> tuple[list[int], list[int]]:
    """What a listener who wants `target` keeps and rejects: the nearest and the farthest."""
    order = np.argsort(unit(vectors) @ unit(target))
    return order[::-1][:kept].tolist(), order[:rejected].tolist()


def rounds_table(rounds: Sequence[Mapping[str, Any]]) -> str:
    """Mean likeness to the hidden target, by round: the whole pack, and what was new."""
    return markdown_table(
        ["round", "whole pack, with feedback", "new sounds, with feedback", "whole pack, random votes"],
        [[str(one["round"]), *(f"{one[name]:.3f}" for name in ("pack", "new", "random"))] for one in rounds],
    )

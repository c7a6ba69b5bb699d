"""Does a joint embedder find what is asked for? Retrieval by text, and classes without training for them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Generator, Tensor

from samplegen.conditioning.clap.ranking import average_precision, ranked, recall_at
from samplegen.conditioning.embedder import Embedder
from samplegen.errors import UsageError
from samplegen.evaluation.one_shot_classifier import Share
from samplegen.evaluation.tables import markdown_table, percent

FORMS = ("{}", "a {} sound", "{} one shot")
_DRAWS = 1000


@dataclass(frozen=True)
class Retrieval:
    """How well texts find sounds.

    Parameters
    ----------
    recall
        Mean recall among the first ten (of at most ten sounds that fit), 0–1, with its 95 % bootstrap interval.
    precision
        Mean average precision, 0–1.
    """

    recall: Share
    precision: float


def measure_retrieval(texts: Tensor, audios: Tensor, *, fits: Tensor, rng: np.random.Generator) -> Retrieval:
    """Rank sounds by cosine for every text.

    Parameters
    ----------
    texts, audios
        ``[Q, D]`` and ``[N, D]`` unit vectors.
    fits
        ``[Q, N]`` bool, which sounds a text means; at least one in each row.

    Raises
    ------
    UsageError
        Without texts, or where the shapes disagree.
    """
    if not len(texts) or fits.shape != (len(texts), len(audios)):
        raise UsageError(f"{len(texts)} texts and {len(audios)} sounds do not go with fits of {tuple(fits.shape)}.")
    hits = ranked(texts, audios, fits)
    recalls = recall_at(hits).numpy()
    drawn = recalls[rng.integers(len(recalls), size=(_DRAWS, len(recalls)))].mean(axis=1)
    low, high = np.quantile(drawn, [0.025, 0.975])
    share = Share(float(recalls.mean()), float(low), float(high), len(recalls))
    return Retrieval(share, float(average_precision(hits).mean()))


def by_class(
    texts: Tensor, audios: Tensor, *, fits: Tensor, classes: Sequence[str], rng: np.random.Generator
) -> dict[str, Retrieval]:
    """`measure_retrieval` of the texts of each class (one for each text), in the order of first appearance."""
    found = {}
    for name in dict.fromkeys(classes):
        rows = [row for row, other in enumerate(classes) if other == name]
        found[name] = measure_retrieval(texts[rows], audios, fits=fits[rows], rng=rng)
    return found


def random_vectors(count: int, dimension: int, *, generator: Generator) -> Tensor:
    """``[count, D]`` unit vectors that know nothing."""
    return F.normalize(torch.randn(count, dimension, generator=generator), dim=-1)


def class_prototypes(embedder: Embedder, names: Mapping[str, Sequence[str]]) -> Tensor:
    """``[classes, D]``: for each class the mean of its names in the `FORMS` of a prompt."""
    rows = [
        embedder.embed_text([form.format(name) for name in several for form in FORMS]).mean(0)
        for several in names.values()
    ]
    return F.normalize(torch.stack(rows), dim=-1)


def zero_shot(audios: Tensor, prototypes: Tensor, *, names: Sequence[str]) -> list[str]:
    """The nearest class of each sound ``[N, D]``."""
    return [names[place] for place in (audios @ prototypes.T).argmax(1).tolist()]


def retrieval_markdown(rows: Mapping[str, Retrieval], *, first: str) -> str:
    """A table of measured rows; `first` heads the names."""
    lines = [
        [name, _interval(row.recall), f"{row.precision:.3f}", str(row.recall.sounds)] for name, row in rows.items()
    ]
    return markdown_table([first, "recall@10", "mean average precision", "texts"], lines)


def classes_markdown(shares: Mapping[str, Share]) -> str:
    """A table of recognised classes."""
    return markdown_table(
        ["kind", "recognised", "sounds"],
        [[name, _interval(share), str(share.sounds)] for name, share in shares.items()],
    )


def _interval(share: Share) -> str:
    return f"{percent(share.share)} ({percent(share.low)}–{percent(share.high)})"

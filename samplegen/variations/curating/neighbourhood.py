"""Where the next sounds are looked for: near favourites and what was kept, away from what was rejected.

All vectors are unit vectors of one embedder (CLAP). The centre of a draw is one of the anchors, shifted to the
mean of the anchors around it (mean shift, Comaniciu and Meer 2002) and away from the rejected ones around it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from samplegen.pack.validation import Reader

if TYPE_CHECKING:
    from samplegen.variations.edits.sources import EditSource

Float64 = npt.NDArray[np.float64]

BANDWIDTH: Final = 0.1
STEP: Final = 0.5
REPULSION: Final = 0.5
# Share of the sounds' vector beside the kind's name, drawn for each candidate.
LEAST_SHARE, MOST_SHARE = 0.5, 1.0
_DIGITS: Final = 4


@dataclass(frozen=True, eq=False)
class Anchor:
    """A sound that says where to look.

    Parameters
    ----------
    kind
        Such as ``kick`` or ``loop_drums``.
    vector
        ``[D]``.
    source
        The sound itself, where variations of it may be drawn.
    name
        Its job or the hash of its file, for provenance.
    """

    kind: str
    vector: Float64
    source: "EditSource | None" = None
    name: str = ""

    def to_json(self) -> dict[str, Any]:
        """Without the sound."""
        vector = [round(float(value), _DIGITS) for value in self.vector]
        return {"kind": self.kind, "name": self.name, "vector": vector}

    @classmethod
    def from_json(cls, value: object, *, place: str) -> "Anchor":
        """What `to_json` made.

        Raises
        ------
        InputError
            If it is something else.
        """
        read = Reader(value, place=place)
        vector = np.array([float(item) for item in read.sequence("vector") if isinstance(item, int | float)])
        return cls(read.text("kind"), vector, name=read.text("name"))


def unit(vector: Float64) -> Float64:
    """``[..., D]`` of length 1; zeros stay."""
    norm = np.linalg.norm(vector, axis=-1, keepdims=True)
    return np.asarray(np.divide(vector, norm, out=np.zeros_like(vector), where=norm > 0.0))


def mean_shift(
    start: Float64, *, keeps: Float64, rejects: Float64, step: float = STEP, bandwidth: float = BANDWIDTH
) -> Float64:
    """One step from `start` ``[D]`` to the keeps ``[k, D]`` around it and away from the rejects ``[r, D]``."""
    moved = start.copy()
    if len(keeps):
        moved += step * (_local_mean(start, keeps, bandwidth) - start)
    if len(rejects):
        moved -= REPULSION * step * (_local_mean(start, rejects, bandwidth) - start)
    return unit(moved)


def _local_mean(start: Float64, others: Float64, bandwidth: float) -> Float64:
    nearness = others @ start / bandwidth
    weights = np.exp(nearness - nearness.max())
    return np.asarray(weights @ others / weights.sum())


@dataclass(frozen=True, eq=False)
class Neighbourhood:
    """What a listener likes and dislikes, by kind.

    Parameters
    ----------
    favourites
        Of the user's own, for all rounds.
    keeps, rejects
        Of all rounds so far.
    """

    favourites: tuple[Anchor, ...] = ()
    keeps: tuple[Anchor, ...] = ()
    rejects: tuple[Anchor, ...] = ()
    _by_kind: dict[str, tuple[Anchor, ...]] = field(default_factory=dict)

    def anchors(self, kind: str) -> tuple[Anchor, ...]:
        """Sounds of a kind to come near to: what was kept last comes first, favourites at the end."""
        if kind not in self._by_kind:
            every = (*reversed(self.keeps), *self.favourites)
            self._by_kind[kind] = tuple(one for one in every if one.kind == kind)
        return self._by_kind[kind]

    def centre(self, kind: str, *, name: Float64, rng: np.random.Generator) -> tuple[Float64, Anchor | None]:
        """Condition ``[D]`` of one draw, and the anchor that it began at.

        Parameters
        ----------
        name
            Vector of the kind's own name, ``[D]``.
        """
        anchors = self.anchors(kind)
        rejects = _stack([one for one in self.rejects if one.kind == kind], like=name)
        if not anchors:
            return (mean_shift(name, keeps=rejects[:0], rejects=rejects) if len(rejects) else name), None
        ranks = np.arange(len(anchors), 0, -1, dtype=np.float64) ** 2  # the latest first: listeners get nearer
        anchor = anchors[int(rng.choice(len(anchors), p=ranks / ranks.sum()))]
        shifted = mean_shift(anchor.vector, keeps=_stack(anchors, like=name), rejects=rejects)
        share = float(rng.uniform(LEAST_SHARE, MOST_SHARE))
        return unit((1.0 - share) * unit(name) + share * shifted), anchor

    def liking(self, vectors: Float64, kinds: Sequence[str]) -> Float64:
        """How much a listener should like sounds ``[n, D]``, 0 to 1, by the nearest that were kept and rejected.

        1 for kinds of which nothing was voted on.
        """
        liked = np.ones(len(kinds))
        for row, (vector, kind) in enumerate(zip(vectors, kinds, strict=True)):
            keeps, rejects = (
                _stack([one for one in some if one.kind == kind], like=vector) for some in (self.keeps, self.rejects)
            )
            if len(keeps) or len(rejects):
                near = float((keeps @ vector).max()) if len(keeps) else 0.0
                far = float((rejects @ vector).max()) if len(rejects) else 0.0
                liked[row] = 1.0 / (1.0 + np.exp(-(near - far) / BANDWIDTH))
        return liked

    def with_votes(self, *, keeps: Iterable[Anchor], rejects: Iterable[Anchor]) -> "Neighbourhood":
        """After another round; the last word on a sound counts."""
        keeps, rejects = list(keeps), list(rejects)
        voted = {one.name for one in (*keeps, *rejects)}
        old = [[one for one in some if one.name not in voted] for some in (self.keeps, self.rejects)]
        return Neighbourhood(self.favourites, (*old[0], *keeps), (*old[1], *rejects))

    def to_json(self) -> dict[str, Any]:
        """For the next round."""
        parts = {"favourites": self.favourites, "keeps": self.keeps, "rejects": self.rejects}
        return {name: [one.to_json() for one in some] for name, some in parts.items()}

    @classmethod
    def from_json(cls, value: Mapping[str, Any], *, place: str) -> "Neighbourhood":
        """What `to_json` made.

        Raises
        ------
        InputError
            If it is something else.
        """
        read = Reader(value, place=place)
        favourites, keeps, rejects = (
            tuple(Anchor.from_json(one, place=f"{place}, {name}") for one in read.sequence(name))
            for name in ("favourites", "keeps", "rejects")
        )
        return cls(favourites, keeps, rejects)


def _stack(anchors: Sequence[Anchor], *, like: Float64) -> Float64:
    """``[n, D]``; those of another embedder, which have another length, are left out."""
    rows = [one.vector for one in anchors if one.vector.shape == like.shape]
    return np.stack(rows) if rows else np.zeros((0, *like.shape))

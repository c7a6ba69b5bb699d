"""What makes the differences between takes: the trained generator, or two classical baselines.

Every engine gives differences to be added to the hit itself, ``[C, T]`` each.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

import numpy as np
import numpy.typing as npt
from scipy.signal import oaconvolve, sosfilt

from samplegen.audio.resample import resample
from samplegen.audio.types import Audio, Samples
from samplegen.units import cents_to_ratio, db_to_gain, seconds_to_samples
from samplegen.variations.edits.deltas import colour_db
from samplegen.variations.edits.distances import pairwise, picture
from samplegen.variations.takes.calibration import UNCALIBRATED, Drive, HumanizeTable, bisect
from samplegen.variations.takes.hits import Hit

if TYPE_CHECKING:
    from torch import Tensor

    from samplegen.engines.alpha_blend import Edited, Generator

Floats = npt.NDArray[np.float64]
EQ_CENTRES_HZ: Final = (120.0, 700.0, 3500.0, 9000.0)
_EQ_DB: Final = 3.0
_PITCH_CENTS: Final = 12.0
_VELVET_S: Final = 0.006
_VELVET_PER_S: Final = 3000.0
_VELVET_LEVEL: Final = 0.5
_SHELF_HZ: Final = 200.0
_SHELF_DB: Final = 2.0
_TRIALS: Final = 4
_MOST_DRIVE: Final = 12.0


@dataclass(frozen=True, eq=False)
class Difference:
    """What a take adds to its hit, before the drive's gain.

    Parameters
    ----------
    delta
        ``[C, T]`` at the hit's rate.
    colour
        ``[frames, bins]``, see `deltas.colour_db`; None where the delta says all.
    """

    delta: Samples
    colour: npt.NDArray[np.float32] | None = None


class TakeEngine(Protocol):
    """Makes differences between a hit and its takes.

    Attributes
    ----------
    name
        What provenance says.
    holds
        Whether its differences are kept under the hit's own spectrum and attack, see `deltas`.
    """

    name: str
    holds: bool

    def drive(self, hit: Hit, *, amount: float) -> Drive:
        """How strongly to edit for `amount` real round robins."""
        ...

    def differences(
        self, hits: Sequence[Hit], *, seeds: Sequence[Sequence[int]], drives: Sequence[Drive]
    ) -> list[list[Difference]]:
        """Of each hit, one for each of its seeds."""
        ...


class AlphaTakes:
    """Edits by a trained generator: decoded variation minus decoded source.

    Parameters
    ----------
    table
        Calibration of the generator; None where there is none.
    """

    name = "humanize/alpha_blend"
    holds = True

    def __init__(self, generator: "Generator", table: HumanizeTable | None) -> None:
        self.generator, self.table = generator, table

    def drive(self, hit: Hit, *, amount: float) -> Drive:
        """By the calibration table; a rough one for all models where it is missing."""
        return (UNCALIBRATED if self.table is None else self.table.row(hit.kind)).drive(amount)

    def differences(
        self, hits: Sequence[Hit], *, seeds: Sequence[Sequence[int]], drives: Sequence[Drive]
    ) -> list[list[Difference]]:
        """Hits of equal strength go through the network together."""
        found: dict[int, list[Difference]] = {}
        for strength in sorted({drive.strength for drive in drives}):
            some = [number for number, drive in enumerate(drives) if drive.strength == strength]
            made = self._edit([hits[number] for number in some], [seeds[number] for number in some], strength)
            found |= dict(zip(some, made, strict=True))
        return [found[number] for number in range(len(hits))]

    def _edit(self, hits: Sequence[Hit], seeds: Sequence[Sequence[int]], strength: float) -> list[list[Difference]]:
        rate = self.generator.codec.sample_rate
        lanes = [_lanes_at(hit, sample_rate=rate) for hit in hits]
        owners = [number for number, several in enumerate(lanes) for _ in several]
        edited = self.generator.edit(
            [lane for several in lanes for lane in several],
            strength=strength,
            seeds=[seeds[number] for number in owners],
            tags=[self._tags(hits[number]) for number in owners],
            clap=self._clap(hits, owners),
        )
        made: list[list[Difference]] = []
        for number, hit in enumerate(hits):
            own = [edit for edit, owner in zip(edited, owners, strict=True) if owner == number]
            made.append([_differ(own, take, hit) for take in range(len(seeds[number]))])
        return made

    def _tags(self, hit: Hit) -> tuple[str, ...]:
        return (hit.kind,) if hit.kind in self.generator.description.kinds else ()

    def _clap(self, hits: Sequence[Hit], owners: Sequence[int]) -> "Tensor | None":
        if self.generator.clap is None:
            return None
        vectors = self.generator.clap.embed_audio([hit.audio for hit in hits])
        return vectors[list(owners)]


class DspTakes:
    """Takes without a model, driven until they differ as much as real ones do: the bar to beat.

    Parameters
    ----------
    method
        ``velvet``: a few milliseconds of velvet noise with a low shelf, after the one-to-many method that is
        published for percussive samples. ``eq``: random gain, pitch and four-band EQ.
    """

    holds = False

    def __init__(self, method: str = "velvet") -> None:
        self.name = f"humanize/{method}"
        self._process = {"velvet": velvet_take, "eq": eq_take}[method]

    def drive(self, hit: Hit, *, amount: float) -> Drive:
        """By bisection on trial takes of the very hit."""

        def median(drive: float) -> float:
            takes = [self._take(hit, np.random.default_rng(trial), drive) for trial in range(_TRIALS)]
            return float(np.median(pairwise([picture(hit.audio.with_samples(take)) for take in takes])))

        if amount == 0.0:
            return Drive(0.0, 1.0)
        target = amount * hit.reality.median_db
        return Drive(bisect(median, target=target, low=0.0, high=_MOST_DRIVE, tolerance=0.05, rounds=8), 1.0)

    def differences(
        self, hits: Sequence[Hit], *, seeds: Sequence[Sequence[int]], drives: Sequence[Drive]
    ) -> list[list[Difference]]:
        """Processed minus unprocessed."""
        return [
            [
                Difference(self._take(hit, np.random.default_rng(seed), drive.strength) - hit.audio.samples)
                for seed in several
            ]
            for hit, several, drive in zip(hits, seeds, drives, strict=True)
        ]

    def _take(self, hit: Hit, rng: np.random.Generator, drive: float) -> Samples:
        return self._process(hit.audio, rng=rng, drive=drive)


@contextmanager
def one_torch_thread() -> Iterator[None]:
    """Small networks on one thread: as fast as on two, the same bytes everywhere, and no collapse on busy cores."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def velvet_take(audio: Audio, *, rng: np.random.Generator, drive: float) -> Samples:
    """``[C, T]`` through an impulse followed by decaying velvet noise, and a random low shelf."""
    rate = audio.sample_rate
    length = seconds_to_samples(_VELVET_S, sample_rate=rate)
    kernel = np.zeros(length)
    places = np.sort(rng.integers(1, length, size=max(1, round(_VELVET_S * _VELVET_PER_S))))
    signs = rng.choice((-1.0, 1.0), size=places.size)
    kernel[places] = signs * np.exp(-3.0 * places / length) * _VELVET_LEVEL * min(drive, 4.0) / np.sqrt(places.size)
    kernel[0] = 1.0
    gain_db = float(np.clip(rng.normal() * _SHELF_DB * drive, -24.0, 24.0))
    shelved = sosfilt(_low_shelf(_SHELF_HZ, gain_db, rate)[None], audio.samples, axis=1)
    return np.asarray(oaconvolve(shelved, kernel[None], axes=1)[:, : audio.length], np.float32)


def eq_take(audio: Audio, *, rng: np.random.Generator, drive: float) -> Samples:
    """``[C, T]`` at a random pitch through four random peaks; its gain is the velocity's, which all engines have."""
    ratio = cents_to_ratio(float(np.clip(rng.normal() * _PITCH_CENTS * drive, -300.0, 300.0)))
    places = np.arange(audio.length) * ratio
    moved = np.stack([np.interp(places, np.arange(audio.length), channel, right=0.0) for channel in audio.samples])
    gains = np.clip(rng.normal(size=len(EQ_CENTRES_HZ)) * _EQ_DB * drive, -24.0, 24.0)
    sections = [_peak(hz, gain, audio.sample_rate) for hz, gain in zip(EQ_CENTRES_HZ, gains, strict=True)]
    return np.asarray(sosfilt(np.stack(sections), moved, axis=1), np.float32)


def _peak(hz: float, gain_db: float, sample_rate: int) -> Floats:
    """Second-order section of a peak of quality 0.9 (Bristow-Johnson's cookbook)."""
    root, w = db_to_gain(gain_db / 2.0), 2.0 * np.pi * min(hz, 0.4 * sample_rate) / sample_rate
    alpha = np.sin(w) / 1.8
    section = np.array([1 + alpha * root, -2 * np.cos(w), 1 - alpha * root, 1 + alpha / root, -2 * np.cos(w),
                        1 - alpha / root])  # fmt: skip
    return np.asarray(section / section[3])


def _low_shelf(hz: float, gain_db: float, sample_rate: int) -> Floats:
    """Second-order low shelf of slope 1 (Bristow-Johnson's cookbook)."""
    a, w = db_to_gain(gain_db / 2.0), 2.0 * np.pi * hz / sample_rate
    cosine, beta = np.cos(w), 2.0 * np.sqrt(a) * np.sin(w) / np.sqrt(2.0)
    section = np.array([
        a * ((a + 1) - (a - 1) * cosine + beta), 2 * a * ((a - 1) - (a + 1) * cosine),
        a * ((a + 1) - (a - 1) * cosine - beta), (a + 1) + (a - 1) * cosine + beta,
        -2 * ((a - 1) + (a + 1) * cosine), (a + 1) + (a - 1) * cosine - beta,
    ])  # fmt: skip
    return np.asarray(section / section[3])


def _lanes_at(hit: Hit, *, sample_rate: int) -> list[Audio]:
    lanes = resample(hit.audio.with_samples(hit.lanes), sample_rate=sample_rate)
    return [Audio(lane[None], sample_rate) for lane in lanes.samples]


def _differ(lanes: Sequence["Edited"], take: int, hit: Hit) -> Difference:
    """Of take number `take`, of the edited lanes of a hit."""
    made = [(_fit(lane.made[take], hit), _fit(lane.round_trip, hit)) for lane in lanes]
    delta = hit.from_lanes(np.concatenate([one - other for one, other in made]))
    return Difference(delta, colour_db(*made[0]))


def _fit(audio: Audio, hit: Hit) -> Samples:
    """``[1, T]`` at the hit's rate and length."""
    samples = resample(audio, sample_rate=hit.audio.sample_rate).samples
    kept = np.zeros((1, hit.audio.length), np.float32)
    length = min(hit.audio.length, samples.shape[1])
    kept[:, :length] = samples[:, :length]
    return kept

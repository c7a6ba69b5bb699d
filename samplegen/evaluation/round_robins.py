"""Real round robins: the same drum hit again at the same strength, and what harder hits do to level and tilt."""

import csv
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from samplegen.audio.features import log_mel_db, mel_to_hz
from samplegen.audio.io import read_audio
from samplegen.audio.types import Audio
from samplegen.units import seconds_to_samples
from samplegen.variations.edits.alignment import find_shift, onset_sample, shift
from samplegen.variations.edits.distances import pairwise, picture
from samplegen.variations.takes.reality import OVERALL, Reality

LEAST_TAKES: Final = 4
_LEAD_S: Final = 0.001
_LONGEST_S: Final = 2.0
_BANDS: Final = 64
_LOW_HZ, _HIGH_HZ = 80.0, 14_000.0
_DEPTH_DB: Final = 50.0
_LEAST_RANGE_DB: Final = 2.0

Float64 = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class RealSet:
    """Takes of one articulation and velocity layer of one kit, aligned and of one length.

    Parameters
    ----------
    group
        The instrument: kit and articulation.
    layer
        From 1, the softest.
    """

    kind: str
    group: str
    layer: int
    takes: tuple[Audio, ...]


def real_sets(library: Path, *, least: int = LEAST_TAKES) -> Iterator[RealSet]:
    """Sets of `least` takes or more of ``oneshots_rr`` of a library with an ``index.csv``, in its order."""
    with (library / "index.csv").open(newline="", encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["path"].startswith("oneshots_rr/")]
    sets: dict[tuple[str, str, int], list[str]] = defaultdict(list)
    for row in rows:
        sets[row["class"], f"{row['kit']}/{row['articulation']}", int(row["velocity"])].append(row["path"])
    for (kind, group, layer), paths in sets.items():
        if len(paths) >= least:
            takes = [read_audio(library / path, mono=True, max_seconds=_LONGEST_S + 1.0) for path in paths]
            yield RealSet(kind, group, layer, tuple(aligned(takes)))


def aligned(takes: Sequence[Audio]) -> list[Audio]:
    """Takes cut 1 ms before their onsets, moved to the first one's attack, and to a common length."""
    cut = []
    for take in takes:
        start = max(0, onset_sample(take) - seconds_to_samples(_LEAD_S, sample_rate=take.sample_rate))
        most = start + seconds_to_samples(_LONGEST_S, sample_rate=take.sample_rate)
        cut.append(take.with_samples(take.samples[:, start:most].copy()))
    length = min(take.length for take in cut)
    same = [take.with_samples(take.samples[:, :length].copy()) for take in cut]
    return [take.with_samples(shift(take.samples, later=-find_shift(take, same[0]))) for take in same]


def measure_reality(sets: Sequence[RealSet]) -> Reality:
    """Pairwise distances within sets, their spread, and the velocity law of the instruments."""
    distances = [pairwise([picture(take) for take in one.takes]) for one in sets]
    logs = [np.log(np.maximum(found, 1e-3)) for found in distances]
    within = np.concatenate([log - log.mean() for log in logs])
    laws = velocity_laws(sets)
    return Reality(
        median_db=float(np.median(np.concatenate(distances))),
        between=float(np.std([log.mean() for log in logs])),
        within=float(np.std(within)),
        tilt=float(np.median([tilt for tilt, _ in laws])) if laws else 0.0,
        range_db=float(np.median([range_db for _, range_db in laws])) if laws else 0.0,
        sets=len(sets),
        pairs=sum(map(len, distances)),
    )


def velocity_laws(sets: Sequence[RealSet]) -> list[tuple[float, float]]:
    """Tilt in dB per octave for each dB of level, and range in dB from softest to hardest, of each instrument."""
    groups: dict[str, list[RealSet]] = defaultdict(list)
    for one in sets:
        groups[one.group].append(one)
    laws = []
    for layers in groups.values():
        if len(layers) >= 3:
            measured = [_level_and_bands(one) for one in sorted(layers, key=lambda one: one.layer)]
            tilts = [_tilt(measured[-1], softer) for softer in measured[:-1]]
            laws.append((float(np.median([tilt for tilt in tilts if tilt is not None] or [0.0])),
                         measured[-1][0] - measured[0][0]))  # fmt: skip
    return laws


def _level_and_bands(one: RealSet) -> tuple[float, Float64]:
    levels, bands = [], []
    for take in one.takes:
        levels.append(10.0 * np.log10(np.square(take.samples.astype(np.float64)).sum() + 1e-12))
        power = 10.0 ** (log_mel_db(take, n_mels=_BANDS).astype(np.float64) / 10.0)
        bands.append(10.0 * np.log10(power.mean(axis=1) + 1e-10))
    return float(np.mean(levels)), np.mean(bands, axis=0)


def _tilt(hardest: tuple[float, Float64], softer: tuple[float, Float64]) -> float | None:
    """Slope over the octaves of what harder hitting adds, for each dB of it; None where levels are too close."""
    difference = hardest[0] - softer[0]
    if difference < _LEAST_RANGE_DB:
        return None
    hz = mel_to_hz(np.linspace(0.0, 2595.0 * np.log10(1.0 + 22_050.0 / 700.0), _BANDS + 2)[1:-1])
    loud = [bands > bands.max() - _DEPTH_DB for bands in (hardest[1], softer[1])]
    used = loud[0] & loud[1] & (hz > _LOW_HZ) & (hz < _HIGH_HZ)
    if used.sum() < 4:
        return None
    slope: float = np.polyfit(np.log2(hz[used]), (hardest[1] - softer[1])[used], 1)[0]
    return slope / difference


def by_kind(sets: Sequence[RealSet]) -> Mapping[str, list[RealSet]]:
    """Sets of each class, and of all under `OVERALL`."""
    kinds: dict[str, list[RealSet]] = defaultdict(list)
    for one in sets:
        kinds[one.kind].append(one)
        kinds[OVERALL].append(one)
    return kinds


def residual_db(first: Audio, second: Audio) -> float:
    """Energy of the difference of two aligned takes at equal energy, over that of either; 3 dB for unrelated ones."""
    one, other = (audio.mono().samples[0].astype(np.float64) for audio in (first, second))
    one, other = one / np.sqrt(np.square(one).sum() + 1e-20), other / np.sqrt(np.square(other).sum() + 1e-20)
    return float(10.0 * np.log10(np.square(one - other).sum() + 1e-12))


def residuals_db(one: RealSet) -> list[float]:
    """`residual_db` of every pair of a set."""
    return [residual_db(first, second) for first, second in combinations(one.takes, 2)]

"""What morph chains do on real recordings: the statistics of specs/morph_chain.md §11, levels and brightness."""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt

from samplegen.audio.source import as_source
from samplegen.audio.types import Audio
from samplegen.engines.morph_chain.engine import PATCH_FRAMES, morph
from samplegen.engines.morph_chain.presets import settings_for
from samplegen.engines.morph_chain.report import own_cluster_shares
from samplegen.engines.morph_chain.result import Chain, MorphResult
from samplegen.engines.on_the_fly.patches import mel_patches, normalise
from samplegen.errors import UsageError
from samplegen.evaluation.phase_statistics import power_spectrum
from samplegen.evaluation.tables import markdown_table, percent

CUSTOM = "custom"  # the defaults; the specification's statistics are of the other presets
FEWEST_EVENTS = 6  # shares and distances of smaller clusters say little
PROTOTYPE = ("prototype (published)", "90 % (86 %)", "", "+0.29 (−0.06)", "0.18 (0.68)", "2 % (17 %)", "< 0", "", "")
_HEADER = (
    "", "diversity", "own-cluster share, last quarter", "own-cluster share, last − first", "final/initial distance",
    "repeated bigrams", "spectral change", "level", "brightness",
)  # fmt: skip


@dataclass(frozen=True)
class ChainFigures:
    """Figures of one chain, or means over several; NaN where a chain's cluster is too small.

    Parameters
    ----------
    distance_ratio
        Distance to the own centre at the end by that at the start.
    own_share
        Own-cluster share of the last quarter.
    share_gain
        The same minus that of the first quarter.
    diversity
        Distinct events by events.
    repeated_bigrams
        Share of the transitions that occurred before in the chain.
    spectral_change
        Mean distance of neighbours' patches in the second half by that in the first, minus 1.
    """

    distance_ratio: float
    own_share: float
    share_gain: float
    diversity: float
    repeated_bigrams: float
    spectral_change: float


@dataclass(frozen=True)
class SoundFigures:
    """How one morph differs from its recording.

    Parameters
    ----------
    level_db
        RMS of the chains, without the gaps between them, by that of the recording.
    brightness
        Spectral centroid, weighted with energy, after by before.
    """

    level_db: float
    brightness: float


@dataclass(frozen=True)
class Measured:
    """All runs of one preset on one recording: figures of every chain, and of every sound."""

    recording: str
    preset: str
    chains: Sequence[ChainFigures]
    sounds: Sequence[SoundFigures]


def measure_chain(
    chain: Chain, *, labels: npt.NDArray[np.intp], centre: npt.NDArray[np.float64], patches: npt.NDArray[np.float32]
) -> ChainFigures:
    """Figures of one chain among events with `labels` ``[n]`` and normalised `patches` ``[n, D]``."""
    large = np.count_nonzero(labels == chain.cluster) >= FEWEST_EVENTS
    first, last = own_cluster_shares(chain, labels)
    start, end = np.linalg.norm(chain.z[[0, -1]] - centre, axis=1)
    return ChainFigures(
        float(end / start) if large else float("nan"),
        last if large else float("nan"),
        last - first if large else float("nan"),
        len(set(chain.sequence)) / len(chain.sequence),
        repeated_bigrams(chain.sequence),
        _spectral_change(chain.sequence, patches),
    )


def repeated_bigrams(sequence: Sequence[int]) -> float:
    """Share of transitions that occurred before."""
    pairs = list(zip(sequence, sequence[1:], strict=False))
    return (len(pairs) - len(set(pairs))) / len(pairs) if pairs else 0.0


def _spectral_change(sequence: Sequence[int], patches: npt.NDArray[np.float32]) -> float:
    played = patches[list(sequence)].astype(np.float64)
    steps = np.linalg.norm(np.diff(played, axis=0), axis=1)
    half = len(steps) // 2
    return float(steps[half:].mean() / steps[:half].mean() - 1.0) if half and steps[:half].any() else float("nan")


def measure_result(result: MorphResult, audio: Audio) -> list[ChainFigures]:
    """Figures of every chain of a joint analysis of `audio`."""
    voice = result.voices[0]
    mode = result.settings.patch_mode
    patches = normalise(mel_patches(as_source(audio), result.events, frames=PATCH_FRAMES, mode=mode)).values
    return [
        measure_chain(chain, labels=voice.labels, centre=voice.clusters.centres[chain.cluster], patches=patches)
        for chain in voice.chains
    ]


def measure_sound(result: MorphResult, audio: Audio) -> SoundFigures:
    """Level and brightness of a joint morph of `audio`."""
    sounding = [np.square(result.audio.samples[:, one.start : one.end], dtype=np.float64) for one in result.chains]
    power = np.concatenate(sounding, axis=1).mean() / np.square(audio.samples, dtype=np.float64).mean()
    return SoundFigures(10.0 * math.log10(power), _centroid_hz(result.audio) / _centroid_hz(audio))


def _centroid_hz(audio: Audio) -> float:
    power = power_spectrum(audio)
    hz = np.linspace(0.0, audio.sample_rate / 2.0, len(power))
    return float(hz @ power / power.sum())


def measure(recordings: Mapping[str, Audio], *, presets: Iterable[str], seeds: Sequence[int]) -> Iterator[Measured]:
    """Figures of all seeds, one preset and recording after the other."""
    chosen = list(presets)
    for name, audio in recordings.items():
        for preset in chosen:
            chains: list[ChainFigures] = []
            sounds: list[SoundFigures] = []
            for seed in seeds:
                result = morph(as_source(audio), settings_for(preset, seed=seed))
                chains += measure_result(result, audio)
                sounds.append(measure_sound(result, audio))
            yield Measured(name, preset, chains, sounds)


def mean_figures(chains: Sequence[ChainFigures]) -> ChainFigures:
    """Means over chains, values that are NaN left out.

    Raises
    ------
    UsageError
        Without chains.
    """
    if not chains:
        raise UsageError("Means need at least one chain.")
    columns = [np.array([getattr(chain, field.name) for chain in chains]) for field in fields(ChainFigures)]
    known = [column[~np.isnan(column)] for column in columns]
    return ChainFigures(*(float(column.mean()) if len(column) else float("nan") for column in known))


def statistics_table(measured: Sequence[Measured]) -> str:
    """Markdown: a row per preset and recording, means over chains and sounds, and the prototype's figures."""
    rows = [_row(f"{one.preset}, {one.recording}", one.chains, one.sounds) for one in measured]
    published = [one for one in measured if one.preset != CUSTOM] or measured
    chains = [chain for one in published for chain in one.chains]
    rows.append(_row(f"**all but {CUSTOM}**", chains, [sound for one in published for sound in one.sounds]))
    return markdown_table(_HEADER, [*rows, PROTOTYPE])


def _row(title: str, chains: Sequence[ChainFigures], sounds: Sequence[SoundFigures]) -> tuple[str, ...]:
    figures = mean_figures(chains)
    level_db = float(np.mean([sound.level_db for sound in sounds]))
    brightness = float(np.mean([sound.brightness for sound in sounds]))
    return (
        title,
        percent(figures.diversity),
        percent(figures.own_share),
        f"{figures.share_gain:+.2f}",
        f"{figures.distance_ratio:.2f}",
        percent(figures.repeated_bigrams),
        f"{100.0 * figures.spectral_change:+.0f} %",
        f"{level_db:+.1f} dB",
        f"×{brightness:.2f}",
    )

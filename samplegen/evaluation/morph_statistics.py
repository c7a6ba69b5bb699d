"""What morph chains do on real recordings: the statistics of specs/morph_chain.md §11."""

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
from samplegen.evaluation.tables import markdown_table, percent

FEWEST_EVENTS = 6  # shares and distances of smaller clusters say little
PROTOTYPE = ("prototype (published)", "0.18 (0.68)", "+0.29 (−0.06)", "90 % (86 %)", "2 % (17 %)", "< 0")
_HEADER = ("", "final/initial distance", "own share, last − first", "diversity", "repeated bigrams", "spectral change")


@dataclass(frozen=True)
class ChainFigures:
    """Figures of one chain, or means over several; NaN where a chain's cluster is too small.

    Parameters
    ----------
    distance_ratio
        Distance to the own centre at the end by that at the start.
    share_gain
        Own-cluster share of the last quarter minus that of the first.
    diversity
        Distinct events by events.
    repeated_bigrams
        Share of the transitions that occurred before in the chain.
    spectral_change
        Mean distance of neighbours' patches in the second half by that in the first, minus 1.
    """

    distance_ratio: float
    share_gain: float
    diversity: float
    repeated_bigrams: float
    spectral_change: float


def measure_chain(
    chain: Chain, *, labels: npt.NDArray[np.intp], centre: npt.NDArray[np.float64], patches: npt.NDArray[np.float32]
) -> ChainFigures:
    """Figures of one chain among events with `labels` ``[n]`` and normalised `patches` ``[n, D]``."""
    large = np.count_nonzero(labels == chain.cluster) >= FEWEST_EVENTS
    first, last = own_cluster_shares(chain, labels)
    start, end = np.linalg.norm(chain.z[[0, -1]] - centre, axis=1)
    return ChainFigures(
        float(end / start) if large else float("nan"),
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


def measure(
    recordings: Mapping[str, Audio], *, presets: Iterable[str], seeds: Sequence[int]
) -> Iterator[tuple[str, str, list[ChainFigures]]]:
    """(recording, preset, figures of all chains of all seeds), one after the other."""
    chosen = list(presets)
    for name, audio in recordings.items():
        for preset in chosen:
            results = (morph(as_source(audio), settings_for(preset, seed=seed)) for seed in seeds)
            yield name, preset, [figures for result in results for figures in measure_result(result, audio)]


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


def statistics_table(measured: Sequence[tuple[str, str, list[ChainFigures]]]) -> str:
    """Markdown: a row per recording and preset, the mean over all chains, and the prototype's figures."""
    rows = [_row(f"{name}, {preset}", mean_figures(chains)) for name, preset, chains in measured]
    rows.append(_row("**all**", mean_figures([chain for _, _, chains in measured for chain in chains])))
    return markdown_table(_HEADER, [*rows, PROTOTYPE])


def _row(title: str, figures: ChainFigures) -> tuple[str, ...]:
    return (
        title,
        f"{figures.distance_ratio:.2f}",
        f"{figures.share_gain:+.2f}",
        percent(figures.diversity),
        percent(figures.repeated_bigrams),
        f"{100.0 * figures.spectral_change:+.0f} %",
    )

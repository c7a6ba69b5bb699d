"""Is what enhancing makes near the original? Figures beside both baselines (specs/applications.md §7)."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy import signal

from samplegen.audio.types import Audio
from samplegen.evaluation.distances import Distance, compare, mel_embedding
from samplegen.evaluation.tables import markdown_table
from samplegen.variations.edits.bands import Crossover, level_between, spectrum_of

ENGINES: Final = ("model", "replication", "resampling")
FAMILIES: Final[Mapping[str, tuple[str, ...]]] = {
    "drums": ("kick", "snare", "tom", "rim", "clap"),
    "cymbals": ("hat_closed", "hat_open", "cymbal"),
    "percussion": ("percussion",),
    "plucked and struck": ("guitar", "piano", "keys", "mallet"),
    "bass and synth": ("bass", "synth", "pad"),
    "sustained": ("strings", "woodwind", "brass", "vocal"),
    "drum loops": ("loop_drums", "loop_full", "loop_percussion"),
}
_FRAME: Final = 1024
_RANGE_DB: Final = 80.0
_HEARD_DB: Final = 60.0
_DRAWS: Final = 1000
_EMBEDDED_S: Final = 2.0

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Scores:
    """Of one result of one engine.

    Parameters
    ----------
    total_db, high_db
        Log-spectral distance from the original over the whole band, and above the cutoff.
    step_db
        By how much more than in the original the level changes from one third of an octave to the other at the cutoff.
    snr_db
        Of what the recording had.
    """

    total_db: float
    high_db: float
    step_db: float
    snr_db: float


@dataclass(frozen=True, eq=False)
class Case:
    """A source limited at one frequency, and what became of it by engine."""

    family: str
    cutoff_hz: float
    original: Audio
    made: Mapping[str, Audio]
    scores: Mapping[str, Scores]


def log_spectral_distance(made: Audio, original: Audio, *, low_hz: float = 0.0) -> float:
    """Root mean square difference of log spectra in dB above `low_hz`, mean over the frames that are heard.

    Both spectra end 80 dB below the original's loudest line; frames 60 dB below its loudest one do not count.
    """
    spectra = []
    for audio in (original, made):
        hz, _, bins = signal.stft(audio.mono().samples[0], audio.sample_rate, nperseg=_FRAME, noverlap=_FRAME * 3 // 4)
        spectra.append(np.square(np.abs(bins)))
    floor = spectra[0].max() * 10.0 ** (-_RANGE_DB / 10.0) + 1e-20
    energy = spectra[0].sum(axis=0)
    heard = energy >= energy.max() * 10.0 ** (-_HEARD_DB / 10.0)
    logs = [10.0 * np.log10(np.maximum(power[hz >= low_hz][:, heard], floor)) for power in spectra]
    return float(np.sqrt(np.square(logs[0] - logs[1]).mean(axis=0)).mean())


def step_error_db(made: Audio, original: Audio, crossover: Crossover) -> float:
    """How much the step of the level around the cutoff differs from the original's, in dB."""
    steps = []
    for audio in (made, original):
        hz, power = spectrum_of(audio.samples, rate=audio.sample_rate)
        power = power + power.max() * 10.0 ** (-(_RANGE_DB + 20.0) / 10.0)
        below = level_between(hz, power, crossover.trusted_hz * 2.0 ** (-1 / 3), crossover.trusted_hz)
        above = level_between(hz, power, crossover.cutoff_hz, crossover.cutoff_hz * 2.0 ** (1 / 3))
        steps.append(above - below)
    return steps[0] - steps[1]


def mean_with_interval(values: Sequence[float], *, rng: np.random.Generator) -> tuple[float, float, float]:
    """Mean and the ends of its 95 % bootstrap interval."""
    found = np.asarray(values, np.float64)
    means = found[rng.integers(len(found), size=(_DRAWS, len(found)))].mean(axis=1)
    low, high = np.quantile(means, [0.025, 0.975])
    return float(found.mean()), float(low), float(high)


def distances_to_originals(cases: Sequence[Case], *, rng: np.random.Generator) -> dict[str, Distance]:
    """Kernel distance of each engine's sounds from the originals; needs four cases or more."""
    originals = np.stack([_embedded(case.original) for case in cases])
    return {
        name: compare(np.stack([_embedded(case.made[name]) for case in cases]), originals, generator=rng)
        for name in ENGINES
    }


def _embedded(audio: Audio) -> Floats:
    size = round(_EMBEDDED_S * audio.sample_rate)
    mono = audio.mono().samples[:, :size]
    return mel_embedding(audio.with_samples(np.pad(mono, ((0, 0), (0, size - mono.shape[1])))))


def report_table(cases: Sequence[Case], *, by: Callable[[Case], str], rng: np.random.Generator) -> str:
    """A row for each group of cases and each engine."""
    rows = []
    for group in dict.fromkeys(by(case) for case in cases):
        some = [case for case in cases if by(case) == group]
        kernels = distances_to_originals(some, rng=rng) if len(some) >= 4 else {}
        for name in ENGINES:
            scores = [case.scores[name] for case in some]
            rows.append([
                f"{group} ({len(some)})", name,
                _cell((one.high_db for one in scores), rng), _cell((one.total_db for one in scores), rng),
                f"{np.median([abs(one.step_db) for one in scores]):.1f}",
                f"{100 * np.mean([abs(one.step_db) <= 3.0 for one in scores]):.0f} %",
                f"{min(one.snr_db for one in scores):.0f}",
                _kernel_cell(kernels.get(name)),
            ])  # fmt: skip
    return markdown_table(
        ["sounds (n)", "engine", "LSD high, dB", "LSD total, dB", "step error, median dB", "step error ≤ 3 dB",
         "least SNR, dB", "kernel distance"], rows,
    )  # fmt: skip


def _kernel_cell(distance: Distance | None) -> str:
    if distance is None:
        return "–"
    return f"{distance.kernel:.3f} ({distance.low:.3f} to {distance.high:.3f})"


def _cell(values: Iterable[float], rng: np.random.Generator) -> str:
    mean, low, high = mean_with_interval(list(values), rng=rng)
    return f"{mean:.1f} ({low:.1f}–{high:.1f})"


def wins(cases: Sequence[Case], *, rng: np.random.Generator) -> dict[str, tuple[float, float, float]]:
    """By family: LSD of the high band, replication's less the model's, mean and 95 % interval."""
    return {
        family: mean_with_interval(
            [case.scores["replication"].high_db - case.scores["model"].high_db for case in cases
             if case.family == family], rng=rng,
        )
        for family in dict.fromkeys(case.family for case in cases)
    }  # fmt: skip

"""How far generated sounds are from real ones: kernel and Fréchet distances of embeddings.

Two embeddings of a loop are used: statistics of its codec latents, and statistics of its log-mel
spectrogram with how fast its bands move. Both are standardised by the reference sounds and cut at
four deviations, so that no channel and no single sound weighs more than another.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from samplegen.audio.features import frame_rate_of, log_mel_db
from samplegen.audio.resample import resample, resample_ring
from samplegen.audio.types import Audio
from samplegen.errors import UsageError
from samplegen.evaluation.tables import markdown_table
from samplegen.units import samples_to_frames

if TYPE_CHECKING:
    from samplegen.codec.base import Codec

Float64 = npt.NDArray[np.float64]

MEL_BANDS = 64
MODULATION_EDGES_HZ = (0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0)
_MODULATION_GROUPS = 8
_MEL_RATE = 44_100
_MEL_HOP = 512
_DRAWS = 200
_MAX_COMPONENTS = 32
_MIN_SPREAD = 1e-3
_FARTHEST = 4.0  # deviations: the cube of the kernel would let one odd sound decide


@dataclass(frozen=True)
class Distance:
    """Between two sets of sounds.

    Parameters
    ----------
    kernel, low, high
        Unbiased squared kernel distance and the ends of its 95 % interval; may lie below 0 when
        the sets are alike.
    frechet
        Fréchet distance on the reference's main components; grows as the sets get smaller.
    sounds, reference
        Sizes of the two sets.
    """

    kernel: float
    low: float
    high: float
    frechet: float
    sounds: int
    reference: int


def kernel_distance(first: Float64, second: Float64) -> float:
    """Unbiased squared MMD of ``[n, d]`` and ``[m, d]`` with the kernel ``(x·y / d + 1)³``.

    Binkowski et al., "Demystifying MMD GANs", ICLR 2018, eq. 4 (KID).
    """
    return gram_distance(cubic_kernel(first, first), cubic_kernel(second, second), cubic_kernel(first, second))


def cubic_kernel(first: Float64, second: Float64) -> Float64:
    """``(x·y / d + 1)³`` of all pairs, ``[n, m]``."""
    return np.asarray((first @ second.T / first.shape[1] + 1.0) ** 3)


def gram_distance(within_first: Float64, within_second: Float64, across: Float64) -> float:
    """`kernel_distance` of kernels ``[n, n]``, ``[m, m]`` and ``[n, m]``."""

    def others(gram: Float64) -> float:
        count = len(gram)
        return float((gram.sum() - np.trace(gram)) / (count * (count - 1)))

    return others(within_first) + others(within_second) - 2.0 * float(across.mean())


def kernel_interval(first: Float64, second: Float64, *, generator: np.random.Generator) -> tuple[float, float]:
    """95 % interval of `kernel_distance` from half-samples drawn without replacement.

    Half-samples vary as the full estimate does, and unlike the bootstrap with replacement they
    hold no pair of equal sounds, which would bias the estimate (Politis and Romano 1994).
    """
    centre = kernel_distance(first, second)
    grams = cubic_kernel(first, first), cubic_kernel(second, second), cubic_kernel(first, second)
    draws = []
    for _ in range(_DRAWS):
        a, b = (generator.permutation(len(gram))[: max(2, len(gram) // 2)] for gram in grams[:2])
        draws.append(gram_distance(grams[0][np.ix_(a, a)], grams[1][np.ix_(b, b)], grams[2][np.ix_(a, b)]))
    low, high = np.quantile(draws, [0.025, 0.975]) - np.mean(draws)
    return centre + float(low), centre + float(high)


def frechet_distance(first: Float64, second: Float64) -> float:
    """``|m₁ - m₂|² + tr(S₁ + S₂ - 2 (S₁ S₂)^½)`` of ``[n, d]`` and ``[m, d]`` (Heusel et al. 2017)."""
    spread_first, spread_second = (np.atleast_2d(np.cov(rows, rowvar=False)) for rows in (first, second))
    values, vectors = np.linalg.eigh(spread_first)
    root = (vectors * np.sqrt(np.maximum(values, 0.0))) @ vectors.T
    cross = np.sqrt(np.maximum(np.linalg.eigvalsh(root @ spread_second @ root), 0.0)).sum()
    apart = np.square(first.mean(axis=0) - second.mean(axis=0)).sum()
    return float(max(0.0, apart + np.trace(spread_first) + np.trace(spread_second) - 2.0 * cross))


def compare(sounds: Float64, reference: Float64, *, generator: np.random.Generator) -> Distance:
    """Distance of embeddings ``[n, d]`` from a reference ``[m, d]``.

    Raises
    ------
    UsageError
        If either has fewer than four sounds, or their widths differ.
    """
    if min(len(sounds), len(reference)) < 4 or sounds.shape[1:] != reference.shape[1:]:
        raise UsageError(
            f"A distance needs two sets of four sounds or more, not {sounds.shape} and {reference.shape} values."
        )
    first, second = (standardised(rows, reference) for rows in (sounds, reference))
    low, high = kernel_interval(first, second, generator=generator)
    main = main_components(second, most=min(_MAX_COMPONENTS, min(len(first), len(second)) // 4))
    frechet = frechet_distance(first @ main, second @ main)
    return Distance(kernel_distance(first, second), low, high, frechet, len(first), len(second))


def standardised(rows: Float64, reference: Float64) -> Float64:
    """Rows by the reference's mean and deviation, cut at four deviations."""
    mean, spread = reference.mean(axis=0), np.maximum(reference.std(axis=0), _MIN_SPREAD)
    return np.asarray(np.clip((rows - mean) / spread, -_FARTHEST, _FARTHEST), np.float64)


def main_components(rows: Float64, *, most: int) -> Float64:
    """Directions ``[d, k]`` in which the rows vary most."""
    _, _, directions = np.linalg.svd(rows - rows.mean(axis=0), full_matrices=False)
    return np.asarray(directions[: max(1, most)].T)


def mel_embedding(audio: Audio) -> Float64:
    """Of a loop: mean and deviation of 64 log-mel bands over time, and how strongly eight groups of bands move.

    The movement is the log-mel's spectrum over time, in octaves from 0.5 to 32 Hz.

    Returns
    -------
    array
        ``[2 * 64 + 8 * 6]``.
    """
    audio = resample(audio.mono(), sample_rate=_MEL_RATE)
    levels = np.maximum(log_mel_db(audio, hop_length=_MEL_HOP, n_mels=MEL_BANDS, ring=True).astype(np.float64), -90.0)
    rate = frame_rate_of(audio.length, sample_rate=_MEL_RATE, hop_length=_MEL_HOP, ring=True)
    groups = levels.reshape(_MODULATION_GROUPS, -1, levels.shape[1]).mean(axis=1)
    moving = np.abs(np.fft.rfft(groups, axis=1)) / groups.shape[1]
    hz = np.fft.rfftfreq(groups.shape[1], 1.0 / rate)
    bins = np.digitize(hz, MODULATION_EDGES_HZ)
    power = [np.square(moving[:, bins == k]).sum(axis=1) for k in range(1, len(MODULATION_EDGES_HZ))]
    return np.concatenate([levels.mean(axis=1), levels.std(axis=1), 10.0 * np.log10(np.concatenate(power) + 0.01)])


def latent_embedding(audio: Audio, *, codec: "Codec") -> Float64:
    """Of a loop: mean and deviation over time of every codec latent, ``[2 * C]``."""
    import torch

    audio = resample(audio.mono(), sample_rate=codec.sample_rate)
    frames = max(1, samples_to_frames(audio.length, hop_length=codec.hop_length))
    samples = torch.tensor(resample_ring(audio.samples, length=frames * codec.hop_length))
    with torch.inference_mode():
        latents = codec.encode(samples[None].expand(1, codec.channels, -1), loop=True).values[0]
    return latent_statistics(latents.double().numpy())


def latent_statistics(latents: Float64) -> Float64:
    """Mean and deviation over time of ``[C, N]``, ``[2 * C]``."""
    return np.concatenate([latents.mean(axis=1), latents.std(axis=1)])


def embed(sounds: Sequence[Audio], embedding: Callable[[Audio], Float64]) -> Float64:
    """Embeddings of many sounds, ``[n, d]``."""
    return np.stack([embedding(sound) for sound in sounds])


def noise_like(audio: Audio, *, generator: np.random.Generator) -> Audio:
    """White noise of the same length, channels and peak."""
    noise = generator.standard_normal(audio.samples.shape)
    peak = float(np.abs(audio.samples).max(initial=0.0))
    return audio.with_samples((noise * peak / np.abs(noise).max()).astype(np.float32))


def distances_markdown(tables: Mapping[str, Mapping[str, Distance]]) -> str:
    """One table: rows are comparisons, two columns per embedding. `tables` is by embedding, then by row."""
    first = next(iter(tables.values()))
    header = ["comparison", "sounds"]
    for name in tables:
        header += [f"kernel distance, {name}", f"Fréchet distance, {name}"]
    rows = []
    for row, any_distance in first.items():
        cells = [row, f"{any_distance.sounds} / {any_distance.reference}"]
        for table in tables.values():
            figure = table[row]
            cells += [f"{figure.kernel:.3f} ({figure.low:.3f} to {figure.high:.3f})", f"{figure.frechet:.2f}"]
        rows.append(cells)
    return markdown_table(header, rows)

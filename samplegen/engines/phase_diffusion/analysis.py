"""What all three models learn from a recording: events, their latents, and the weights of the bins."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal, cast

import numpy as np
import numpy.typing as npt

from samplegen.audio.source import Source
from samplegen.engines.on_the_fly.clusters import Covariance
from samplegen.engines.on_the_fly.events import Event, Segmentation, segment
from samplegen.engines.on_the_fly.flux import HOP_S, frame_centres, spectral_flux
from samplegen.engines.on_the_fly.learning import Learned, learn
from samplegen.engines.on_the_fly.patches import (
    BANDS,
    Normalised,
    mel_filters,
    mel_patches,
    normalise,
    patch_fft,
)
from samplegen.engines.on_the_fly.streams import Streams
from samplegen.engines.phase_diffusion.coherence import bin_weights, per_noise_variance
from samplegen.engines.phase_diffusion.protection import AmountTrack, amount_track, dryness
from samplegen.engines.phase_diffusion.settings import PhaseSettings

__all__ = ["FRAMES", "Analysis", "BandErrors", "analyse", "band_errors"]

Values = npt.NDArray[np.float64]

FRAMES = 16
MIN_EVENT_S = 0.10
MAX_EVENT_S = 2.0
EQUAL_FRAME_S = 0.5
_GROUP_EVENTS = 2048  # reconstructed at a time
_UNIFORM_NEPERS = 0.05  # change of the loud bands' log energies, below a fraction of a dB


@dataclass(frozen=True, eq=False)
class BandErrors:
    """What the network could not reproduce: z-scored of each event ``[n]``, in log-mel of each band ``[bands]``."""

    of_events: Values
    of_bands: Values


@dataclass(frozen=True, eq=False)
class Analysis:
    """One analysis: of all channels together, or of one of them.

    Parameters
    ----------
    events, patches, learned
        n events, their normalised patches and latents.
    errors
        None where no network was trained.
    weights
        ``[F]`` of the bins, 0 structured.
    amount
        Over time: the diffusion amount, its curve, the protection of attacks.
    warnings
        One sentence each.
    """

    events: tuple[Event, ...]
    patches: Normalised
    learned: Learned
    errors: BandErrors | None
    weights: Values
    amount: AmountTrack
    warnings: tuple[str, ...]

    @property
    def durations(self) -> Values:
        """Samples of each event ``[n]``."""
        return np.array([event.length for event in self.events], dtype=np.float64)


def analyse(
    source: Source,
    settings: PhaseSettings,
    *,
    streams: Streams,
    curve: Callable[[float], float] | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Analysis:
    """Cut `source` into events, train on them, and weigh the bins of the window.

    Draws from the streams that `learn` names. `progress` hears of training steps done and in all.
    """
    flux = spectral_flux(source)
    segmentation = segment(
        source, flux=flux, min_event_s=MIN_EVENT_S, max_event_s=MAX_EVENT_S, retry_s=(), equal_frame_s=EQUAL_FRAME_S
    )
    events = segmentation.events
    patches = normalise(
        mel_patches(source, events, frames=FRAMES, mode=cast(Literal["central", "pool"], settings.patch_mode))
    )
    learned = learn(
        patches,
        latent_size=settings.latent_size,
        steps=settings.train_steps,
        clusters=settings.n_clusters,
        covariance=cast(Covariance, settings.covariance),
        streams=streams,
        progress=progress,
    )
    errors = band_errors(learned, patches, durations=[event.length for event in events])
    track = amount_track(
        settings.diffusion_amount,
        length=source.length,
        at=frame_centres(len(flux), sample_rate=source.sample_rate),
        protection=dryness(flux, hop_s=HOP_S) if settings.preserve_transients else None,
        curve=curve,
    )
    weights = _weights(errors, settings, sample_rate=source.sample_rate)
    warnings = (*_warnings(segmentation, patches), *learned.warnings)
    return Analysis(events, patches, learned, errors, weights, track, warnings)


def band_errors(learned: Learned, patches: Normalised, *, durations: npt.ArrayLike) -> BandErrors | None:
    """Errors of reconstruction; bands average over frames and, weighted by duration ``[n]``, over events."""
    if learned.model is None:
        return None
    shares = np.asarray(durations, dtype=np.float64) / np.sum(durations)
    of_events = np.empty(len(shares))
    of_dimensions = np.zeros(patches.values.shape[1])
    for group in _groups(len(shares)):
        clean = patches.values[group]
        error = np.square(learned.model.decode(learned.model.encode(clean)) - clean)
        of_events[group] = error.mean(axis=1)
        of_dimensions += shares[group] @ error
    # A dimension that never changes was not learned and has no error; its standard deviation says so too.
    in_log_mel = of_dimensions * np.square(patches.std)
    return BandErrors(of_events, in_log_mel.reshape(BANDS, -1).mean(axis=1))


def _warnings(segmentation: Segmentation, patches: Normalised) -> list[str]:
    notes = []
    count = len(segmentation.events)
    if segmentation.equal_frames:
        notes.append(f"Too few onsets were found: the recording was cut into {count} equal frames.")
    energy = np.exp(patches.mean - patches.mean.max())
    if count > 1 and float(energy @ patches.std / energy.sum()) < _UNIFORM_NEPERS:
        notes.append("The recording hardly changes, so there is little to learn from it.")
    return notes


def _groups(count: int) -> Iterator[slice]:
    for start in range(0, count, _GROUP_EVENTS):
        yield slice(start, min(start + _GROUP_EVENTS, count))


def _weights(errors: BandErrors | None, settings: PhaseSettings, *, sample_rate: int) -> Values:
    """Bin weights ``[F]`` of the window; undecided where nothing was learned."""
    filters = mel_filters(settings.window_size, sample_rate)
    if errors is None:
        return np.full(filters.shape[1], 0.5)
    of_bands = errors.of_bands
    if settings.coherence == "compensated":
        of_bands = per_noise_variance(of_bands, filters=mel_filters(patch_fft(sample_rate), sample_rate))
    return bin_weights(of_bands, filters=filters)

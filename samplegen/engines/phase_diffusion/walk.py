"""The model `latent`: events walk to the centre of their cluster, and the frames take on what they find there."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np
import numpy.typing as npt

from samplegen.engines.on_the_fly.annealing import Annealing, Noise, denoise, temperatures
from samplegen.engines.on_the_fly.clusters import Clusters
from samplegen.engines.on_the_fly.events import Event
from samplegen.engines.on_the_fly.learning import Learned
from samplegen.engines.on_the_fly.patches import BANDS, Normalised, mel_filters, patch_fft
from samplegen.engines.phase_diffusion.frames import Framing, Spectra
from samplegen.engines.phase_diffusion.settings import PhaseSettings
from samplegen.engines.phase_diffusion.smear import unit_phasors

__all__ = ["Envelopes", "LatentBlend", "Walk", "band_envelopes", "event_at", "walk", "walk_temperatures"]

Values = npt.NDArray[np.float64]

STRENGTH = 0.6
FINAL_SHARE = 0.1  # the last temperature, of the first
_GROUP_EVENTS = 2048


@dataclass(frozen=True, eq=False)
class Walk:
    """Where the events ``[n, L]`` ended, and their distances ``[n]`` from their own centre."""

    latents: Values
    before: Values
    after: Values


def walk_temperatures(settings: PhaseSettings) -> Values:
    """Temperature of each step, from `temperature` to a tenth of it, at least 0.05."""
    return temperatures(
        settings.diffusion_steps,
        start=settings.temperature,
        end=FINAL_SHARE * settings.temperature,
        kind=cast(Annealing, settings.annealing),
        custom=settings.temperatures,
    )


def walk(latents: Values, clusters: Clusters, settings: PhaseSettings, *, rng: np.random.Generator) -> Walk:
    """All events ``[n, L]`` take the annealed steps together, each pulled to its own cluster."""
    own = clusters.labels
    place = latents
    annealed = walk_temperatures(settings)
    for step, temperature in enumerate(annealed):
        place = denoise(
            place,
            clusters,
            own=own,
            temperature=float(temperature),
            fraction=step / max(1, len(annealed) - 1),
            strength=STRENGTH,
            guidance=settings.guidance,
            noise=cast(Noise, settings.noise),
            normals=rng.standard_normal(place.shape),
        )
    centres = clusters.centres[own]
    return Walk(place, np.linalg.norm(latents - centres, axis=1), np.linalg.norm(place - centres, axis=1))


def band_envelopes(
    learned: Learned, patches: Normalised, walked: Values, *, amount: float, sample_rate: int
) -> npt.NDArray[np.float32]:
    """E_m / A_m of each event ``[n, bands]``, at most 1: the share `amount` of the walk, decoded.

    Without a network the events' own spectra stand in. Each event is scaled by a factor of its own,
    which the level of the frames takes out again.
    """
    areas = mel_filters(patch_fft(sample_rate), sample_rate).sum(axis=1, dtype=np.float64)
    levels = np.empty((len(patches.values), BANDS))
    for start in range(0, len(levels), _GROUP_EVENTS):
        group = slice(start, start + _GROUP_EVENTS)
        decoded: npt.NDArray[np.floating] = patches.values[group]
        if learned.model is not None:
            blended = (1.0 - amount) * learned.latents[group] + amount * walked[group]
            decoded = learned.model.decode(learned.unstandardise(blended))
        levels[group] = patches.restore(decoded).reshape(-1, BANDS, patches.values.shape[1] // BANDS).mean(axis=2)
    levels -= np.log(np.maximum(areas, 1e-12))
    levels -= levels.max(axis=1, keepdims=True)
    return np.exp(levels).astype(np.float32)


def event_at(ends: npt.NDArray[np.int64], positions: npt.NDArray[np.generic]) -> npt.NDArray[np.int64]:
    """Index of the event, of those with these `ends`, at each position; in a gap the next, past the end the last."""
    return np.minimum(np.searchsorted(ends, positions, side="right"), len(ends) - 1).astype(np.int64)


class Envelopes:
    """Magnitude envelopes of events, made when asked for.

    Parameters
    ----------
    bands
        ``[n, bands]`` E_m / A_m.
    filters
        ``[bands, F]`` of the window.
    """

    def __init__(self, bands: npt.NDArray[np.float32], *, filters: npt.NDArray[np.float32]) -> None:
        self._bands, self._filters = bands, filters

    def of(self, events: npt.NDArray[np.int64]) -> npt.NDArray[np.float32]:
        """``[k, F]`` of event indices ``[k]``: the root of the bands' energies, spread by their filters."""
        return np.asarray(np.sqrt(self._bands[events] @ self._filters))


class LatentBlend:
    """Frames take on the envelope of their event, at their own level."""

    def __init__(self, envelopes: Envelopes, *, event_of: Callable[[int, int], npt.NDArray[np.int64]]) -> None:
        self._envelopes, self._event_of = envelopes, event_of

    def apply(self, spectra: Spectra, *, first: int, effect: Values, phasors: Spectra) -> None:
        """Change `spectra` ``[C, B, F]`` in place; `phasors` is ``[1 or C, B, F]``, `effect` ``[B]``."""
        magnitudes = np.abs(spectra)
        unit_phasors(spectra, magnitudes)
        spectra *= phasors
        found, place = np.unique(self._event_of(first, len(effect)), return_inverse=True)
        envelopes = self._envelopes.of(found)
        envelopes /= np.maximum(envelopes.mean(axis=1, keepdims=True), np.finfo(np.float32).tiny)
        share = effect.astype(np.float32)[:, None]
        levels = magnitudes.mean(axis=2, keepdims=True) * share
        magnitudes *= 1.0 - share
        magnitudes += levels * envelopes[place]
        spectra *= magnitudes


def latent_blend(
    events: Sequence[Event], bands: npt.NDArray[np.float32], *, framing: Framing, sample_rate: int
) -> LatentBlend:
    """The blend for the frames of a recording: each takes the event that holds its centre."""
    ends = np.array([event.end for event in events], dtype=np.int64)

    def event_of(first: int, count: int) -> npt.NDArray[np.int64]:
        return event_at(ends, framing.starts(first, count) + framing.window_size // 2)

    filters = mel_filters(framing.window_size, sample_rate)
    return LatentBlend(Envelopes(bands, filters=filters), event_of=event_of)

"""One recording in, its morph chains out (specs/morph_chain.md)."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from samplegen.audio.source import Source, channel_of
from samplegen.audio.types import Audio, Samples
from samplegen.engines.morph_chain.assembly import limit_peak
from samplegen.engines.morph_chain.chains import EventChoice, walk
from samplegen.engines.morph_chain.clips import Clips
from samplegen.engines.morph_chain.grid import Grid
from samplegen.engines.morph_chain.report import make_report
from samplegen.engines.morph_chain.result import MorphResult, Voice
from samplegen.engines.morph_chain.settings import MorphSettings, resolve
from samplegen.engines.morph_chain.sounding import Sounding, sound_free, sound_on_grid
from samplegen.engines.on_the_fly.checks import Recording, check_recording
from samplegen.engines.on_the_fly.events import Event, Segmentation, check_events, segment
from samplegen.engines.on_the_fly.learning import Learned, learn
from samplegen.engines.on_the_fly.patches import mel_patches, normalise
from samplegen.engines.on_the_fly.streams import Streams, one_thread

Progress = Callable[[float, float | None], None]

PATCH_FRAMES = 32
EVENTS_PER_CLUSTER = 8
_CUT, _PATCHES, _LEARNT, _WALKED = 0.3, 0.4, 0.9, 0.95  # shares of the work done, roughly


def morph(
    source: Source,
    settings: MorphSettings,
    *,
    grid: Grid | None = None,
    events: Iterable[Event] | None = None,
    progress: Progress | None = None,
) -> MorphResult:
    """Morph chains made of the events of one recording.

    Parameters
    ----------
    source
        ``[C, T]``, at least 0.25 s and not silent.
    settings
        See `settings_for`; values out of range are clamped and reported.
    grid
        Lay the events on a tempo grid; the result is a loop of whole bars.
    events
        The user's own events; None finds them.
    progress
        Called with (share done, 1).

    Returns
    -------
    MorphResult
        The same bytes for the same settings, whatever the number of threads.

    Raises
    ------
    InputError
        If the recording is too short, silent or not finite, or the events lie outside it.
    UsageError
        If a setting is not of its kind.
    """
    used, notes = resolve(settings)
    tell = progress or (lambda done, total: None)
    with one_thread():
        recording = check_recording(source)
        segmentation = _segmentation(source, used, events)
        tell(_CUT, 1.0)
        learnt = _learn(source, segmentation.events, used, tell=tell)
        voices, samples, bars = _sound(source, segmentation.events, learnt, settings=used, grid=grid)
    limit_peak(samples)
    audio = Audio(samples, source.sample_rate)
    warnings = (*notes, *_warnings(recording, segmentation), *(note for voice in voices for note in voice.warnings))
    report = make_report(
        audio, settings=used, segmentation=segmentation, voices=voices, grid=grid, bars=bars, warnings=warnings
    )
    tell(1.0, 1.0)
    return MorphResult(audio, used, segmentation, voices, report)


def _segmentation(source: Source, settings: MorphSettings, events: Iterable[Event] | None) -> Segmentation:
    if events is None:
        return segment(
            source,
            min_event_s=settings.min_event_s,
            max_event_s=settings.max_event_s,
            wanted=EVENTS_PER_CLUSTER * settings.number_of_clusters,
        )
    given = check_events(events, length=source.length)
    shortest = min(event.length for event in given) / source.sample_rate
    return Segmentation(given, shortest, equal_frames=False)


def _warnings(recording: Recording, segmentation: Segmentation) -> list[str]:
    notes = [f"Channel {index + 1} is silent." for index in recording.silent_channels]
    if segmentation.equal_frames:
        notes.append(f"Too few onsets were found: the recording was cut into {len(segmentation.events)} equal frames.")
    return notes


def _parts(source: Source, settings: MorphSettings) -> list[tuple[int | None, Source]]:
    """What is learnt separately: all channels together, or each of them."""
    if settings.stereo == "joint" or source.channels == 1:
        return [(None, source)]
    return [(index, channel_of(source, index)) for index in range(source.channels)]


def _learn(source: Source, events: Sequence[Event], settings: MorphSettings, *, tell: Progress) -> list[Learned]:
    parts = _parts(source, settings)
    learnt = []
    for number, (channel, part) in enumerate(parts):
        patches = mel_patches(part, events, frames=PATCH_FRAMES, mode=settings.patch_mode)
        learnt.append(
            learn(
                normalise(patches),
                latent_size=settings.latent_size,
                steps=settings.learning_steps,
                clusters=settings.number_of_clusters,
                covariance=settings.covariance,
                streams=Streams(settings.seed, channel=channel),
                progress=_span(tell, number=number, parts=len(parts)),
            )
        )
    return learnt


def _span(tell: Progress, *, number: int, parts: int) -> Callable[[int, int], None]:
    """Training progress of one of several networks as a share of the whole work."""

    def told(done: int, total: int) -> None:
        tell(_PATCHES + (_LEARNT - _PATCHES) * (number + done / total) / parts, 1.0)

    return told


def _sound(
    source: Source, events: Sequence[Event], learnt: Sequence[Learned], *, settings: MorphSettings, grid: Grid | None
) -> tuple[tuple[Voice, ...], Samples, int | None]:
    """Voices with their chains, the sound ``[C, T]`` and its bars."""
    voices, soundings = [], []
    for (channel, part), learned in zip(_parts(source, settings), learnt, strict=True):
        streams = Streams(settings.seed, channel=channel)
        choice = EventChoice(learned.latents, learned.clusters, settings=settings, streams=streams)
        chains = walk(learned.latents, learned.clusters, settings=settings, streams=streams)
        chains = tuple(replace(chain, sequence=choice.sequence(chain)) for chain in chains)
        soundings.append(Sounding(chains, choice, Clips(part, events), settings))
        voices.append(_voice(channel, learned))
    made, bars = sound_free(soundings) if grid is None else sound_on_grid(soundings, grid=grid)
    full = tuple(
        replace(voice, chains=sound.chains, placements=sound.placements, warnings=voice.warnings + sound.warnings)
        for voice, sound in zip(voices, made, strict=True)
    )
    return full, _stack([sound.samples for sound in made]), bars


def _stack(channels: Sequence[Samples]) -> Samples:
    """One under the other, shorter ones followed by silence."""
    if len(channels) == 1:
        return channels[0]
    out = np.zeros((sum(len(part) for part in channels), max(part.shape[1] for part in channels)), np.float32)
    for index, part in enumerate(channels):
        out[index, : part.shape[1]] = part[0]
    return out


def _voice(channel: int | None, learned: Learned) -> Voice:
    place = "" if channel is None else f"Channel {channel + 1}: "
    return Voice(
        channel=channel,
        labels=learned.clusters.labels,
        clusters=learned.clusters,
        radii=_radii(learned),
        latents=learned.latents,
        spread=learned.spread,
        initial_loss=None if learned.training is None else float(learned.training.initial_loss),
        final_loss=None if learned.training is None else float(learned.training.final_loss),
        chains=(),
        placements=(),
        warnings=tuple(place + note for note in learned.warnings),
    )


def _radii(learned: Learned) -> npt.NDArray[np.float64]:
    """``[K]`` mean distance of members to their centre."""
    clusters = learned.clusters
    distances = np.sqrt(((learned.latents - clusters.centres[clusters.labels]) ** 2).sum(axis=1))
    return np.asarray(np.bincount(clusters.labels, weights=distances, minlength=clusters.count) / clusters.sizes)

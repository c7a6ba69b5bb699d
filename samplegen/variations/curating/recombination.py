"""Curation without a model: a folder's own sounds cut into events, clustered and recombined (engine ``morph``).

Labelled recombination, not generation: every sample is the user's. Candidates are the events, each with the
cluster that it belongs to, and one chain for each cluster, from noise to the cluster's identity.
"""

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np

import samplegen
from samplegen.audio.source import as_source
from samplegen.audio.types import Audio
from samplegen.errors import InputError
from samplegen.pack.duplicates import embed_sound
from samplegen.pack.gates import judge
from samplegen.pack.generator_order import PEAK_DB
from samplegen.pack.licence import SOURCE_LICENCE
from samplegen.pack.sound import Provenance, Sound, Tags
from samplegen.post.loudness import normalise_peak, remove_dc
from samplegen.post.trim import trim_one_shot
from samplegen.variations.curate import Candidate, Ear
from samplegen.variations.edits.sources import SAMPLE_RATE, EditSource

ENGINE: Final = "morph_chain"
METHOD: Final = "recombination, not generation"
MAX_S: Final = 120.0
EVENT, CHAIN = "slice", "morph"
_GAP_S: Final = 0.05
_FADE_S: Final = 0.005


def recombine(sources: Sequence[EditSource], *, seed: int, ear: Ear) -> list[Candidate]:
    """Events and chains of a folder's sounds, judged each by itself.

    Parameters
    ----------
    sources
        At 44.1 kHz; of all together at most `MAX_S` seconds are used.

    Raises
    ------
    InputError
        If they are too short or silent.
    """
    from samplegen.engines.morph_chain.clips import export_events
    from samplegen.engines.morph_chain.engine import morph
    from samplegen.engines.morph_chain.presets import settings_for

    tape = _tape(sources)
    result = morph(as_source(tape), settings_for(None, seed=seed % 2**31))
    sounds = [
        _event(clip, cluster=int(label), seed=seed, start=event.start)
        for clip, label, event in zip(
            export_events(as_source(tape), result.events), result.labels, result.events, strict=True
        )
    ]
    for chain in result.chains:
        part = result.audio.samples[:, chain.start : chain.end]
        if part.shape[1] > SAMPLE_RATE // 4:
            sounds.append(_chain(result.audio.with_samples(part), cluster=chain.cluster, seed=seed))
    vectors = ear.vectors(sounds)
    return [
        Candidate(sound, judge(sound), vector, embed_sound(sound))
        for sound, vector in zip(sounds, vectors, strict=True)
    ]


def _tape(sources: Sequence[EditSource]) -> Audio:
    """All sounds one after the other, mono unless one is stereo."""
    channels = max(min(source.audio.channels, 2) for source in sources)
    rows = list(_pieces(sources, channels))
    if not rows:
        raise InputError("None of the sounds to recombine is of use.")
    return Audio(np.concatenate(rows, axis=1)[:, : int(MAX_S * SAMPLE_RATE)], SAMPLE_RATE)


def _pieces(sources: Sequence[EditSource], channels: int) -> Iterator[np.ndarray]:
    gap = np.zeros((channels, int(_GAP_S * SAMPLE_RATE)), np.float32)
    for source in sources:
        samples = source.audio.samples[:2] if source.audio.channels >= channels else source.audio.samples[:1]
        samples = np.broadcast_to(samples[:channels], (channels, samples.shape[1])).copy()
        peak = float(np.abs(samples).max(initial=0.0))
        yield samples * np.float32(0.9 / peak if peak else 0.0)
        yield gap


def _event(clip: Audio, *, cluster: int, seed: int, start: int) -> Sound:
    loud = float(np.abs(clip.samples).max(initial=0.0)) > 1e-3
    if loud:
        clip = normalise_peak(trim_one_shot(remove_dc(clip, ring=False)), peak_db=PEAK_DB)
    tags = Tags("one_shot", EVENT, keywords=(EVENT, _identity(cluster)), artist="samplegen", comment=METHOD)
    return Sound(clip, tags, _origin(seed, {"method": METHOD, "event_start": start, "identity": cluster + 1}))


def _chain(audio: Audio, *, cluster: int, seed: int) -> Sound:
    fade = min(audio.length // 2, int(_FADE_S * SAMPLE_RATE))
    curve = np.ones(audio.length, np.float32)
    curve[:fade] = np.linspace(0.0, 1.0, fade, endpoint=False)
    curve[audio.length - fade :] = np.linspace(1.0, 0.0, fade)
    audio = normalise_peak(remove_dc(audio.with_samples(audio.samples * curve), ring=False), peak_db=PEAK_DB)
    tags = Tags("texture", CHAIN, keywords=(CHAIN, _identity(cluster)), artist="samplegen", comment=METHOD)
    return Sound(audio, tags, _origin(seed, {"method": METHOD, "chain": "noise to identity", "identity": cluster + 1}))


def _identity(cluster: int) -> str:
    return f"identity-{cluster + 1}"


def _origin(seed: int, parameters: dict[str, object]) -> Provenance:
    return Provenance(ENGINE, seed=seed, parameters=parameters, licence=SOURCE_LICENCE, version=samplegen.__version__)

"""Voice transfer: one sound's shape in time with another kind's voice (specs/applications.md §4)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt
from scipy.ndimage import uniform_filter1d

from samplegen.audio.types import Audio, Samples
from samplegen.errors import InputError
from samplegen.post.loudness import limit_peak
from samplegen.units import db_to_gain, seconds_to_samples
from samplegen.variations.edits.alignment import (
    MAX_SHIFT_S,
    align,
    find_shift,
    keep_end,
    match_level,
    onset_sample,
    shift,
)
from samplegen.variations.edits.calls import LEVEL_DB, WINDOW_S, Wish, edit_lanes, from_lanes, to_lanes
from samplegen.variations.edits.stft import analyse, synthesise

if TYPE_CHECKING:
    from torch import Tensor

    from samplegen.conditioning.embedder import Embedder
    from samplegen.engines.alpha_blend import Generator, LoopPlan

ROUTES: Final = ("renoise", "invert")
DEFAULT_STRENGTH: Final = 0.8
ENVELOPE_S: Final = 0.005
# A source's remains pull back, so the target pulls harder than where nothing is given, and all the way.
PULL: Final = 8.0
RANGE_DB: Final = 60.0
# Of the softmax over the cosines to the kinds' names; a bundled CLAP's best and second best differ by about this.
_TEMPERATURE: Final = 0.05
_PEAK_DB: Final = -0.4
_SMOOTH_BINS: Final = 9
_MAX_GAIN_DB: Final = 24.0

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Target:
    """What a sound shall become.

    Parameters
    ----------
    kind
        Such as ``snare``; empty where none is known and the vector alone counts.
    sound
        A sound whose voice it is; None where the kind alone is asked for.
    clap
        ``[D]`` unit vector of `sound`; None without one.
    """

    kind: str
    sound: Audio | None = None
    clap: "Tensor | None" = None


def transfer_sounds(
    generator: "Generator",
    audio: Audio,
    target: Target,
    *,
    voice: Wish,
    strength: float,
    seeds: Sequence[int],
    route: str = "renoise",
    loop: "LoopPlan | None" = None,
) -> list[Audio]:
    """One transfer per seed, ``[C, T]`` like `audio`, with its onset, level and end (a loop: its ring and level).

    Parameters
    ----------
    audio
        At the codec's rate; stereo is edited as mid and side.
    voice
        What the source is: the condition of the way back of ``invert``.
    route
        ``renoise``: noise over the sound, denoised as the target. ``invert``: integrated to noise as what it
        is, and back as the target.

    Raises
    ------
    InputError
        If the sound is too long to be inverted.
    """
    lanes = to_lanes(audio.samples)
    tags = (target.kind,) if target.kind else ()
    vector = kind_vector(generator, target.kind) if target.clap is None else target.clap
    guidance = replace(generator.sampling.guidance(), embedding_scale=PULL, interval=(0.0, 1.0))
    wish = Wish(tags, vector, guidance)
    if route == "renoise":
        made = list(edit_lanes(generator, lanes, strength=strength, seeds=seeds, wish=wish, loop=loop).made)
    else:
        made = _regenerate(generator, lanes, (voice, wish), strength, seeds, loop)
    fitted = (_fit(audio.with_samples(one), audio.with_samples(lanes), loop) for one in made)
    return [
        limit_peak(audio.with_samples(from_lanes(one, channels=audio.channels)), peak_db=_PEAK_DB) for one in fitted
    ]


def kind_vector(generator: "Generator", kind: str) -> "Tensor | None":
    """``[D]``: where sounds of a kind lie for a generator's CLAP, by its name; None without CLAP or kind."""
    from samplegen.conditioning.clap.text_gap import close_gap
    from samplegen.pack.prompts import spoken_kind

    clap = generator.clap
    if clap is None or not kind:
        return None
    vector, gap = clap.embed_text([spoken_kind(kind)]), getattr(clap, "gap", None)
    return (vector if gap is None else close_gap(vector, method="shift", gap=gap))[0]


def _regenerate(
    generator: "Generator", lanes: Samples, way: tuple[Wish, Wish], strength: float, seeds: Sequence[int],
    loop: "LoopPlan | None",
) -> list[Samples]:  # fmt: skip
    from samplegen.engines.alpha_blend.inversion import regenerate_sounds

    rate, count, (back, forward) = generator.codec.sample_rate, len(lanes), way
    if loop is None and lanes.shape[1] > WINDOW_S * rate:
        raise InputError(f"Sounds up to {WINDOW_S:g} s can be inverted. Cut it, or take --route renoise.")
    gain = np.float32(db_to_gain(LEVEL_DB) / max(1e-9, float(np.abs(lanes).max(initial=0.0))))
    edited = regenerate_sounds(
        generator, [Audio(lane[None] * gain, rate) for lane in lanes], strength=strength, seeds=[list(seeds)] * count,
        source_tags=[back.tags] * count, tags=[forward.tags] * count, source_clap=_rows(back.clap, count),
        clap=_rows(forward.clap, count), guidance=forward.guidance, loop=loop,
    )  # fmt: skip
    return [np.concatenate([one.made[number].samples for one in edited]) for number in range(len(seeds))]


def _rows(vector: "Tensor | None", count: int) -> "Tensor | None":
    return None if vector is None else vector.expand(count, -1)


def _fit(made: Audio, lanes: Audio, loop: "LoopPlan | None") -> Samples:
    """Both lanes moved alike, the onset to the source's: attacks may look too different for a correlation."""
    if loop is not None:
        return match_level(made.samples, lanes.samples)
    later = onset_sample(lanes) - onset_sample(made)
    if abs(later) > seconds_to_samples(MAX_SHIFT_S, sample_rate=lanes.sample_rate):
        return align(made, lanes).samples
    levelled = match_level(shift(made.samples, later=later), lanes.samples)
    return keep_end(levelled, lanes.samples, sample_rate=lanes.sample_rate)


def cross_synthesis(audio: Audio, target: Audio, *, strength: float) -> Audio:
    """Envelope-matched cross-synthesis, the classical way: `audio` ``[C, T]`` with the target's spectrum over time.

    In every frame the spectral envelope moves from the source's to the target's and the carrier from one to the
    other, both by `strength`; then each frame takes the source's energy. No model; needs a target sound.
    """
    voice = _laid(target, audio)
    made = np.stack([_cross(channel, voice, strength) for channel in audio.samples]).astype(np.float32)
    return limit_peak(align(audio.with_samples(made), audio), peak_db=_PEAK_DB)


def _laid(target: Audio, audio: Audio) -> Samples:
    """The target's mean channel ``[T]`` on the source's length, onsets together."""
    mono = target.mono().samples
    laid = np.zeros((1, audio.length), np.float32)
    count = min(audio.length, mono.shape[1])
    laid[:, :count] = mono[:, :count]
    moved = shift(laid, later=-find_shift(audio.with_samples(laid), audio.mono()))
    return np.asarray(match_level(moved, audio.mono().samples)[0])


def _cross(source: Samples, target: Samples, strength: float) -> Floats:
    own, other = analyse(source), analyse(target)
    shapes = [uniform_filter1d(np.abs(part), _SMOOTH_BINS, axis=1) + 1e-7 for part in (own, other)]
    carrier = (1.0 - strength) * own / shapes[0] + strength * other / shapes[1]
    colour = shapes[0] ** (1.0 - strength) * shapes[1] ** strength
    spectrum = carrier * colour
    energy = [np.sqrt(np.square(np.abs(part)).sum(axis=1, keepdims=True)) for part in (own, spectrum)]
    gain = np.minimum(energy[0] / np.maximum(energy[1], 1e-9), db_to_gain(_MAX_GAIN_DB))
    return synthesise(spectrum * gain, length=source.size)


def envelope_correlation(first: Audio, second: Audio) -> float:
    """Correlation of the two levels in dB in steps of 5 ms, 60 dB deep, over the part where either is heard."""
    levels = [_levels_db(audio) for audio in (first, second)]
    count = min(map(len, levels))
    one, other = (np.maximum(level[:count] - level.max(initial=-200.0), -RANGE_DB) for level in levels)
    heard = (one > -RANGE_DB) | (other > -RANGE_DB)
    one, other = one[heard], other[heard]
    if one.size < 3 or one.std() == 0.0 or other.std() == 0.0:
        return 0.0
    return float(np.corrcoef(one, other)[0, 1])


def _levels_db(audio: Audio) -> Floats:
    size = max(1, seconds_to_samples(ENVELOPE_S, sample_rate=audio.sample_rate))
    power = np.square(audio.samples.astype(np.float64)).mean(axis=0)
    blocks = np.pad(power, (0, -power.size % size)).reshape(-1, size).mean(axis=1)
    return np.asarray(10.0 * np.log10(np.maximum(blocks, 1e-14)))


def kind_shares(vectors: "Tensor", kinds: Sequence[str], *, embedder: "Embedder") -> Floats:
    """``[B, K]``: how much each embedding ``[B, D]`` sounds like each of `kinds` by CLAP alone; rows sum to 1."""
    from samplegen.pack.prompts import spoken_kind

    names = embedder.embed_text([spoken_kind(kind) for kind in kinds])
    return np.asarray(((vectors @ names.T) / _TEMPERATURE).softmax(dim=1).numpy(), np.float64)

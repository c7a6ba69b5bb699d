"""What may stand in the gaps of a sound: by the trained model, or without one (specs/applications.md §8).

A `Scene` is what a filler sees: a whole loop as a ring, or a few seconds around the gap.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

import numpy as np

from samplegen.audio.resample import resample, resample_ring
from samplegen.audio.types import Audio, Samples
from samplegen.errors import InputError
from samplegen.units import db_to_gain, seconds_to_samples
from samplegen.variations.gaps.baselines import AR_LONGEST_S, copies, crossfade_sides, interpolate_ar
from samplegen.variations.gaps.joins import around
from samplegen.variations.gaps.places import Gap, Time
from samplegen.variations.gaps.tempo_ramp import TempoRamp

if TYPE_CHECKING:
    from torch import Tensor

    from samplegen.engines.alpha_blend import Generator

CONTEXT_S: Final = 3.0
LOOP_STRENGTH: Final = 0.7
# A single hit's gap is nearer to what was there if a crossfade is what it begins with (docs/edits/inpaint.md).
ONE_SHOT_STRENGTH: Final = 0.6
MAX_GAP_S: Final = 30.0
# Peak at which sounds are encoded: that of the training sounds.
ENCODED_DB: Final = -1.0
KNOWN_S: Final = 1.0

Beats = Callable[["Generator", Audio], "Tensor | None"]


@dataclass(frozen=True, eq=False)
class Scene:
    """A sound with gaps.

    Parameters
    ----------
    audio
        ``[C, T]`` at its own rate, silent in the gaps.
    gaps
        In order.
    time
        Of a loop, which then is the whole ring; None otherwise.
    category
        Such as ``loop_drums`` or ``snare``; may be empty.
    is_one_shot
        Whether the scene is a whole one-shot.
    open_end
        The sound ends with the last gap, and nothing follows.
    guess
        The whole scene with something in its gaps to begin with; None is found out.
    """

    audio: Audio
    gaps: tuple[Gap, ...]
    time: Time | None = None
    category: str = ""
    is_one_shot: bool = False
    open_end: bool = False
    guess: Samples | None = None

    @property
    def ring(self) -> bool:
        """Whether the end joins the start."""
        return self.time is not None

    @property
    def longest_s(self) -> float:
        """Of the gaps."""
        return max(gap.length for gap in self.gaps) / self.audio.sample_rate

    def sides(self, samples: Samples, gap: Gap, *, seconds: float) -> tuple[Samples, Samples]:
        """What lies before and after a gap, up to the next gap, at most so long."""
        count = seconds_to_samples(seconds, sample_rate=self.audio.sample_rate)
        length, left, right = self.audio.length, count, count
        for other in self.gaps:
            if other != gap:
                before, after = gap.start - other.stop, other.start - gap.stop
                left = min(left, before % length if self.ring else before if before >= 0 else left)
                right = min(right, after % length if self.ring else after if after >= 0 else right)
        return around(samples, gap, before=left, after=right, ring=self.ring)


def make_scene(audio: Audio, gaps: Sequence[Gap], *, time: Time | None = None, **more: object) -> Scene:
    """A scene of a sound, with silence where the gaps are."""
    samples = audio.samples.copy()
    for gap in gaps:
        samples[:, np.arange(gap.start, gap.stop) % audio.length] = 0.0
    return Scene(audio.with_samples(samples), tuple(gaps), time, **more)  # type: ignore[arg-type]


class Filler(Protocol):
    """Says what may stand in the gaps.

    Attributes
    ----------
    name
        For reports.
    """

    name: str

    def fill(self, scene: Scene, *, seeds: Sequence[int]) -> list[Samples]:
        """The whole scene once for each seed, ``[C, T]`` or, to be made stereo later, ``[1, T]``.

        Raises
        ------
        InputError
            If it cannot fill such gaps honestly.
        """
        ...


class ArFiller:
    """Autoregressive interpolation: best for gaps of a few hundredths of a second. All seeds give the same."""

    name = "ar"

    def __init__(self, *, longest_s: float = AR_LONGEST_S) -> None:
        self._longest_s = longest_s

    def fill(self, scene: Scene, *, seeds: Sequence[int]) -> list[Samples]:
        """See `Filler`."""
        if scene.longest_s > self._longest_s:
            raise InputError(
                f"A gap of {1e3 * scene.longest_s:.0f} ms is too long to be filled without the model; "
                f"{1e3 * self._longest_s:.0f} ms are possible. Install the model, or give --bpm if it is a loop."
            )
        samples, rate = scene.audio.samples.copy(), scene.audio.sample_rate
        for gap in scene.gaps:
            before, after = scene.sides(scene.audio.samples, gap, seconds=KNOWN_S)
            put(samples, gap, interpolate_ar(before, after, length=gap.length, sample_rate=rate))
        return [samples] * len(seeds)


class CopyFiller:
    """The same position of another bar of the loop: the n-th seed takes the bar that fits n-th best."""

    name = "copy"

    def fill(self, scene: Scene, *, seeds: Sequence[int]) -> list[Samples]:
        """See `Filler`."""
        if scene.time is None:
            raise InputError("Only loops have other bars to copy from. Give --bpm if it is a loop.")
        made = [scene.audio.samples.copy() for _ in seeds]
        for gap in scene.gaps:
            found = copies(
                scene.audio.samples, scene.gaps, gap, time=scene.time, sample_rate=scene.audio.sample_rate
            )  # fmt: skip
            for number, samples in enumerate(made):
                put(samples, gap, found[number % len(found)])
        return made


class CrossfadeFiller:
    """What precedes the gap faded over to what follows it. All seeds give the same."""

    name = "crossfade"

    def fill(self, scene: Scene, *, seeds: Sequence[int]) -> list[Samples]:
        """See `Filler`."""
        samples = scene.audio.samples.copy()
        for gap in scene.gaps:
            before, after = scene.sides(scene.audio.samples, gap, seconds=gap.length / scene.audio.sample_rate)
            put(samples, gap, crossfade_sides(before, after, length=gap.length))
        return [samples] * len(seeds)


class PlainFiller:
    """Without a model: a copy where it is a loop that has one, else `ArFiller`."""

    name = "dsp"

    def fill(self, scene: Scene, *, seeds: Sequence[int]) -> list[Samples]:
        """See `Filler`."""
        return (CopyFiller() if scene.ring else ArFiller()).fill(scene, seeds=seeds)


class ModelFiller:
    """A trained generator, which sees the scene's middle channel with its gaps.

    Parameters
    ----------
    vectors
        Condition ``[1, D]``; None is the scene's own category and sound.
    beats
        Phase channels of scenes that are no loops; None is that of a one-shot, or none.
    strength
        1 fills from nothing but noise. Less keeps some of a first guess, which in a loop is a copy from another
        bar, elsewhere a crossfade. None is `LOOP_STRENGTH` in loops and where the scene brings a guess,
        `ONE_SHOT_STRENGTH` inside one-shots, elsewhere 1.
    """

    name = "alpha"

    def __init__(
        self,
        generator: "Generator",
        *,
        vectors: "Tensor | None" = None,
        beats: Beats | None = None,
        strength: float | None = None,
    ) -> None:
        self.generator, self._vectors, self._beats, self._strength = generator, vectors, beats, strength

    def fill(self, scene: Scene, *, seeds: Sequence[int]) -> list[Samples]:
        """See `Filler`."""
        guess, codec_rate = _continued(scene).mono(), self.generator.codec.sample_rate
        gain = db_to_gain(ENCODED_DB) / max(float(np.abs(guess.samples).max(initial=0.0)), 1e-6)
        middle = guess.with_samples(guess.samples * np.float32(gain))
        made = self._fill(scene, middle, codec_rate, seeds)
        return [samples / np.float32(gain) for samples in made]

    def _fill(self, scene: Scene, middle: Audio, codec_rate: int, seeds: Sequence[int]) -> list[Samples]:
        from samplegen.engines.alpha_blend.filling import Window, fill_window, one_shot_beat

        vectors = own_condition(self.generator, scene) if self._vectors is None else self._vectors
        strength = _usual_strength(scene) if self._strength is None else self._strength
        if scene.time is None:
            audio = resample(middle, sample_rate=codec_rate)
            beat = self._beats(self.generator, audio) if self._beats else None
            if scene.is_one_shot and beat is None:
                beat = one_shot_beat(self.generator, audio.length)
            window = Window(audio, _at_rate(scene, audio.length), beat=beat)
            made = fill_window(self.generator, window, seeds=seeds, vectors=vectors, strength=strength)
            back = [resample(one, sample_rate=middle.sample_rate).samples for one in made]
            return [_of_length(samples, middle.length) for samples in back]
        time = scene.time
        loop = self.generator.plan_loop(bpm=time.bpm, bars=time.bars, beats_per_bar=time.beats_per_bar)
        ring, repeats = loop.ring, loop.ring.repeats
        length = ring.frames * self.generator.codec.hop_length
        laid = Audio(resample_ring(np.tile(middle.samples, repeats), length=length), codec_rate)
        gaps = tuple(
            gap for turn in range(repeats) for gap in _at_rate(scene, length / repeats, offset=turn * length / repeats)
        )  # fmt: skip
        window = Window(laid, gaps, loop=loop)
        made = fill_window(self.generator, window, seeds=seeds, vectors=vectors, strength=strength)
        return [resample_ring(one.samples, length=repeats * middle.length)[:, : middle.length] for one in made]


def _usual_strength(scene: Scene) -> float:
    if scene.ring or scene.guess is not None:
        return LOOP_STRENGTH
    inside = all(gap.start > 0 for gap in scene.gaps) and not scene.open_end
    return ONE_SHOT_STRENGTH if scene.is_one_shot and inside else 1.0


def own_condition(generator: "Generator", scene: Scene) -> "Tensor":
    """Condition ``[1, D]`` of the scene's category and of what of it is known."""
    from samplegen.engines.alpha_blend.filling import condition

    known = generator.description
    tags = (scene.category,) if scene.category in (*known.kinds, *known.loop_kinds) else ()
    return condition(generator, tags=tags, heard=_without_gaps(scene))


def ramp_beats(ramp: TempoRamp, *, start_s: float, beats_per_bar: int) -> Beats:
    """Phase channels of a window that begins `start_s` after the ramp does, whose beat 0 opens a bar."""

    def beats(generator: "Generator", audio: Audio) -> "Tensor":
        from samplegen.conditioning.beat_phase import frame_times, phase_channels
        from samplegen.engines.alpha_blend.filling import frames_in

        codec = generator.codec
        frames, rate = frames_in(generator, audio.length), codec.sample_rate / codec.hop_length
        times = start_s + frame_times(frames, frame_rate=rate, latency_s=codec.latency_s)
        return phase_channels(ramp.beats_at(times), bpm=ramp.bpm_at(times), beats_per_bar=beats_per_bar)

    return beats


def put(samples: Samples, gap: Gap, piece: Samples) -> None:
    """Write a piece into its gap, round the seam where it goes over it."""
    samples[:, np.arange(gap.start, gap.stop) % samples.shape[1]] = piece


def _continued(scene: Scene) -> Audio:
    """The scene with a first guess in its gaps, so that an encoder meets no edge."""
    if scene.guess is not None:
        return scene.audio.with_samples(scene.guess)
    if scene.ring:
        try:
            return scene.audio.with_samples(CopyFiller().fill(scene, seeds=[0])[0])
        except InputError:  # no bar is whole there
            pass
    return scene.audio.with_samples(CrossfadeFiller().fill(scene, seeds=[0])[0])


def _without_gaps(scene: Scene) -> Audio:
    keep = np.ones(scene.audio.length, bool)
    for gap in scene.gaps:
        keep[np.arange(gap.start, gap.stop) % scene.audio.length] = False
    return scene.audio.with_samples(scene.audio.samples[:, keep]).mono()


def _at_rate(scene: Scene, length: float, *, offset: float = 0.0) -> tuple[tuple[int, int], ...]:
    """The gaps where the scene has `length` samples, rounded outwards."""
    ratio = length / scene.audio.length
    return tuple((int(offset + gap.start * ratio), int(np.ceil(offset + gap.stop * ratio))) for gap in scene.gaps)


def _of_length(samples: Samples, length: int) -> Samples:
    return np.pad(samples, ((0, 0), (0, max(0, length - samples.shape[1]))))[:, :length]

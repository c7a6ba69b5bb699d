"""Bar-exact training loops with known beats: draw a loop, render it on a ring, name what it is."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np

from samplegen.audio.types import Audio
from samplegen.errors import InputError, UsageError
from samplegen.score.events import Pattern
from samplegen.score.feel import draw_looseness, loosen
from samplegen.score.melodies import draw_bass, draw_chords
from samplegen.score.patterns import draw_pattern, draw_percussion
from samplegen.score.styles import STYLES, style_of
from samplegen.training.groove_draws import draw_groove
from samplegen.training.kits import Kit, draw_bass_instrument, draw_chord_instrument, draw_kit
from samplegen.training.library import Library
from samplegen.training.mix import mix_pattern
from samplegen.training.ring_effects import BusEffects, apply_bus, draw_bus
from samplegen.training.sounds import SoundStore
from samplegen.training.split import Split
from samplegen.units import bars_to_samples, db_to_gain

LOOP_WEIGHTS: Mapping[str, float] = {
    "loop_drums": 0.42, "loop_tops": 0.14, "loop_kick": 0.08,
    "loop_percussion": 0.12, "loop_bass": 0.12, "loop_chord": 0.12,
}  # fmt: skip
LOOP_KINDS = tuple(LOOP_WEIGHTS)
LOWEST_BPM, HIGHEST_BPM = 60.0, 200.0
PEAK_DB = -1.0
GROOVE_SHARE = 0.35
_METERS = ((4, 4), (3, 4), (5, 4), (7, 8), (6, 8))
_METER_WEIGHTS = (0.88, 0.04, 0.03, 0.03, 0.02)
_BARS, _BARS_WEIGHTS = (1, 2, 4), (0.2, 0.45, 0.35)
_TYPICAL_SHARE, _DECIMAL_SHARE = 0.55, 0.12
_TOPS = ("snare", "clap", "hat_closed", "hat_open", "tom", "cymbal", "percussion", "rim", "fx")
_WET_STYLES = frozenset({"dub", "ambient"})
_KIND_WORDS = {
    "loop_drums": "drum loop", "loop_tops": "top loop", "loop_kick": "kick loop",
    "loop_percussion": "percussion loop", "loop_bass": "bass loop", "loop_chord": "chord loop",
}  # fmt: skip
_STYLE_WORDS = {"hiphop": "hip hop", "dnb": "drum and bass"}
_MAX_ATTEMPTS = 8
_SILENT_PEAK = 1e-4


@dataclass(frozen=True)
class LoopSpec:
    """What to play: kind, tempo, length, the drawn pattern, and effects of the whole."""

    kind: str
    bpm: float
    pattern: Pattern
    bus: BusEffects = BusEffects()

    @property
    def style(self) -> str:
        """Name of the style."""
        return self.pattern.style

    @property
    def bars(self) -> int:
        """Whole bars."""
        return self.pattern.bars

    @property
    def meter(self) -> tuple[int, int]:
        """Beats in a bar and their note value."""
        return self.pattern.meter


@dataclass(frozen=True)
class RenderedLoop:
    """A rendered loop and all that is known about it.

    `audio` is ``[1, T]`` with T = `units.bars_to_samples`; beat k lies at ``k * T / beats`` samples and
    every bar's first beat is a downbeat. `sources` are the paths of the recordings that sound.
    """

    audio: Audio
    spec: LoopSpec
    tags: tuple[str, ...]
    caption: str
    sources: tuple[str, ...]

    @property
    def pattern(self) -> Pattern:
        """The events that were played."""
        return self.spec.pattern

    @property
    def kind(self) -> str:
        """One of `LOOP_KINDS`."""
        return self.spec.kind

    @property
    def style(self) -> str:
        """Name of the style."""
        return self.spec.style

    @property
    def bpm(self) -> float:
        """Tempo."""
        return self.spec.bpm

    @property
    def bars(self) -> int:
        """Whole bars."""
        return self.spec.bars

    @property
    def meter(self) -> tuple[int, int]:
        """Beats in a bar and their note value."""
        return self.spec.meter

    @property
    def key(self) -> str | None:
        """Key of a tonal loop."""
        return self.spec.pattern.key

    @property
    def beats(self) -> int:
        """Beats of the whole loop."""
        return self.spec.pattern.beats

    @property
    def beat_times_s(self) -> tuple[float, ...]:
        """Where the beats lie, in seconds."""
        return tuple(k * self.audio.duration_s / self.beats for k in range(self.beats))


def draw_spec(
    *, rng: np.random.Generator, weights: Mapping[str, float] | None = None, style: str | None = None
) -> LoopSpec:
    """Draw kind, style, tempo, meter, bars, pattern and effects of a loop.

    Raises
    ------
    UsageError
        If `weights` names an unknown kind, or `style` is unknown.
    """
    weights = LOOP_WEIGHTS if weights is None else weights
    unknown = set(weights) - set(LOOP_KINDS)
    if unknown or sum(weights.values()) <= 0.0:
        raise UsageError(
            f"Loop kinds {sorted(weights)} cannot be drawn. Give positive weights to {', '.join(LOOP_KINDS)}."
        )
    shares = np.array([weights.get(kind, 0.0) for kind in LOOP_KINDS])
    kind = LOOP_KINDS[int(rng.choice(len(LOOP_KINDS), p=shares / shares.sum()))]
    style = style or STYLES[int(rng.integers(len(STYLES)))]
    bpm = draw_bpm(style, rng=rng)
    meter = _METERS[int(rng.choice(len(_METERS), p=_METER_WEIGHTS))]
    bars = int(rng.choice(_BARS, p=_BARS_WEIGHTS))
    pattern = _draw_kind(kind, style, rng=rng, bars=bars, meter=meter)
    loose = loosen(pattern, rng=rng, bpm=bpm, amount=draw_looseness(style, rng=rng))
    return LoopSpec(kind, bpm, loose, draw_bus(rng=rng, wet=style in _WET_STYLES or kind == "loop_chord"))


def draw_bpm(style: str, *, rng: np.random.Generator) -> float:
    """A tempo from 60 to 200: typical of the style in 55 % of the draws, else anywhere; mostly whole."""
    table = style_of(style)
    bounds = (table.low_bpm, table.high_bpm) if rng.random() < _TYPICAL_SHARE else (LOWEST_BPM, HIGHEST_BPM)
    bpm = float(rng.uniform(*bounds))
    return round(bpm, 1) if rng.random() < _DECIMAL_SHARE else float(round(bpm))


def _draw_kind(kind: str, style: str, *, rng: np.random.Generator, bars: int, meter: tuple[int, int]) -> Pattern:
    if kind == "loop_bass":
        return draw_bass(style, rng=rng, bars=bars, meter=meter)
    if kind == "loop_chord":
        return draw_chords(style, rng=rng, bars=bars, meter=meter)
    if kind == "loop_percussion":
        return draw_percussion(style, rng=rng, bars=bars, meter=meter)
    kinds = {"loop_kick": ("kick",), "loop_tops": _TOPS}.get(kind)
    return draw_pattern(style, rng=rng, bars=bars, meter=meter, kinds=kinds)


def with_groove(spec: LoopSpec, library: Library, *, rng: np.random.Generator, split: Split = "train") -> LoopSpec:
    """`spec` played from a MIDI groove of `library`, in a share of the drum loops and where there is one."""
    if spec.kind not in ("loop_drums", "loop_tops") or rng.random() >= GROOVE_SHARE:
        return spec
    drawn = draw_groove(library, rng=rng, bars=spec.bars, split=split)
    if drawn is None:
        return spec
    pattern, bpm = drawn
    if spec.kind == "loop_tops":
        pattern = replace(pattern, events=tuple(event for event in pattern.events if event.kind != "kick"))
    keeps_tempo = LOWEST_BPM <= bpm <= HIGHEST_BPM and rng.random() < 0.5
    return replace(spec, pattern=pattern, bpm=float(round(bpm)) if keeps_tempo else spec.bpm)


def draw_loop_kit(spec: LoopSpec, library: Library, *, rng: np.random.Generator, split: Split = "train") -> Kit:
    """Draw what `spec` is played on, from one split of `library`."""
    if spec.kind == "loop_bass":
        return draw_bass_instrument(library, rng=rng, split=split)
    if spec.kind == "loop_chord":
        return draw_chord_instrument(library, rng=rng, split=split)
    return draw_kit(library, rng=rng, style=spec.style, split=split)


def render_loop(spec: LoopSpec, kit: Kit, *, store: SoundStore) -> RenderedLoop:
    """Render `spec` on `kit`: exactly whole bars, circular, peak at -1 dBFS (silence stays silent)."""
    beats_per_bar = spec.meter[0]
    length = bars_to_samples(spec.bars, bpm=spec.bpm, beats_per_bar=beats_per_bar, sample_rate=store.sample_rate)
    ring, sources = mix_pattern(spec.pattern, kit, store=store, length=length)
    ring = apply_bus(ring, spec.bus, sample_rate=store.sample_rate)
    peak = float(np.max(np.abs(ring), initial=0.0))
    if peak > _SILENT_PEAK:
        ring = ring * np.float32(db_to_gain(PEAK_DB) / peak)
    tags, caption = describe(spec, kit)
    return RenderedLoop(Audio(ring[None, :], store.sample_rate), spec, tags, caption, sources)


def describe(spec: LoopSpec, kit: Kit) -> tuple[tuple[str, ...], str]:
    """Tags (kind, style, features, words of the sounds) and a caption made of them."""
    features = list(spec.pattern.tags)
    if spec.bus.reverb_mix > 0.1:
        features.append("reverb")
    if spec.bus.drive_db > 6.0:
        features.append("distorted")
    if spec.bus.high_cut_hz and spec.bus.high_cut_hz < 8000.0:
        features.append("lofi")
    style = _STYLE_WORDS.get(spec.style, spec.style)
    words = [word for word in kit.words if word not in (style, spec.style)][:6]
    key = [f"in {spec.pattern.key}"] if spec.pattern.key else []
    caption = " ".join([style, _KIND_WORDS[spec.kind], *words, *features, *key, f"{spec.bpm:g} bpm"])
    return (spec.kind, spec.style, *features, *words), caption


def render_item(
    library: Library, *, index: int, seed: int, split: Split = "train",
    weights: Mapping[str, float] | None = None, store: SoundStore | None = None,
) -> RenderedLoop:  # fmt: skip
    """Loop number `index` of the endless series `seed`; it depends on nothing else.

    A draw that comes out silent is drawn again.

    Raises
    ------
    InputError
        If the library's split cannot play what is asked.
    """
    store = store or SoundStore(library)
    for attempt in range(_MAX_ATTEMPTS):
        rng = np.random.default_rng([seed, index, attempt])
        spec = with_groove(draw_spec(rng=rng, weights=weights), library, rng=rng, split=split)
        kit = draw_loop_kit(spec, library, rng=rng, split=split)
        loop = render_loop(spec, kit, store=store)
        if float(np.max(np.abs(loop.audio.samples))) > _SILENT_PEAK:
            return loop
    raise InputError(
        f"Loop {index} of seed {seed} stayed silent {_MAX_ATTEMPTS} times: the library's {split} sounds are silent."
    )


def render_many(
    library: Library, *, count: int, seed: int, start: int = 0, split: Split = "train",
    weights: Mapping[str, float] | None = None, sample_rate: int = 44_100,
) -> Iterator[RenderedLoop]:  # fmt: skip
    """Loops `start` to `start + count - 1` of the series `seed`, so that processes can share the work."""
    store = SoundStore(library, sample_rate)
    for index in range(start, start + count):
        yield render_item(library, index=index, seed=seed, split=split, weights=weights, store=store)

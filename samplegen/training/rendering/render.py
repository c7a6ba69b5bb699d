"""Bar-exact training loops with known beats: draw a loop, render it on a ring, name what it is."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np

from samplegen.audio.loop_key import hear_key
from samplegen.audio.tonality import second_key
from samplegen.audio.types import Audio
from samplegen.errors import InputError, UsageError
from samplegen.pack.keys import Key
from samplegen.score.events import Pattern
from samplegen.score.feel import draw_looseness, loosen
from samplegen.score.styles import STYLES, style_of
from samplegen.training.rendering.groove_draws import draw_groove
from samplegen.training.rendering.instruments import PATCH_SHARE, draw_instrument
from samplegen.training.rendering.kits import Kit, draw_kit
from samplegen.training.rendering.master import Master, apply_master, draw_master
from samplegen.training.rendering.mix import mix_pattern
from samplegen.training.rendering.ring_effects import BusEffects, apply_bus, draw_bus
from samplegen.training.rendering.roles import LOOP_WEIGHTS, ROLES, Role, draw_role, draw_role_pattern
from samplegen.training.rendering.sounds import SoundStore
from samplegen.training.sources.library import Library
from samplegen.training.sources.split import Split
from samplegen.units import bars_to_samples

LOOP_KINDS = tuple(LOOP_WEIGHTS)
LOWEST_BPM, HIGHEST_BPM = 60.0, 200.0
GROOVE_SHARE = 0.35
_METERS = ((4, 4), (3, 4), (5, 4), (7, 8), (6, 8))
_METER_WEIGHTS = (0.88, 0.04, 0.03, 0.03, 0.02)
_BARS, _BARS_WEIGHTS = (1, 2, 4), (0.2, 0.45, 0.35)
_TYPICAL_SHARE, _DECIMAL_SHARE = 0.55, 0.12
_WET_STYLES = frozenset({"dub", "ambient"})
_STYLE_WORDS = {"hiphop": "hip hop", "dnb": "drum and bass"}
_MAX_ATTEMPTS = 8
_SILENT_PEAK = 1e-4


@dataclass(frozen=True)
class LoopSpec:
    """What to play: role, tempo, the drawn pattern and its scale, effects of the whole, and its loudness."""

    role: str
    bpm: float
    pattern: Pattern
    bus: BusEffects = BusEffects()
    master: Master = Master()
    scale: str | None = None

    @property
    def part(self) -> Role:
        """What is known of the role."""
        return ROLES[self.role]

    @property
    def kind(self) -> str:
        """One of `LOOP_KINDS`."""
        return self.part.kind

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
    def role(self) -> str:
        """One of `ROLES`."""
        return self.spec.role

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
    """Draw role, style, tempo, meter, bars, pattern, effects and loudness of a loop.

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
    role = draw_role(kind, rng=rng)
    part = ROLES[role]
    pattern, scale = draw_role_pattern(role, style, rng=rng, bars=bars, meter=meter)
    loose = loosen(pattern, rng=rng, bpm=bpm, amount=draw_looseness(style, rng=rng))
    wet = style in _WET_STYLES or part.kind == "loop_chord"
    bus = draw_bus(
        rng=rng, wet=wet, echoes=part.echoes * (2.0 if style == "dub" else 1.0), ducks=part.ducks,
        quarter_beats=meter[1] / 4.0, most_drive_db=4.0 if part.kind == "loop_chord" else 9.0,
    )  # fmt: skip
    return LoopSpec(role, bpm, loose, bus, draw_master(rng=rng, tonal=part.tonal), scale)


def draw_bpm(style: str, *, rng: np.random.Generator) -> float:
    """A tempo from 60 to 200: typical of the style in 55 % of the draws, else anywhere; mostly whole."""
    table = style_of(style)
    bounds = (table.low_bpm, table.high_bpm) if rng.random() < _TYPICAL_SHARE else (LOWEST_BPM, HIGHEST_BPM)
    bpm = float(rng.uniform(*bounds))
    return round(bpm, 1) if rng.random() < _DECIMAL_SHARE else float(round(bpm))


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


def draw_loop_kit(
    spec: LoopSpec, library: Library, *, rng: np.random.Generator, split: Split = "train",
    store: SoundStore | None = None, patch_share: float = PATCH_SHARE,
) -> Kit:  # fmt: skip
    """Draw what `spec` is played on, from one split of `library`; tonal roles on patches in `patch_share`."""
    if not spec.part.tonal:
        return draw_kit(library, rng=rng, style=spec.style, split=split)
    store = store or SoundStore(library)
    instrument, words = draw_instrument(spec.role, library, rng=rng, store=store, split=split, patch_share=patch_share)
    return Kit(instrument=instrument, real=instrument.patch is None, words=words)


def render_loop(spec: LoopSpec, kit: Kit, *, store: SoundStore) -> RenderedLoop:
    """Render `spec` on `kit`: exactly whole bars, circular, mastered to -1 dBFS (silence stays silent)."""
    beats_per_bar = spec.meter[0]
    length = bars_to_samples(spec.bars, bpm=spec.bpm, beats_per_bar=beats_per_bar, sample_rate=store.sample_rate)
    ring, sources = mix_pattern(spec.pattern, kit, store=store, length=length)
    ring = apply_bus(ring, spec.bus, sample_rate=store.sample_rate, beats=spec.pattern.beats)
    ring = apply_master(ring, spec.master, sample_rate=store.sample_rate)
    tags, caption = describe(spec, kit)
    return RenderedLoop(Audio(ring[None, :], store.sample_rate), spec, tags, caption, sources)


def describe(spec: LoopSpec, kit: Kit) -> tuple[tuple[str, ...], str]:
    """Tags (kind, style, features, words of the sounds) and a caption made of them."""
    features = [*spec.pattern.tags, *spec.bus.words]
    style = _STYLE_WORDS.get(spec.style, spec.style)
    words = [word for word in kit.words_of(spec.pattern.layers) if word not in (style, spec.style)][:6]
    key = [f"in {spec.pattern.key}"] if spec.pattern.key else []
    caption = " ".join([style, spec.part.noun, *words, *features, *key, f"{spec.bpm:g} bpm"])
    return (spec.kind, spec.style, *dict.fromkeys((*spec.part.tags, *features, *words))), caption


def render_item(
    library: Library, *, index: int, seed: int, split: Split = "train",
    weights: Mapping[str, float] | None = None, store: SoundStore | None = None, patch_share: float = PATCH_SHARE,
) -> RenderedLoop:  # fmt: skip
    """Loop number `index` of the endless series `seed`; it depends on nothing else.

    A draw that comes out silent is drawn again, and so is a tonal loop of recordings that neither of
    two estimators hears in its stated key (the last one stays where no draw is).

    Raises
    ------
    InputError
        If the library's split cannot play what is asked.
    """
    store = store or SoundStore(library)
    loop: RenderedLoop | None = None
    for attempt in range(_MAX_ATTEMPTS):
        rng = np.random.default_rng([seed, index, attempt])
        spec = with_groove(draw_spec(rng=rng, weights=weights), library, rng=rng, split=split)
        kit = draw_loop_kit(spec, library, rng=rng, split=split, store=store, patch_share=patch_share)
        drawn = render_loop(spec, kit, store=store)
        if float(np.max(np.abs(drawn.audio.samples))) > _SILENT_PEAK:
            loop = drawn
            if loop.key is None or not kit.real or heard_in(loop.audio, loop.key):
                return loop
    if loop is None:
        raise InputError(
            f"Loop {index} of seed {seed} stayed silent {_MAX_ATTEMPTS} times: the library's {split} sounds are silent."
        )
    return loop


def heard_in(audio: Audio, key: str) -> bool:
    """Whether one of two estimators hears a loop in `key`, its relative, or on its tonic without a mode."""
    stated = Key(key)
    for hear in (second_key, hear_key):
        heard = hear(audio)
        if stated.relation(tonic=heard.tonic, mode=heard.mode) is not None:
            return True
    return False


def render_many(
    library: Library, *, count: int, seed: int, start: int = 0, split: Split = "train",
    weights: Mapping[str, float] | None = None, sample_rate: int = 44_100, patch_share: float = PATCH_SHARE,
) -> Iterator[RenderedLoop]:  # fmt: skip
    """Loops `start` to `start + count - 1` of the series `seed`, so that processes can share the work."""
    store = SoundStore(library, sample_rate)
    for index in range(start, start + count):
        yield render_item(
            library, index=index, seed=seed, split=split, weights=weights, store=store, patch_share=patch_share
        )

"""Place the events of a pattern on a ring of samples; tails wrap round to the start."""

from collections import defaultdict
from collections.abc import Sequence

import numpy as np

from samplegen.score.events import Event, Pattern
from samplegen.training.rendering.instruments import Instrument
from samplegen.training.rendering.kits import Element, Kit
from samplegen.training.rendering.patches import play_patch
from samplegen.training.rendering.sounds import Ring, Shape, SoundStore, fade_out, level_db, shape_sound
from samplegen.training.sources.library import Record
from samplegen.units import db_to_gain

_CHOKED_BY = {"hat_open": ("hat_closed", "hat_open"), "kick": ("kick",)}
_CHOKE_FADE_S = 0.006
_RELEASE_S = {"bass": 0.025, "chord": 0.09}
_OTHER_RELEASE_S = 0.05
_MAX_CREST_DB = 14.0  # a click may stand this far above its kind's level
_SINGLE_CURVE, _LAYERED_CURVE = 1.5, 0.5  # gain = velocity ** curve


def event_sample(event: Event, *, beats: int, length: int) -> int:
    """Where `event` starts on a ring of `length` samples that lasts `beats` beats."""
    return int(np.floor(event.start * length / beats + 0.5)) % length


def add_to_ring(ring: Ring, sound: Ring, *, start: int) -> None:
    """Add `sound` into `ring` (in place) from `start` on, round and round until it ends."""
    position, offset = start % len(ring), 0
    while offset < len(sound):
        count = min(len(ring) - position, len(sound) - offset)
        ring[position : position + count] += sound[offset : offset + count]
        offset, position = offset + count, 0


def mix_pattern(pattern: Pattern, kit: Kit, *, store: SoundStore, length: int) -> tuple[Ring, tuple[str, ...]]:
    """Play `pattern` on `kit` into one period ``[length]``; also the paths of the recordings that sound."""
    ring = np.zeros(length, dtype=np.float32)
    starts = [event_sample(event, beats=pattern.beats, length=length) for event in pattern.events]
    voices = _Voices(kit, store)
    for index, event in enumerate(pattern.events):
        sound = voices.sound(event, gate=int(event.duration_beats * length / pattern.beats))
        if sound is None:
            continue
        if event.midi is None:
            sound = _choked(sound, index, events=pattern.events, starts=starts, length=length, store=store)
        add_to_ring(ring, sound, start=starts[index])
    return ring, voices.sources


def _choked(
    sound: Ring, index: int, *, events: Sequence[Event], starts: Sequence[int], length: int, store: SoundStore
) -> Ring:
    """Cut `sound` where another hit chokes it, going round the ring."""
    event = events[index]
    chokers = _CHOKED_BY.get(event.kind, ())
    gaps = [
        (start - starts[index] - 1) % length + 1
        for other, start in zip(events, starts, strict=True)
        if other.kind in chokers and start != starts[index]
    ]
    gap = min(gaps, default=length if chokers else len(sound))
    return fade_out(sound, length=gap, fade=int(_CHOKE_FADE_S * store.sample_rate))


class _Voices:
    """The kit's sounds, shaped and levelled, each made once for a loop."""

    def __init__(self, kit: Kit, store: SoundStore) -> None:
        self._kit, self._store = kit, store
        self._shaped: dict[tuple[str, Shape], Ring] = {}
        self._played: dict[tuple[int, int], Ring] = {}
        self._gains: dict[tuple[str, float], float] = {}
        self._counts: dict[tuple[str, int], int] = defaultdict(int)

    @property
    def sources(self) -> tuple[str, ...]:
        """Paths of the recordings used so far."""
        patch = self._kit.instrument.patch if self._kit.instrument is not None and self._played else None
        return tuple(sorted({path for path, _ in self._shaped} | ({patch.name} if patch else set())))

    def sound(self, event: Event, *, gate: int) -> Ring | None:
        """Samples of one event at its velocity, a note held for `gate` samples; None without anything to play it."""
        if event.midi is not None:
            return None if self._kit.instrument is None else self._note(self._kit.instrument, event, gate=gate)
        element = self._kit.element(event.kind, event.voice)
        return None if element is None else self._hit(element, event)

    def _hit(self, element: Element, event: Event) -> Ring:
        count = self._counts[(event.kind, event.voice)]
        self._counts[(event.kind, event.voice)] += 1
        record = element.record(event.velocity, count=count)
        shaped = self._shape(record, element.shape)
        curve = _LAYERED_CURVE if len(element.layers) > 1 else _SINGLE_CURVE
        reference = self._shape(element.loudest, element.shape)
        gain = self._gain(element.loudest.path, reference, target_db=element.level_db)
        return shaped * np.float32(gain * event.velocity**curve)

    def _note(self, instrument: Instrument, event: Event, *, gate: int) -> Ring:
        assert event.midi is not None
        played = (
            self._recorded(instrument, event, event.midi, gate=gate)
            if instrument.patch is None
            else self._synthesised(instrument, event.midi, gate=gate)
        )
        return played * np.float32(event.velocity**_SINGLE_CURVE)

    def _recorded(self, instrument: Instrument, event: Event, midi: int, *, gate: int) -> Ring:
        record, semitones = instrument.note(midi)
        shape = Shape(instrument.shape.semitones + semitones, instrument.shape.decay, instrument.shape.tilt_db)
        shaped = self._shape(record, shape)
        gain = self._gain(record.path, shaped, target_db=instrument.level_db)
        seconds = instrument.release_s
        seconds = _RELEASE_S.get(event.kind, _OTHER_RELEASE_S) if seconds is None else seconds
        release = int(seconds * self._store.sample_rate)
        note = fade_out(shaped, length=gate + release, fade=release) * np.float32(gain)
        attack = min(int(instrument.attack_s * self._store.sample_rate), len(note))
        note[:attack] *= np.linspace(0.0, 1.0, attack, dtype=np.float32)
        return note

    def _synthesised(self, instrument: Instrument, midi: int, *, gate: int) -> Ring:
        assert instrument.patch is not None
        key = (midi, gate)
        if key not in self._played:
            rate = self._store.sample_rate
            tone = play_patch(instrument.patch, midi, held_s=gate / rate, sample_rate=rate)
            tone = shape_sound(tone, instrument.shape, sample_rate=rate)
            self._played[key] = tone * np.float32(db_to_gain(instrument.level_db - level_db(tone, sample_rate=rate)))
        return self._played[key]

    def _shape(self, record: Record, shape: Shape) -> Ring:
        key = (record.path, shape)
        if key not in self._shaped:
            self._shaped[key] = shape_sound(self._store.read(record), shape, sample_rate=self._store.sample_rate)
        return self._shaped[key]

    def _gain(self, path: str, reference: Ring, *, target_db: float) -> float:
        """Bring the reference to its level, but no click above the allowed crest."""
        key = (path, target_db)
        if key not in self._gains:
            gain = db_to_gain(target_db - level_db(reference, sample_rate=self._store.sample_rate))
            peak = float(np.max(np.abs(reference), initial=0.0)) or 1.0
            self._gains[key] = min(gain, db_to_gain(target_db + _MAX_CREST_DB) / peak)
        return self._gains[key]

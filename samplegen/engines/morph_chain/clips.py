"""The events of a recording as clips of sound."""

from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from samplegen.audio.source import Source
from samplegen.audio.types import Audio, Samples
from samplegen.engines.on_the_fly.events import Event, check_events
from samplegen.units import seconds_to_samples

MEMORY_LIMIT_BYTES = 256 * 1024 * 1024
_ATTACK_WITHIN_S = 0.040
_ATTACK_WINDOW_S = 0.002
_PLATEAU = 0.999  # a click of one sample rises equally for a whole window; its last place is the click


class Clips:
    """Clips read when they are first wanted, and kept as long as there is room.

    Parameters
    ----------
    source
        The recording.
    events
        Its events; a clip is named by its index among them.
    memory_limit
        Bytes of clips to keep.
    """

    def __init__(self, source: Source, events: Sequence[Event], *, memory_limit: int = MEMORY_LIMIT_BYTES) -> None:
        self._source = source
        self._events = events
        self._room = memory_limit
        self._kept: dict[int, Samples] = {}
        self._attacks: dict[int, int] = {}

    @property
    def sample_rate(self) -> int:
        """In Hz."""
        return self._source.sample_rate

    @property
    def channels(self) -> int:
        """C of every clip."""
        return self._source.channels

    def length(self, event: int) -> int:
        """Samples of a clip, without reading it."""
        return self._events[event].length

    def read(self, event: int) -> Samples:
        """``[C, length]``; not to be changed."""
        kept = self._kept.get(event)
        if kept is None:
            kept = self._source.read(self._events[event].start, self._events[event].end)
            if kept.nbytes <= self._room:
                self._room -= kept.nbytes
                self._kept[event] = kept
        return kept

    def attack(self, event: int) -> int:
        """Sample of the clip at which it strikes, see `find_attack`."""
        if event not in self._attacks:
            self._attacks[event] = find_attack(self.read(event), sample_rate=self.sample_rate)
        return self._attacks[event]


def find_attack(clip: Samples, *, sample_rate: int) -> int:
    """Where the energy of ``[C, T]`` rises most within 40 ms: 2 ms from there against 2 ms before."""
    reach = min(clip.shape[1], seconds_to_samples(_ATTACK_WITHIN_S, sample_rate=sample_rate))
    width = max(1, seconds_to_samples(_ATTACK_WINDOW_S, sample_rate=sample_rate))
    power = np.square(clip[:, : reach + width], dtype=np.float64).sum(axis=0)
    padded = np.concatenate((np.zeros(width), power, np.zeros(reach + width - len(power))))
    total = np.concatenate((np.zeros(1), np.cumsum(padded)))
    places = np.arange(reach)
    rise = total[places + 2 * width] - 2.0 * total[places + width] + total[places]
    return int(np.flatnonzero(rise >= _PLATEAU * rise.max())[-1]) if rise.max() > 0.0 else 0


def export_events(source: Source, events: Iterable[Event]) -> Iterator[Audio]:
    """Every event of a recording as audio of its own, untouched, in the order given.

    Raises
    ------
    InputError
        If the list is empty or reaches outside the recording.
    """
    for event in check_events(events, length=source.length):
        yield Audio(source.read(event.start, event.end), source.sample_rate)

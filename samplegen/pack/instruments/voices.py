"""Sounds of a pack as voices: a sound alone, or all its humanized takes by velocity layer."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from statistics import fmean

from samplegen.errors import InputError
from samplegen.pack.instruments.model import LOUDEST, SOFTEST, Zone, check_path, close_velocity_gaps
from samplegen.pack.manifest import FileEntry

_MOST_MAKEUP_DB = 24.0


@dataclass(frozen=True)
class Voice:
    """What one key plays.

    Parameters
    ----------
    layers
        Takes of each velocity layer, softest first.
    ranges
        Velocities of each layer.
    """

    layers: tuple[tuple[FileEntry, ...], ...]
    ranges: tuple[tuple[int, int], ...] = ((SOFTEST, LOUDEST),)

    @property
    def first(self) -> FileEntry:
        """A take of the loudest layer: it stands for all."""
        return self.layers[-1][0]

    @property
    def entries(self) -> tuple[FileEntry, ...]:
        """All takes."""
        return tuple(entry for layer in self.layers for entry in layer)

    @property
    def label(self) -> str:
        """The name of the sound, or of what the takes are of."""
        return str(self.first.parameters.get("source") or stem_of(self.first))

    def zones(
        self,
        *,
        root_note: int,
        keys: tuple[int, int],
        tune_cents: float = 0.0,
        one_shot: bool = True,
        choke_group: int = 0,
    ) -> list[Zone]:
        """Every take on `keys`: layers by velocity, takes in turn.

        Layers are brought to the level of the loudest, so that the sampler's own velocity curve
        alone decides how loud a hit is.
        """
        levels = [_level_db(layer) for layer in self.layers]
        return [
            Zone(
                path=check_path(entry.path),
                root_note=root_note,
                low_key=keys[0],
                high_key=keys[1],
                length=entry.length,
                sample_rate=entry.sample_rate,
                tune_cents=tune_cents,
                low_velocity=low,
                high_velocity=high,
                sequence_position=position,
                sequence_length=len(layer),
                gain_db=_makeup_db(level, levels[-1]),
                one_shot=one_shot,
                group=choke_group,
                off_by=choke_group,
                label=self.label,
            )
            for layer, (low, high), level in zip(self.layers, self.ranges, levels, strict=True)
            for position, entry in enumerate(layer, start=1)
        ]


def stem_of(entry: FileEntry) -> str:
    """The file name without its suffix."""
    return PurePosixPath(entry.path).stem


def is_take(entry: FileEntry) -> bool:
    """Whether a sound is a humanized take of another."""
    return "take" in entry.parameters and "source" in entry.parameters


def voices_of(entries: Iterable[FileEntry]) -> list[Voice]:
    """One voice of each sound, in order; takes of one source are one voice and stand in for it.

    Raises
    ------
    InputError
        If a take does not say its layer and velocities.
    """
    together: dict[tuple[str, str], list[FileEntry]] = {}
    for entry in dict((entry.path, entry) for entry in entries).values():
        if is_take(entry):
            key = (str(entry.parameters["source"]), str(entry.parameters.get("source_sha256", "")))
        else:
            key = (entry.path, "")
        together.setdefault(key, []).append(entry)
    sources = {name for name, _ in together}
    return [
        _voice(group)
        for group in together.values()
        if is_take(group[0]) or stem_of(group[0]) not in sources
    ]  # fmt: skip


def _voice(group: Sequence[FileEntry]) -> Voice:
    if not is_take(group[0]):
        return Voice((tuple(group),))
    layers: dict[int, list[FileEntry]] = {}
    for entry in sorted(group, key=_layer_and_take):
        layers.setdefault(_layer_and_take(entry)[0], []).append(entry)
    ranges = close_velocity_gaps([_velocity(layer[0]) for layer in layers.values()])
    return Voice(tuple(tuple(layer) for layer in layers.values()), tuple(ranges))


def _layer_and_take(entry: FileEntry) -> tuple[int, int]:
    layer, take = entry.parameters.get("layer", 1), entry.parameters["take"]
    if not isinstance(layer, int) or not isinstance(take, int):
        raise InputError(f"The take {entry.path} says layer {layer!r} and take {take!r}. Both need to be numbers.")
    return layer, take


def _velocity(entry: FileEntry) -> tuple[int, int]:
    match entry.parameters.get("velocity", (SOFTEST, LOUDEST)):
        case [int(low), int(high)] if 0 <= low <= high <= LOUDEST:
            return low, high
        case other:
            raise InputError(f"The take {entry.path} says velocities {other!r}. They need to be two of 0 to 127.")


def _level_db(layer: Sequence[FileEntry]) -> float | None:
    """Mean level of the takes, None where one was not measured."""
    levels = [entry.measures.get("level_db") for entry in layer]
    known = [level for level in levels if level is not None]
    return fmean(known) if len(known) == len(levels) else None


def _makeup_db(level: float | None, loudest: float | None) -> float:
    if level is None or loudest is None:
        return 0.0
    return round(min(max(loudest - level, 0.0), _MOST_MAKEUP_DB), 2)

"""Sounds as the joint embedder hears them, kept in memory with the facts that captions are made of."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from samplegen.audio.descriptors import Descriptors, describe_audio
from samplegen.audio.io import read_audio
from samplegen.conditioning.clap.features import Heard, windows_of
from samplegen.conditioning.embedder import TagEmbedder
from samplegen.errors import InputError
from samplegen.training.clap.facts import Facts, Poles, common_attributes, facts_of_loop, facts_of_record, with_measures
from samplegen.training.rendering.render_folder import read_index
from samplegen.training.sources.library import GROOVE_KIND, Library
from samplegen.training.sources.split import Split

_LONGEST_S = 12.0
_WINDOWS = 2
_RARE = 0.6
_EMBED = 64

Report = Callable[[float, float | None], None]


@dataclass(frozen=True, eq=False)
class HeardSound:
    """One sound: up to two windows (log-mels in half precision), its measures and its facts."""

    windows: tuple[Heard, ...]
    measured: Descriptors
    facts: Facts


@dataclass(frozen=True, eq=False)
class ClapData:
    """Sounds of both splits.

    Parameters
    ----------
    sounds
        With the words of their measures among the facts.
    attributes
        What captions may say, in alphabetical order.
    poles
        The limits of the measured words, from the training sounds.
    """

    sounds: tuple[HeardSound, ...]
    attributes: tuple[str, ...]
    poles: Poles

    @classmethod
    def of(cls, sounds: Sequence[HeardSound]) -> "ClapData":
        """From sounds whose facts are still without measures.

        Raises
        ------
        InputError
            Without a training sound.
        """
        trained = [sound for sound in sounds if sound.facts.split == "train"]
        if not trained:
            raise InputError("There are no training sounds. Scan a library with more sources, or give --loops.")
        poles = Poles.measure([sound.facts.kind for sound in trained], [sound.measured for sound in trained])
        told = tuple(replace(sound, facts=with_measures(sound.facts, sound.measured, poles)) for sound in sounds)
        return cls(told, common_attributes([sound.facts for sound in told]), poles)

    def places(self, split: Split) -> list[int]:
        """Indices of the sounds of a split."""
        return [place for place, sound in enumerate(self.sounds) if sound.facts.split == split]

    def weights(self, places: Sequence[int]) -> npt.NDArray[np.float64]:
        """Chances to draw each: kinds weigh by count to the power 0.4, so that rare ones are heard."""
        counts = Counter(self.sounds[place].facts.kind for place in places)
        weights = np.array([counts[self.sounds[place].facts.kind] ** -_RARE for place in places])
        return np.asarray(weights / weights.sum())

    def told(self) -> Tensor:
        """``[sounds, attributes]``, 1 where an attribute holds."""
        rows = [[float(word in sound.facts.attributes) for word in self.attributes] for sound in self.sounds]
        return torch.tensor(rows)


def listen_to(
    library: Library, *, loops: Sequence[Path] = (), processes: int = 1, progress: Report | None = None
) -> ClapData:
    """Read all sounds of a library and of rendered loops once.

    Parameters
    ----------
    loops
        Folders that `data render` wrote.
    processes
        That share the reading.

    Raises
    ------
    InputError
        If a folder or a file is unusable.
    """
    plan = list(_planned(library, loops))
    sounds = []
    with _mapped(processes) as mapped:
        heard = mapped(_hear, [path for path, _ in plan])
        for count, ((windows, measured), (_, facts)) in enumerate(zip(heard, plan, strict=True), start=1):
            sounds.append(HeardSound(windows, measured, facts))
            if progress is not None:
                progress(count, len(plan))
    return ClapData.of(sounds)


def _planned(library: Library, loops: Sequence[Path]) -> Iterator[tuple[Path, Facts]]:
    tags = TagEmbedder()
    for record in library.records:
        if record.kind != GROOVE_KIND:
            yield library.path_of(record), facts_of_record(record, tags=tags)
    for folder in loops:
        head, entries = read_index(folder)
        for entry in entries:
            try:
                yield folder / entry["path"], facts_of_loop(entry, split=head["split"], tags=tags)
            except (KeyError, TypeError, IndexError) as error:
                raise InputError(f"The index in {folder} is damaged ({error!r}). Render the loops again.") from error


def _hear(path: Path) -> tuple[tuple[Heard, ...], Descriptors]:
    audio = read_audio(path, mono=True, max_seconds=_LONGEST_S)
    windows = windows_of(audio)[:_WINDOWS]
    halved = tuple(replace(window, mels=window.mels.astype(np.float16)) for window in windows)
    return halved, describe_audio(audio)


@contextmanager
def _mapped(processes: int) -> Iterator[Callable[..., Iterator[tuple[tuple[Heard, ...], Descriptors]]]]:
    if processes == 1:
        yield map
        return
    with get_context("spawn").Pool(processes) as pool:
        yield lambda work, items: pool.imap(work, items, chunksize=16)

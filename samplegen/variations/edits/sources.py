"""A sound that a verb changes: read, told to be a loop or not, named by its kind."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Final

import numpy as np

from samplegen.audio.io import read_audio
from samplegen.audio.quality import peak_db
from samplegen.audio.resample import resample_ring
from samplegen.audio.tempo import MIN_CONFIDENCE, estimate_tempo
from samplegen.audio.types import Audio
from samplegen.errors import InputError
from samplegen.pack.inference import bpm_in_name, infer, kind_in_path
from samplegen.pack.readtags import read_tags
from samplegen.pack.recordings import Recording
from samplegen.pack.sound import Tags
from samplegen.units import bars_to_samples

if TYPE_CHECKING:
    from samplegen.conditioning.embedder import Embedder

SAMPLE_RATE: Final = 44_100
MAX_S: Final = 600.0
SILENT_DB: Final = -80.0
# A file this near to whole bars is a loop whose last samples somebody rounded.
_BAR_TOLERANCE: Final = 0.002
_USUAL_BARS: Final = (1, 2, 4, 8, 16)
_SHORTEST_LOOP_S: Final = 0.9
_LONGEST_ONE_SHOT_S: Final = 6.0


@dataclass(frozen=True)
class Asked:
    """What the user says of the sounds; None is found out.

    Parameters
    ----------
    kind
        Such as ``snare`` or ``drums``.
    bpm, bars, meter
        Make every sound a loop; `bpm` counts the meter's own beat.
    """

    kind: str | None = None
    bpm: float | None = None
    bars: int | None = None
    meter: tuple[int, int] | None = None

    @property
    def is_loop(self) -> bool:
        """Whether the user says that the sounds are loops."""
        return self.bpm is not None or self.bars is not None


@dataclass(frozen=True, eq=False)
class EditSource:
    """A sound to change.

    Parameters
    ----------
    audio
        ``[C, T]`` at `SAMPLE_RATE`; of a loop exactly what its tempo and bars ask for.
    tags
        Kind ``loop``, ``one_shot`` or ``texture``; the category is the voice, or empty.
    notes
        What was found out or changed, for the user.
    """

    recording: Recording
    audio: Audio
    tags: Tags
    notes: tuple[str, ...] = ()

    @property
    def is_loop(self) -> bool:
        """Whether the end joins the start."""
        return self.tags.kind == "loop"

    @property
    def stem(self) -> str:
        """The file's name without its suffix."""
        return PurePosixPath(self.recording.name).stem

    def mono(self) -> Audio:
        """The mean of the channels, ``[1, T]``."""
        return self.audio.mono()


def read_source(recording: Recording, *, asked: Asked | None = None, max_s: float = MAX_S) -> EditSource:
    """Read a sound and find out what it is.

    It is a loop where the user says so, where its tags or name say so and its length agrees, or where it
    repeats clearly and lasts whole bars of the tempo that is heard.

    Raises
    ------
    AudioReadError
        If it cannot be read.
    InputError
        If it is silent, too long, or no loop of the length that is asked for.
    """
    asked = asked or Asked()
    audio = read_audio(recording.path, sample_rate=SAMPLE_RATE, max_seconds=max_s + 1.0)
    if audio.duration_s > max_s:
        raise InputError(f"{recording.path} is longer than {max_s:g} s. Cut it first.")
    if audio.length == 0 or peak_db(audio) < SILENT_DB:
        raise InputError(f"{recording.path} is silent. Leave it out.")
    inferred = _inferred(recording)
    category = asked.kind or inferred.category
    loop = _asked_loop(audio, asked, inferred, recording) if asked.is_loop else _found_loop(audio, inferred, recording)
    if loop is None:
        kind = "one_shot" if audio.duration_s <= _LONGEST_ONE_SHOT_S else "texture"
        return EditSource(recording, audio, Tags(kind, category, key=inferred.key))
    bpm, bars, meter, note = loop
    tags = Tags("loop", category, bpm=bpm, bars=bars, meter=meter, key=inferred.key)
    length = bars_to_samples(bars, bpm=bpm, beats_per_bar=meter[0], sample_rate=SAMPLE_RATE)
    notes = (note,) if note else ()
    if length != audio.length:
        notes = (*notes, f"{recording.path}: {audio.length} samples were made {length}, as its tempo and bars ask for.")
        audio = audio.with_samples(resample_ring(audio.samples, length=length))
    return EditSource(recording, audio, tags, notes)


def with_kind(source: EditSource, kinds: Sequence[str], *, embedder: "Embedder | None") -> EditSource:
    """`source` with a category out of `kinds`: its own, the one that its name says, else what it sounds like.

    Loops' kinds begin with ``loop_``.
    """
    from samplegen.variations.takes.hits import kind_by_ear, kind_in_name

    prefix = "loop_" if source.is_loop else ""
    allowed = [kind for kind in kinds if kind.startswith("loop_") == source.is_loop]
    named = prefix + source.tags.category.removeprefix("loop_")
    if named in allowed:
        return replace(source, tags=replace(source.tags, category=named))
    bare = [kind.removeprefix("loop_") for kind in allowed]
    found = kind_in_name(str(Path(source.recording.path).name), bare)
    if found is None and embedder is not None and allowed:
        found = kind_by_ear(source.mono(), allowed, embedder=embedder).removeprefix("loop_")
    return replace(source, tags=replace(source.tags, category=prefix + found)) if found else source


def _inferred(recording: Recording) -> Tags:
    """What tags, name and folder say; of what has no readable tags, the name alone."""
    path = recording.path
    relative = f"{path.parent.name}/{path.name}"
    try:
        return infer(read_tags(path), relative=relative, entry=None).tags
    except InputError:
        return Tags("one_shot" if kind_in_path(relative) == "one_shot" else "texture", "")


_Loop = tuple[float, int, tuple[int, int], str]


def _asked_loop(audio: Audio, asked: Asked, inferred: Tags, recording: Recording) -> _Loop:
    """Tempo, bars and meter; what is not asked follows from the length."""
    meter = asked.meter or (inferred.meter if inferred.kind == "loop" else (4, 4))
    seconds = audio.length / SAMPLE_RATE
    if asked.bpm is None:
        bars = asked.bars or 1
        return round(60.0 * bars * meter[0] / seconds, 4), bars, meter, ""
    exact = seconds * asked.bpm / 60.0 / meter[0]
    bars = asked.bars or max(1, round(exact))
    if abs(exact / bars - 1.0) > 0.02:
        raise InputError(
            f"{recording.path} lasts {exact:.2f} bars of {meter[0]}/{meter[1]} at {asked.bpm:g} BPM, not {bars}. "
            "Cut it to whole bars, or name its own --bpm and --bars."
        )
    return asked.bpm, bars, meter, ""


def _found_loop(audio: Audio, inferred: Tags, recording: Recording) -> _Loop | None:
    if inferred.kind == "loop" and inferred.bpm is not None and inferred.bars is not None:
        exact = inferred.length_at(SAMPLE_RATE) or 0
        if abs(audio.length / exact - 1.0) <= _BAR_TOLERANCE:
            return inferred.bpm, inferred.bars, inferred.meter, ""
    if inferred.kind == "one_shot" or audio.duration_s < _SHORTEST_LOOP_S:
        return None
    heard = estimate_tempo(audio, ring=True)
    if heard.bpm is None or heard.confidence < MIN_CONFIDENCE:
        return None
    exact_bars = audio.length / SAMPLE_RATE * _octave_of_name(heard.bpm, recording) / 60.0 / 4
    bars = min(_USUAL_BARS, key=lambda count: abs(np.log(exact_bars / count)))
    if abs(exact_bars / bars - 1.0) > 0.01:
        return None
    bpm = round(60.0 * 4 * bars * SAMPLE_RATE / audio.length, 4)
    return bpm, bars, (4, 4), f"{recording.path} is taken as a loop of {bars} bars at {bpm:g} BPM."


def _octave_of_name(heard_bpm: float, recording: Recording) -> float:
    """The tempo of the file's name where it is the heard one, half or twice it; else the heard one."""
    named = bpm_in_name(PurePosixPath(recording.name).stem)
    octaves = {heard_bpm * octave for octave in (0.5, 1.0, 2.0)}
    return named if named is not None and any(abs(named / bpm - 1.0) < 0.01 for bpm in octaves) else heard_bpm

"""A pattern or MIDI groove played with the takes of a pack, written as one WAV file."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from samplegen.audio.io import read_audio
from samplegen.audio.types import Audio
from samplegen.errors import UsageError
from samplegen.files import write_bytes
from samplegen.pack.manifest import read_manifest
from samplegen.pack.sound import Provenance, Sound, Tags
from samplegen.pack.tags import encode_tagged_wav
from samplegen.score.midi_files import read_midi
from samplegen.variations.takes.playing import (
    STEPS_PER_BEAT,
    TakeSet,
    parse_pattern,
    pattern_length,
    place_music,
    place_pattern,
    render,
    sets_of,
)

if TYPE_CHECKING:
    from samplegen.pack.filling import PackResult

_BAR_STEPS: Final = 4 * STEPS_PER_BEAT


@dataclass(frozen=True)
class Performance:
    """What is played, and where it is written.

    Parameters
    ----------
    pattern
        Sixteenths, see `takes.parse_pattern`; it is played by the first hit and becomes a loop of exact length.
    midi
        Instead of a pattern: a MIDI file whose drums are played by the hits of their kinds.

    Raises
    ------
    UsageError
        If the pattern or the swing make no sense.
    """

    out: Path
    pattern: str | None = None
    midi: Path | None = None
    bpm: float = 120.0
    swing: float = 0.5

    def __post_init__(self) -> None:
        """Refuse a pattern before takes are made for it."""
        if self.pattern is not None:
            place_pattern(parse_pattern(self.pattern), kind="", bpm=self.bpm, sample_rate=44_100, swing=self.swing)
        if self.out.suffix.lower() != ".wav":
            raise UsageError(f"--render {self.out} is no WAV file. Give a name that ends in .wav.")


def write_performance(performance: Performance, result: "PackResult") -> str:
    """Play with the takes of a pack; returns where it was written.

    Raises
    ------
    InputError
        If the MIDI file cannot be read, or no hit fits what it plays.
    OutputError
        If the file cannot be written.
    """
    manifest = read_manifest(result.folder)
    paths = {path.as_posix() for path in result.files}
    entries = [entry for entry in manifest.files if entry.path in paths] if manifest else []
    sets = sets_of(entries, folder=result.folder, read=read_audio)
    rate = entries[0].sample_rate if entries else 44_100
    sound = _play(performance, sets, seed=result.seed, sample_rate=rate)
    write_bytes(performance.out, encode_tagged_wav(sound, bit_depth=24, label=result.folder.name))
    return str(performance.out)


def _play(performance: Performance, sets: list[TakeSet], *, seed: int, sample_rate: int) -> Sound:
    origin = Provenance("humanize", seed=seed)
    if performance.pattern is None:
        if performance.midi is None:
            raise UsageError("A performance needs a pattern or a MIDI file.")
        strikes, length = place_music(read_midi(performance.midi), sample_rate=sample_rate)
        audio = render(strikes, sets, length=length, seed=seed, ring=False, sample_rate=sample_rate)
        return Sound(audio, Tags("texture", "drums", title=performance.out.stem), origin)
    steps = parse_pattern(performance.pattern)
    strikes = place_pattern(steps, kind="", bpm=performance.bpm, sample_rate=sample_rate, swing=performance.swing)
    length = pattern_length(len(steps), bpm=performance.bpm, sample_rate=sample_rate)
    audio = render(strikes, sets, length=length, seed=seed, ring=True, sample_rate=sample_rate)
    return Sound(audio, _tags(performance, audio, steps=len(steps)), origin)


def _tags(performance: Performance, audio: Audio, *, steps: int) -> Tags:
    """A loop where the pattern has whole beats; 4/4 where it has whole bars, else a bar of all its beats."""
    beats, rest = divmod(steps, STEPS_PER_BEAT)
    if rest:
        return Tags("texture", "drums", title=performance.out.stem)
    bars, meter = (steps // _BAR_STEPS, (4, 4)) if steps % _BAR_STEPS == 0 else (1, (beats, 4))
    return Tags("loop", "drums", bpm=performance.bpm, bars=bars, meter=meter, title=performance.out.stem)

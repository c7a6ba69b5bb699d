"""From files to files: what ``samplegen midi`` does."""

from dataclasses import dataclass, replace
from pathlib import Path

from samplegen.audio.io import read_audio
from samplegen.errors import AudioReadError, InputError, OutputError
from samplegen.files import write_bytes
from samplegen.pack.midi.companions import draw_patterns
from samplegen.pack.midi.transcribe import MAX_SECONDS, Transcription, transcribe
from samplegen.pack.readtags import read_tags
from samplegen.score.groove_templates import apply_groove, extract_groove, groove_to_music
from samplegen.score.midi_files import encode_midi, read_midi
from samplegen.score.music import Music, pattern_to_music
from samplegen.score.timing import Humanising, humanise


@dataclass(frozen=True)
class Told:
    """What a loop says of itself or is measured to be, and its hits."""

    transcription: Transcription
    tempo_from: str

    @property
    def summary(self) -> str:
        """One line for people."""
        pattern = self.transcription.pattern
        kinds = {kind: sum(event.kind == kind for event in pattern.events) for kind in pattern.layers}
        heard = ", ".join(f"{count} {kind}" for kind, count in kinds.items()) or "no drums"
        return f"{self.transcription.bpm:g} BPM ({self.tempo_from}), {pattern.bars} bars: {heard}"


def read_loop(path: Path, *, bpm: float | None = None, meter: tuple[int, int] | None = None) -> Told:
    """Transcribe the loop at `path`: its tempo is told, else its ``acid`` tag's, else measured.

    Raises
    ------
    AudioReadError, InputError
        If it cannot be read, or is too long.
    """
    audio = read_audio(path, max_seconds=MAX_SECONDS + 1.0)
    tagged = None if bpm is not None else _tagged(path)
    if tagged is not None:
        bpm, meter = tagged[0], meter or tagged[1]
        return Told(transcribe(audio, bpm=bpm, meter=meter), "from its tag")
    told = transcribe(audio, bpm=bpm, meter=meter or (4, 4))
    return Told(replace(told, bpm=round(told.bpm, 4)), "as given" if bpm is not None else "measured")


def _tagged(path: Path) -> tuple[float, tuple[int, int]] | None:
    """Tempo and meter of a WAV file's tag."""
    try:
        acid = read_tags(path).acid
    except AudioReadError:
        return None
    if acid is None or acid.one_shot or not 20.0 <= acid.bpm <= 400.0:
        return None
    sensible = 1 <= acid.meter[0] <= 32 and acid.meter[1] in (2, 4, 8, 16)
    return round(acid.bpm, 4), acid.meter if sensible else (4, 4)


def transcribe_file(
    path: Path, out: Path, *, bpm: float | None, meter: tuple[int, int] | None, quantise: bool, force: bool
) -> Told:
    """Write the drums of a loop as a MIDI file."""
    require_new(out, force=force)
    told = read_loop(path, bpm=bpm, meter=meter)
    pattern = told.transcription.quantised() if quantise else told.transcription.pattern
    write_bytes(out, encode_midi(pattern_to_music(pattern, bpm=told.transcription.bpm, name=path.stem)))
    return told


def groove_file(
    path: Path, out: Path, *, apply_to: Path | None, amount: float, bpm: float | None,
    meter: tuple[int, int] | None, force: bool,
) -> Told:  # fmt: skip
    """Write the groove of a loop, or the MIDI file `apply_to` played with it."""
    require_new(out, force=force)
    other = None if apply_to is None else read_midi(apply_to)
    told = read_loop(path, bpm=bpm, meter=meter)
    groove = extract_groove(told.transcription.pattern)
    if not groove.steps:
        raise InputError(f"No drums are heard in {path}, so it has no groove. Give a loop with hits.")
    if other is None:
        music = groove_to_music(groove, bpm=told.transcription.bpm, name=path.stem)
    else:
        music = apply_groove(other, groove, amount=amount)
    write_bytes(out, encode_midi(music))
    return told


def humanise_file(path: Path, out: Path, how: Humanising, *, seed: int, force: bool) -> Music:
    """Write the MIDI file `path` as a drummer would play it."""
    require_new(out, force=force)
    music = humanise(read_midi(path), how, seed=seed)
    write_bytes(out, encode_midi(music))
    return music


def write_patterns(
    folder: Path, *, style: str | None, count: int, bars: int, bpm: float | None, meter: tuple[int, int],
    humanize: float, seed: int, force: bool,
) -> list[Path]:  # fmt: skip
    """Write patterns of the renderer into `folder`; returns their paths."""
    drawn = draw_patterns(style, count=count, seed=(seed,), bpm=bpm, bars=bars, meter=meter, humanize=humanize)
    paths = [folder / f"{style}_{tempo:g}_{number:02d}.mid" for number, (style, tempo, _) in enumerate(drawn, start=1)]
    for path in paths:
        require_new(path, force=force)
    for path, (_, _, music) in zip(paths, drawn, strict=True):
        write_bytes(path, encode_midi(music))
    return paths


def require_new(path: Path, *, force: bool) -> None:
    """Refuse to replace a file unless that was asked for.

    Raises
    ------
    OutputError
        If `path` exists.
    """
    if path.exists() and not force:
        raise OutputError(f"{path} exists already. Choose another name with --out, or give --force to replace it.")
    if path.is_dir():
        raise OutputError(f"{path} is a folder. Name a file with --out.")

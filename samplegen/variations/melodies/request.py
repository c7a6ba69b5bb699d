"""What can be asked of ``samplegen melody``."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from samplegen.errors import UsageError
from samplegen.pack.requests import Request
from samplegen.variations.melodies.sampler import RELEASE_S

ENGINES: Final = ("auto", "alpha", "dsp")


@dataclass(frozen=True, kw_only=True)
class MelodyRequest(Request):
    """Loops of one instrument that plays a line.

    Parameters
    ----------
    key, scale
        ``Am`` and the scale of its mode where None. With `midi` they only say what the notes are.
    bpm, bars, meter
        Where None those of `midi`, else 120, 4 and 4/4.
    contour, density, span, repetition, swing, gate
        See `score.lines.LineSettings`.
    octave
        Of the lowest tonic, 4 is middle C's; None is where the sources lie.
    likes
        One-shots, and folders of them: together they are the instrument.
    root
        MIDI note of the sources; None measures it.
    prompt, kind
        Of a generated instrument.
    midi
        A file whose notes are played, instead of a drawn line.
    engine
        ``alpha`` is the generator: it makes the instrument, or other takes of given sounds. ``dsp`` does without.
    amount
        How much takes differ, see `humanize`; 0 plays the same sound each time.
    midi_out
        Folder for the MIDI files; None is that of the pack.
    """

    key: str | None = None
    scale: str | None = None
    bpm: float | None = None
    bars: int | None = None
    meter: tuple[int, int] | None = None
    contour: str | None = None
    density: float = 0.35
    span: int = 12
    repetition: float = 0.6
    swing: float = 0.5
    gate: float = 0.9
    octave: int | None = None
    likes: tuple[Path, ...] = ()
    root: float | None = None
    prompt: str | None = None
    kind: str | None = None
    midi: Path | None = None
    model: str | None = None
    engine: str = "auto"
    amount: float = 0.4
    release_s: float = RELEASE_S
    midi_out: Path | None = None


def check_request(request: MelodyRequest) -> None:
    """Refuse what makes no sense.

    Raises
    ------
    UsageError
        If a value is out of range, or two contradict each other.
    """
    if request.engine not in ENGINES:
        raise UsageError(f"--engine {request.engine!r} is not known. Choose one of {', '.join(ENGINES)}.")
    if request.likes and request.prompt is not None:
        raise UsageError("--like and --prompt contradict each other: the instrument is given or generated. Give one.")
    if request.prompt is not None and request.engine == "dsp":
        raise UsageError("--prompt needs the model, which --engine dsp leaves out. Leave one of them out.")
    if not 0.0 <= request.amount <= 4.0:
        raise UsageError(f"--amount {request.amount:g} is outside 0 to 4.")
    if not 0.001 <= request.release_s <= 5.0:
        raise UsageError(f"--release {request.release_s:g} is outside 0.001 to 5 seconds.")
    if request.octave is not None and not -1 <= request.octave <= 8:
        raise UsageError(f"--octave {request.octave} is outside -1 to 8; 4 is the one from middle C up.")
    if request.root is not None and not 0.0 <= request.root <= 127.0:
        raise UsageError(f"--root {request.root:g} is no MIDI note. Give 0 to 127; middle C is 60.")

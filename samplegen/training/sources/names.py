"""What file and folder names say: kind, tempo, key and pitch."""

import re
from dataclasses import dataclass
from pathlib import PurePosixPath

from samplegen.units import A4_MIDI

# First match wins, so the narrow words stand before the wide ones.
_ONE_SHOT_WORDS: tuple[tuple[str, str], ...] = (
    ("hat_open", r"(open|half.?open|loose) ?(hi)? ?hats?|hats? ?(open|half.?open|loose)|ohh?|hho"),
    ("hat_closed", r"(closed|foot|tight|pedal)? ?hi ?hats?|hats?|hats? ?(closed|foot|tight)|chh?|hhc?|hh"),
    ("rim", r"rim ?shots?|rims?|side ?sticks?|cross ?sticks?|rs"),
    ("clap", r"(hand)? ?claps?|snaps?|cp"),
    ("kick", r"kicks?|bass ?drums?|bd|kd|kik"),
    ("snare", r"snares?|sd|snr"),
    ("tom", r"toms?|lt|mt|ht"),
    ("cymbal", r"cymbals?|crash(es)?|rides?|splash|china|cy"),
    ("percussion", r"percs?|percussions?|congas?|bongos?|shakers?|tambourines?|cow ?bells?|claves?|cabasas?|guiros?"
                   r"|maracas|wood ?blocks?|triangles?|timbales?|agogos?|djembes?|tablas?|darbukas?|cajons?|bells?"),
    ("vocal", r"vocals?|vox|voices?|choirs?"),
    ("bass", r"bass(es)?|subs?|808s?|reese"),
    ("guitar", r"guitars?|gtr|ukuleles?|banjos?|sitars?"),
    ("strings", r"strings?|violins?|violas?|cellos?|pizz"),
    ("piano", r"pianos?|grand|upright"),
    ("mallet", r"marimbas?|vibraphones?|xylophones?|glockenspiels?|kalimbas?|mallets?"),
    ("keys", r"keys|keyboards?|organs?|rhodes|wurli|epiano|clavinet"),
    ("woodwind", r"sax(ophone)?s?|flutes?|clarinets?|oboes?|bassoons?"),
    ("brass", r"brass|trumpets?|trombones?|tubas?|horns?"),
    ("pad", r"pads?|drones?|atmos?"),
    ("synth", r"synths?|leads?|stabs?|chords?|plucks?|arps?|saws?"),
    ("fx", r"fx|sfx|effects?|risers?|sweeps?|impacts?|noises?|zaps?|hits?|foley|glitch(es)?"),
)  # fmt: skip
_LOOP_WORDS: tuple[tuple[str, str], ...] = (
    ("loop_tops", r"tops?"),
    ("loop_kick", r"kicks?"),
    ("loop_percussion", r"percs?|percussions?|congas?|bongos?|shakers?|tambourines?"),
    ("loop_drums", r"drums?|beats?|breaks?|breakbeats?|grooves?|hats?"),
    ("loop_bass", r"bass|subs?|reese|808s?"),
    ("loop_chord", r"chords?|synths?|pads?|keys|pianos?|arps?|melod(y|ies|ic)|guitars?|stabs?|leads?"),
)  # fmt: skip
_TEMPO = re.compile(r"(?<![0-9.])(\d{2,3}(?:\.\d+)?) ?bpm(?![a-z])|(?<![a-z])bpm ?(\d{2,3}(?:\.\d+)?)(?![0-9])")
_BARE_TEMPO = re.compile(r"(?<![0-9.a-z#])(\d{2,3}(?:\.\d+)?)(?![0-9.a-z])")
_KEY = re.compile(r"(?<![A-Za-z0-9#])([A-G])([#b]?) ?(maj(?:or)?|min(?:or)?|m)?(?![A-Za-z0-9#])")
_NOTE = re.compile(r"(?<![A-Za-z0-9#])([A-Ga-g])([#b]?)(-?\d)(?![A-Za-z0-9#.])")
_SEMITONES = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
_SHARP_NAMES = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")
LOWEST_BPM, HIGHEST_BPM = 50.0, 220.0


@dataclass(frozen=True)
class NameFacts:
    """What a path says; ``None`` where it says nothing."""

    kind: str | None
    is_loop: bool
    bpm: float | None
    key: str | None
    midi_pitch: float | None
    caption: str


def parse_name(path: str) -> NameFacts:
    """Read kind, tempo, key and pitch from the words of a relative path.

    The file's own name counts before its folders, the nearest folder before the farther ones.
    """
    parts = _parts(path)
    is_loop = any(re.search(r"\bloops?\b|\bbpm\b|\d ?bpm\b|\bbreaks?\b", words.lower()) for words in parts)
    midi_pitch = None if is_loop else _pitch(parts[0])
    return NameFacts(
        kind=_kind(parts, is_loop=is_loop),
        is_loop=is_loop,
        bpm=_tempo(parts, is_loop=is_loop),
        key=_key(parts[0]) if is_loop else None,
        midi_pitch=midi_pitch,
        caption=_caption(parts),
    )


def _parts(path: str) -> list[str]:
    pure = PurePosixPath(path)
    names = [pure.stem, *reversed(pure.parent.parts)]
    return [_words(name) for name in names]


def _words(name: str) -> str:
    """Separate at camel case, and turn every separator but `#` and inner dots into one space."""
    name = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name)
    name = re.sub(r"(?<!\d)\.|\.(?!\d)", " ", name)
    return re.sub(r"[^A-Za-z0-9#.]+", " ", name).strip()


def _kind(parts: list[str], *, is_loop: bool) -> str | None:
    table = _LOOP_WORDS if is_loop else _ONE_SHOT_WORDS
    for words in parts:
        lowered = words.lower()
        for kind, pattern in table:
            if re.search(rf"(?<![a-z])(?:{pattern})(?![a-z])", lowered):
                return kind
    return "loop_full" if is_loop else None


def _tempo(parts: list[str], *, is_loop: bool) -> float | None:
    for words in parts:
        if match := _TEMPO.search(words.lower()):
            return _plausible(match.group(1) or match.group(2))
    if not is_loop:
        return None
    found = [_plausible(number) for words in parts for number in _BARE_TEMPO.findall(words.lower())]
    return next((bpm for bpm in found if bpm is not None), None)


def _plausible(number: str) -> float | None:
    value = float(number)
    return value if LOWEST_BPM <= value <= HIGHEST_BPM else None


def _key(words: str) -> str | None:
    matches = list(_KEY.finditer(words))
    if not matches:
        return None
    letter, accidental, mode = matches[-1].groups()
    semitone = (_SEMITONES[letter] + {"#": 1, "b": -1, "": 0}[accidental]) % 12
    return _SHARP_NAMES[semitone] + ("m" if mode in ("m", "min", "minor") else "")


def _pitch(words: str) -> float | None:
    matches = list(_NOTE.finditer(words))
    if not matches:
        return None
    letter, accidental, octave = matches[-1].groups()
    semitone = _SEMITONES[letter.upper()] + {"#": 1, "b": -1, "": 0}[accidental]
    return float(A4_MIDI - 9 + semitone + 12 * (int(octave) - 4))


def _caption(parts: list[str]) -> str:
    words = " ".join(reversed(parts)).lower().split()
    kept = [word for word in words if not re.fullmatch(r"[0-9.#]+|\d+bpm|v\d+|rr\d+", word)]
    return " ".join(dict.fromkeys(kept))

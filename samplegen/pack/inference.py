"""What a file of unknown origin is, from its chunks, its name and its folder."""

import re
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Final

from samplegen.errors import UsageError
from samplegen.pack.manifest import FileEntry
from samplegen.pack.readtags import ReadTags
from samplegen.pack.sound import MAX_BPM, METER_DENOMINATORS, MIN_BPM, Tags, key_to_pitch_class

# A longer name stands before a shorter one that it contains.
_VOICES: Final = (
    "hat_closed", "hat_open", "percussion", "cymbal", "ambient", "drums", "chord", "texture", "drone", "snare",
    "synth", "kick", "clap", "tops", "bass", "pad", "tom", "rim", "hat", "fx",
)  # fmt: skip
_BPM_IN_NAME: Final = re.compile(r"(?:^|[_\s-])(\d{2,3}(?:[-.]\d{1,3})?)(?:\s?bpm)?(?=[_\s.-]|$)", re.IGNORECASE)
_FOLDER_KINDS: Final = (("one", "one_shot"), ("riser", "riser"), ("texture", "texture"), ("loop", "loop"))


@dataclass(frozen=True)
class Inferred:
    """Tags that the gates can use, and where the tempo came from.

    Parameters
    ----------
    source
        ``acid``, ``id3``, ``name`` or empty.
    """

    tags: Tags
    source: str


def bpm_in_name(stem: str) -> float | None:
    """The only number in a file name that could be a tempo, or None."""
    found = {float(text.replace("-", ".")) for text in _BPM_IN_NAME.findall(stem)}
    found = {bpm for bpm in found if 40 <= bpm <= 300}
    return found.pop() if len(found) == 1 else None


def kind_in_path(relative: str) -> str | None:
    """``loop``, ``one_shot``, ``riser`` or ``texture`` as folder or name say, or None."""
    for part in (*PurePosixPath(relative).parts[-2::-1], PurePosixPath(relative).stem):
        text = part.lower()
        for mark, kind in _FOLDER_KINDS:
            if (mark != "one" and mark in text) or (mark == "one" and re.search(r"one[\s_-]?shot", text)):
                return kind
    return None


def voice_in_path(relative: str) -> str:
    """The voice that name or folder mention, or an empty text."""
    text = relative.lower().replace("-", "_")
    return next((voice for voice in _VOICES if voice in text), "")


def infer(read: ReadTags, *, relative: str, entry: FileEntry | None) -> Inferred:
    """Tags of the file at `relative`, as far as they are known.

    A manifest entry says kind and category; chunks come before the name. What
    has no tempo, or says that it is no loop, is judged as a one-shot or texture.
    """
    bpm, source = _tempo(read, relative=relative)
    kind = entry.kind if entry is not None else _kind(read, relative=relative)
    category = entry.category if entry is not None else voice_in_path(relative)
    key = read.key if read.key is not None and _is_key(read.key) else None
    meter, beats = _beats(read, bpm=bpm)
    if kind == "loop" and (bpm is None or beats is None):
        kind = "texture"
    if bpm is None or beats is None or kind == "one_shot":
        return Inferred(Tags(kind=kind, category=category, key=key), source)
    if beats % meter[0]:  # no whole bars: one bar of all the beats has the same length
        meter = (beats, meter[1])
    tags = Tags(kind=kind, category=category, bpm=bpm, bars=beats // meter[0], meter=meter, key=key)
    return Inferred(tags, source)


def _tempo(read: ReadTags, *, relative: str) -> tuple[float | None, str]:
    from_name = bpm_in_name(PurePosixPath(relative).stem)
    for bpm, source in ((read.bpm, "acid" if read.acid is not None and read.acid.bpm else "id3"), (from_name, "name")):
        if bpm is not None and MIN_BPM <= bpm <= MAX_BPM:
            return bpm, source
    return None, ""


def _kind(read: ReadTags, *, relative: str) -> str:
    if read.acid is not None and not read.acid.one_shot and read.acid.beats:
        return kind_in_path(relative) or "loop"
    if read.acid is not None and read.acid.one_shot:
        return kind_in_path(relative) or "one_shot"
    return kind_in_path(relative) or "texture"


def _beats(read: ReadTags, *, bpm: float | None) -> tuple[tuple[int, int], int | None]:
    """Meter and number of beats: tagged, else the whole number nearest to the length."""
    if read.acid is not None and read.acid.beats:
        numerator, denominator = read.acid.meter
        if numerator < 1 or denominator not in METER_DENOMINATORS:
            numerator, denominator = 4, 4
        return (numerator, denominator), read.acid.beats
    if bpm is None or not read.sample_rate:
        return (4, 4), None
    beats = round(read.length / read.sample_rate * bpm / 60.0)
    return (4, 4), beats if beats >= 1 else None


def _is_key(text: str) -> bool:
    try:
        key_to_pitch_class(text)
    except UsageError:
        return False
    return True

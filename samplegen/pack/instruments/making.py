"""The instruments that a recipe asks for, as files of the pack."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Final

from samplegen.errors import InputError
from samplegen.pack.companions import Companion, PackView
from samplegen.pack.instruments import bitwig, decent_sampler, sfz
from samplegen.pack.instruments.building import PitchedVoice, chromatic, drum_kit, pitched
from samplegen.pack.instruments.drum_keys import deal_kits
from samplegen.pack.instruments.model import Instrument
from samplegen.pack.instruments.voices import is_take, stem_of, voices_of
from samplegen.pack.manifest import FileEntry
from samplegen.pack.naming import slug
from samplegen.pack.recipes.types import HumanizedSection, InstrumentFormat, InstrumentSection, KitSection

FOLDER: Final = "Instruments"
Announce = Callable[[str], None]
_NOTE_NAME: Final = re.compile(r"[ _-]*(?<![A-Za-z])[A-Ga-g][#b]?-?\d$")


def make_instruments(
    view: PackView, section: InstrumentSection, *, announce: Announce | None = None
) -> list[Companion]:
    """The files of an ``[[instruments]]`` section.

    ``chromatic`` makes an instrument of each pitched sound; `announce` is told what was left out.

    Raises
    ------
    InputError
        If the section has no sounds that the instrument can be made of, or a file is missing.
    """
    entries = _one_shots(view, view.chosen(section.of), section.name)
    if section.kind == "chromatic":
        instruments = _chromatics(view, entries, section.name, announce)
    else:
        if section.kind == "round_robin" and not (entries := [entry for entry in entries if is_take(entry)]):
            raise InputError(
                f"The section {section.name!r} wants a round robin, but its sounds have no takes. "
                "Let it be of a [[humanized]] section."
            )
        instruments = _kits(view, entries, section.name)
    return _companions(view, instruments, section.formats)


def make_kits(view: PackView, section: KitSection) -> list[Companion]:
    """The kits of a ``[[kits]]`` section; kit k is made of the sounds of ``<section>/<k>``.

    Raises
    ------
    InputError
        If a kit has no sounds, or a file is missing.
    """
    made: list[Companion] = []
    for number in range(1, section.count + 1):
        key = f"{section.name}/{number}"
        entries = _one_shots(view, view.sections.get(key, ()), key)
        name = f"{section.name}_{number}" if section.count > 1 else section.name
        made += _companions(view, _kits(view, entries, name), section.formats)
    return made


def make_round_robins(view: PackView, section: HumanizedSection) -> list[Companion]:
    """One kit of a ``[[humanized]]`` section: every source on its own key, takes in turn, layers by velocity.

    Raises
    ------
    InputError
        If there are no takes, or a file is missing.
    """
    entries = _one_shots(view, view.sections.get(section.name, ()), section.name)
    return _companions(view, _kits(view, entries, section.name), section.formats)


def _one_shots(view: PackView, entries: Iterable[FileEntry], section: str) -> list[FileEntry]:
    found = [entry for entry in entries if entry.kind == "one_shot"]
    if not found:
        raise InputError(f"The section {section!r} has no one-shots to make an instrument of. Name sections that do.")
    for entry in found:
        if not (view.folder / entry.path).is_file():
            raise InputError(f"{entry.path}, a sound of the section {section!r}, is missing. Build the pack again.")
    return found


def _named(view: PackView, *words: str) -> tuple[str, str]:
    """File name and title of the instrument that `words` name."""
    parts = [part for word in words for part in word.split("_")]
    name = "_".join(part for part in map(slug, (view.prefix, *parts)) if part)
    return name or "instrument", " ".join(part for part in (view.name, *parts) if part)


def _kits(view: PackView, entries: Sequence[FileEntry], section: str) -> list[Instrument]:
    """A kit of all sounds, or several where they are more than there are keys."""
    kits = deal_kits(voices_of(entries))
    made = []
    for number, voices in enumerate(kits, start=1):
        name, title = _named(view, section, *([str(number)] if len(kits) > 1 else []))
        made.append(
            drum_kit(voices, name=name, title=title, read=view.audio, creator=view.artist, licence=view.licence)
        )
    return made


def _chromatics(
    view: PackView, entries: Sequence[FileEntry], section: str, announce: Announce | None
) -> list[Instrument]:
    """An instrument of each sound: sounds of different character on one keyboard would be no instrument.

    Sounds that are the same but for the note in their names are one instrument.
    """
    clear, unclear = pitched(voices_of(entries), read=view.audio)
    left_out = tuple(f"{voice.label} has no clear pitch and was left out." for voice in unclear)
    if not clear:
        raise InputError(
            f"None of the {len(unclear)} sounds of the section {section!r} has a clear pitch. "
            "A chromatic instrument needs notes, such as one-shots of kind bass or synth."
        )
    made = []
    families = _families(clear)
    for family, voices in families.items():
        name, title = _named(view, section, *([family] if len(families) > 1 else []))
        instrument = chromatic(voices, name=name, title=title, creator=view.artist, licence=view.licence)
        made.append(replace(instrument, notes=(*instrument.notes, *left_out)))
    for note in dict.fromkeys(note for instrument in made for note in instrument.notes):
        if announce is not None:
            announce(f"{section}: {note}")
    return made


def _families(voices: Sequence[PitchedVoice]) -> dict[str, list[PitchedVoice]]:
    """Voices by what they are called, note names left out: ``Piano_C3`` and ``Piano_G#4`` are ``Piano``."""
    families: dict[str, list[PitchedVoice]] = {}
    for voice in voices:
        first, label = voice.voice.first, voice.voice.label
        word = first.word if label == stem_of(first) and first.word else label
        families.setdefault(_NOTE_NAME.sub("", word) or word, []).append(voice)
    return families


def _companions(
    view: PackView, instruments: Sequence[Instrument], formats: Sequence[InstrumentFormat]
) -> list[Companion]:
    return [
        Companion(f"{FOLDER}/{instrument.name}{suffix}", "instrument", write(view, instrument), instrument.paths)
        for instrument in instruments
        for suffix, write in (_WRITERS[form] for form in formats)
    ]


def _multisample(view: PackView, instrument: Instrument) -> bytes:
    return bitwig.write_multisample(instrument, read_bytes=lambda path: (view.folder / path).read_bytes())


_WRITERS: Final[dict[InstrumentFormat, tuple[str, Callable[[PackView, Instrument], bytes]]]] = {
    "sfz": (sfz.SUFFIX, lambda _, instrument: sfz.write_sfz(instrument)),
    "decent_sampler": (decent_sampler.SUFFIX, lambda _, instrument: decent_sampler.write_dspreset(instrument)),
    "bitwig": (bitwig.SUFFIX, _multisample),
}

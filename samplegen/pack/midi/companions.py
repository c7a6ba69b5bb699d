"""MIDI files beside the sounds of a pack: transcriptions, grooves, and patterns of the renderer."""

from collections.abc import Sequence
from typing import Final

import numpy as np

from samplegen.pack.companions import Companion, PackView
from samplegen.pack.manifest import FileEntry
from samplegen.pack.midi.transcribe import Transcription, transcribe
from samplegen.pack.recipes.types import MidiSection
from samplegen.score.feel import loosen
from samplegen.score.groove_templates import extract_groove, groove_to_music
from samplegen.score.midi_files import encode_midi
from samplegen.score.music import Music, pattern_to_music
from samplegen.score.patterns import draw_pattern
from samplegen.score.styles import STYLES, style_of
from samplegen.score.timing import Humanising, HumanStyle, humanise

LIVE_STYLES: Final = frozenset({"breakbeat", "hiphop", "dub", "ambient"})
_TUNED: Final = ("loop_bass", "loop_chord", "bass", "chord")


def make_midi(view: PackView, section: MidiSection) -> list[Companion]:
    """MIDI files of the loops of `section`, or patterns in its style; each ends exactly at its last bar line."""
    if section.kind == "pattern":
        return _patterns(view, section)
    loops = [entry for entry in view.chosen(section.of) if _is_drum_loop(entry)]
    return [_of_loop(view, section, entry) for entry in loops]


def draw_patterns(
    style: str | None, *, count: int, seed: Sequence[int], bpm: float | None, bars: int, meter: tuple[int, int],
    humanize: float = 0.0,
) -> list[tuple[str, float, Music]]:  # fmt: skip
    """`count` patterns as (style, tempo, music); without a style or tempo each has its own.

    `humanize` is the share of a drummer's spread; electronic styles are moved as formats.md says.
    """
    made = []
    for number in range(count):
        rng = np.random.default_rng([*seed, number])
        chosen = style or STYLES[number % len(STYLES)]
        table = style_of(chosen)
        tempo = bpm or float(round(rng.uniform(table.low_bpm, table.high_bpm)))
        pattern = draw_pattern(chosen, rng=rng, bars=bars, meter=meter)
        if chosen in LIVE_STYLES:  # as rendered: a ring whose voices repeat their feel
            pattern = loosen(pattern, rng=rng, bpm=tempo, amount=humanize)
        music = pattern_to_music(pattern, bpm=tempo, name=f"{chosen} {number + 1}")
        if chosen not in LIVE_STYLES:
            music = _humanised(music, humanize, style="electronic", seed=int(rng.integers(2**31)))
        made.append((chosen, tempo, music))
    return made


def _patterns(view: PackView, section: MidiSection) -> list[Companion]:
    drawn = draw_patterns(
        section.style, count=section.count, seed=(view.seed, *section.name.encode()), bpm=view.bpm,
        bars=section.bars, meter=view.meter, humanize=section.humanize,
    )  # fmt: skip
    return [
        Companion(f"MIDI/Patterns/{_stem(view, section, style, bpm, number)}.mid", "midi", encode_midi(music))
        for number, (style, bpm, music) in enumerate(drawn, start=1)
    ]


def _stem(view: PackView, section: MidiSection, style: str, bpm: float, number: int) -> str:
    parts = (view.prefix, f"{bpm:g}", style, section.name, f"{number:02d}")
    return "_".join(part.replace(".", "-") for part in parts if part)


def _of_loop(view: PackView, section: MidiSection, entry: FileEntry) -> Companion:
    stem = entry.path.rsplit("/", 1)[-1].rsplit(".", 1)[0]
    told = transcribe(view.audio(entry), bpm=entry.bpm, meter=entry.meter, bars=entry.bars)
    music = _music(told, section, stem=stem, seed=entry.seed)
    ending = "_groove" if section.kind == "groove" else ""
    return Companion(f"MIDI/{stem}{ending}.mid", "midi", encode_midi(music), (entry.path,))


def _music(told: Transcription, section: MidiSection, *, stem: str, seed: int) -> Music:
    if section.kind == "groove":
        return groove_to_music(extract_groove(told.pattern), bpm=told.bpm, name=stem)
    music = pattern_to_music(told.pattern, bpm=told.bpm, name=stem)
    return _humanised(music, section.humanize, style="human", seed=seed)


def _humanised(music: Music, amount: float, *, style: HumanStyle, seed: int) -> Music:
    return humanise(music, Humanising(amount=amount, style=style), seed=seed) if amount > 0.0 else music


def _is_drum_loop(entry: FileEntry) -> bool:
    return entry.kind == "loop" and entry.bars is not None and entry.category not in _TUNED

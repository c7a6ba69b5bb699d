"""Melodies: asked against heard notes, key, bars, repetition and novelty, beside baselines (specs/applications.md §9).

::

    python benchmarks/melody.py --sources 24 --lines 400 --generated 8 --out docs/edits/melody.json

Sources are pitched one-shots of the library, drawn from all classes in turn; one loop each, each in another key.
Baselines: a random line (another line than the one that was played), and the same sampler without tuning (every
source counts as middle C, as in a sampler that is told no root). The key's baseline plays chromatic notes round
another tonic. Repetition is compared with the renderer's lines that are melodic: 8 notes and 3 pitches or more.
"""

import argparse
import csv
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from samplegen.audio.loop_key import hear_key
from samplegen.audio.tonality import second_key
from samplegen.audio.types import Audio
from samplegen.errors import SamplegenError
from samplegen.evaluation.machine import describe_machine
from samplegen.evaluation.melody_report import (
    KnownLines,
    asked_notes,
    is_melodic,
    mean_figure,
    repetition,
    score_notes,
    training_lines,
    transcribe_line,
)
from samplegen.evaluation.tables import markdown_table, write_figures
from samplegen.pack.gates import gate_seam, gate_tempo
from samplegen.pack.keys import Key
from samplegen.pack.recordings import Recording
from samplegen.pack.sound import Provenance, Sound, Tags
from samplegen.score.events import Pattern
from samplegen.score.lines import LineSettings
from samplegen.score.music import pattern_to_music
from samplegen.score.scales import TONICS, Scale
from samplegen.units import bars_to_samples
from samplegen.variations.melodies.instruments import read_voice
from samplegen.variations.melodies.request import MelodyRequest
from samplegen.variations.melodies.sampler import Instrument, Voice
from samplegen.variations.melody import draw_melody, render_melody
from samplegen.variations.orders.melody import MelodyOrder

BARS, RATE, UNTUNED = 4, 44_100, 60.0
PROMPTS = ("glass pluck", "warm bass", "bright synth lead", "dark pad", "bell", "soft keys", "gritty synth", "deep sub")

Columns = dict[str, dict[str, list[float]]]


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--library", type=Path, default=Path("../shared/audio"))
    parser.add_argument("--sources", type=int, default=50)
    parser.add_argument("--lines", type=int, default=400)
    parser.add_argument("--generated", type=int, default=8)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args(arguments)
    line = (
        f"python benchmarks/melody.py --sources {options.sources} --lines {options.lines} "
        f"--generated {options.generated} --seed {options.seed}"
    )
    rng = np.random.default_rng(options.seed)
    columns: Columns = {"given sounds": {}, "random line": {}, "without tuning": {}, "generated": {}}
    for number, voice in enumerate(voices(options.library, options.sources, rng)):
        measure_given(number, voice, columns, options.seed)
    for number in range(options.generated):
        measure_generated(number, columns["generated"], options.seed)
    figures = {name: {row: mean_figure(values, rng=rng).text() + f", n {len(values)}" for row, values in rows.items()}
               for name, rows in columns.items() if rows}  # fmt: skip
    rows = list(dict.fromkeys(row for column in figures.values() for row in column))
    text = markdown_table(["", *figures], [[row, *(figures[name].get(row, "–") for name in figures)] for row in rows])
    symbols = lines_table(options.lines, options.seed)
    print(f"`{line}`\n\n{describe_machine().line()}\n\n{text}\n{symbols}")
    if options.out:
        write_figures(options.out, {"command": line, "machine": describe_machine(), "audio": figures, "lines": symbols})


def voices(library: Path, count: int, rng: np.random.Generator) -> list[Voice]:
    """Pitched one-shots of all classes in turn, as far as their pitch is heard."""
    with (library / "index.csv").open(newline="", encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["midi_pitch"] and 0.25 <= float(row["duration_s"]) <= 8.0]
    of_class: dict[str, list[str]] = {}
    for number in rng.permutation(len(rows)):
        of_class.setdefault(rows[number]["class"], []).append(rows[number]["path"])
    turns = [paths[k] for k in range(max(map(len, of_class.values()))) for paths in of_class.values() if k < len(paths)]
    found: list[Voice] = []
    for path in turns:
        if len(found) == count:
            break
        try:
            voice, pitched = read_voice(Recording(library / path))
        except SamplegenError:
            continue
        if pitched:
            found.append(voice)
    return found


def settings_of(number: int, *, scale: str | None = None) -> LineSettings:
    """Every loop in another key, major and minor in turn."""
    return LineSettings(Scale(number * 7 % 12, scale or ("minor" if number % 2 == 0 else "major")), BARS)


def measure_given(number: int, voice: Voice, columns: Columns, seed: int) -> None:
    """One loop of a given sound, and its baselines."""
    settings, bpm = settings_of(number), 100.0 + number % 5 * 10
    own = seed * 1000 + number
    instrument = Instrument((voice,))
    pattern = draw_melody(settings, seed=own, centre=instrument.centre, octave=None)
    audio = render_melody(pattern, instrument, bpm=bpm, sample_rate=RATE, seed=own, release_s=0.08)
    heard = transcribe_line(audio)
    note(columns["given sounds"], pattern, audio, heard, bpm, settings.scale)
    other = draw_melody(settings, seed=own + 500_000, centre=instrument.centre, octave=None)
    scores(columns["random line"], other, audio, heard)
    chromatic = draw_melody(settings_of(number + 5, scale="chromatic"), seed=own, centre=instrument.centre, octave=None)
    wrong = render_melody(chromatic, instrument, bpm=bpm, sample_rate=RATE, seed=own, release_s=0.08)
    keys(columns["random line"], wrong, settings.scale)
    blind = Instrument((Voice(voice.name, voice.takes, UNTUNED),))
    line = draw_melody(settings, seed=own, centre=UNTUNED, octave=None)
    untuned = render_melody(line, blind, bpm=bpm, sample_rate=RATE, seed=own, release_s=0.08)
    scores(columns["without tuning"], line, untuned, transcribe_line(untuned))
    keys(columns["without tuning"], untuned, settings.scale)


def measure_generated(number: int, column: dict[str, list[float]], seed: int) -> None:
    """One loop as the command makes it, its instrument from the bundled model."""
    scale = settings_of(number).scale
    request = MelodyRequest(
        count=1, out=Path("."), seed=seed + number, key=scale.key, bpm=120.0, prompt=PROMPTS[number % len(PROMPTS)]
    )
    order = MelodyOrder(request)
    sound = order.make([0], 0)[0]
    pattern, bpm = order._played[0]
    note(column, pattern, sound.audio, transcribe_line(sound.audio), bpm, scale)
    add(column, "instrument has a pitch of its own", not any("no pitch" in told for told in order.notes))


def note(
    column: dict[str, list[float]], pattern: Pattern, audio: Audio, heard: Sequence[tuple[float, float]], bpm: float,
    scale: Scale,
) -> None:  # fmt: skip
    """All figures of one loop."""
    scores(column, pattern, audio, heard)
    keys(column, audio, scale)
    expected = bars_to_samples(BARS, bpm=bpm, beats_per_bar=4, sample_rate=RATE)
    exact = audio.length == expected and pattern_to_music(pattern, bpm=bpm).length == BARS * 4 * 480
    add(column, "exact bars, audio and MIDI", exact)
    sound = Sound(audio, Tags("loop", "melody", bpm=bpm, bars=BARS), Provenance("melody/sampler"))
    for name, gate in (("seam gate", gate_seam), ("tempo gate", gate_tempo)):
        result = gate(sound, {})
        add(column, name, result is None or result.passed)


def scores(
    column: dict[str, list[float]], pattern: Pattern, audio: Audio, heard: Sequence[tuple[float, float]]
) -> None:
    score = score_notes(asked_notes(pattern, length_s=audio.duration_s), heard, length_s=audio.duration_s)
    add(column, "note F1 (50 ms, 50 cents)", score.f1)
    add(column, "precision", score.precision)
    add(column, "recall", score.recall)


def keys(column: dict[str, list[float]], audio: Audio, scale: Scale) -> None:
    """Whether two estimators hear the asked key as the best of 24, and the looser relation that gates accept."""
    asked = Key(TONICS[scale.tonic] + ("m" if scale.is_minor else ""))
    for name, heard in (("peaks and YIN", hear_key(audio)), ("harmonic notes", second_key(audio))):
        exact = heard.tonic == asked.tonic and heard.best_mode == asked.mode
        add(column, f"asked key is best of 24 ({name})", exact)
        add(column, f"… or its relative ({name})", asked.relation(tonic=heard.tonic, mode=heard.best_mode) is not None)


def add(column: dict[str, list[float]], row: str, value: float) -> None:
    column.setdefault(row, []).append(float(value))


def lines_table(count: int, seed: int) -> str:
    """Symbols alone: repetition and novelty of `count` lines beside the renderer's."""
    known = training_lines(each=40, seed=seed)
    fresh = training_lines(each=10, seed=seed + 1)
    grams = KnownLines(known)
    drawn = [draw_melody(settings_of(k), seed=seed * 1000 + k, centre=60.0, octave=None) for k in range(count)]
    free = [draw_melody(LineSettings(settings_of(k).scale, BARS, repetition=0.0), seed=k, centre=60.0, octave=None)
            for k in range(count)]  # fmt: skip
    low, high = np.quantile([repetition(pattern) for pattern in known if is_melodic(pattern)], [0.1, 0.9])
    rows = []
    for name, some in (
        ("melody", drawn),
        ("melody --repetition 0", free),
        ("renderer, other seed", [pattern for pattern in fresh if is_melodic(pattern)]),
    ):
        share = [repetition(pattern) for pattern in some]
        shared = [grams.longest_shared(pattern) for pattern in some]
        inside = float(np.mean([low <= value <= high for value in share]))
        rows.append([
            name, str(len(some)), f"{np.mean(share):.2f}", f"{100 * inside:.0f} %", f"{np.median(shared):.0f}",
            f"{np.quantile(shared, 0.95):.0f}", f"{100 * np.mean([value <= 8 for value in shared]):.0f} %",
        ])  # fmt: skip
    header = ["lines", "n", "repetition", f"within {low:.2f}–{high:.2f}", "shared notes, median", "95 %", "≤ 8 notes"]
    return markdown_table(header, rows)


if __name__ == "__main__":
    main()

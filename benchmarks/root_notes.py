"""How often the root note of a pitched one-shot is the one that pYIN (librosa) hears.

python benchmarks/root_notes.py FOLDER [--count 100] [--seed 0]

FOLDER holds sound files at any depth; rows are the folders right above them.
"""

import argparse
from collections import defaultdict
from pathlib import Path

import librosa
import numpy as np

from samplegen.audio.io import read_audio
from samplegen.audio.key import estimate_pitch
from samplegen.audio.types import Audio
from samplegen.errors import AudioReadError
from samplegen.evaluation.tables import markdown_table, percent
from samplegen.pack.instruments.building import LEAST_CONFIDENCE

FRAME, HOP, LONGEST_S = 4096, 1024, 2.0
LOW_HZ, HIGH_HZ = 27.5, 2_100.0
QUIET = 0.1
Pair = tuple[float | None, float | None]


def pyin_note(audio: Audio) -> float | None:
    """Median of pYIN's voiced frames that are not 20 dB below the loudest, as a MIDI note."""
    wave = audio.mono().samples[0][: round(LONGEST_S * audio.sample_rate)]
    wave = np.pad(wave, (0, max(0, FRAME - wave.size)))
    hz, voiced, _ = librosa.pyin(
        wave, fmin=LOW_HZ, fmax=HIGH_HZ, sr=audio.sample_rate, frame_length=FRAME, hop_length=HOP
    )
    level = librosa.feature.rms(y=wave, frame_length=FRAME, hop_length=HOP)[0][: hz.size]
    heard = hz[voiced & (level > QUIET * level.max())]
    return float(np.median(librosa.hz_to_midi(heard))) if heard.size else None


def compare(path: Path) -> Pair:
    """Our note, if it is clear enough for an instrument, and pYIN's."""
    audio = read_audio(path)
    ours = estimate_pitch(audio)
    return (ours.midi if ours.confidence >= LEAST_CONFIDENCE else None), pyin_note(audio)


def row(name: str, pairs: list[Pair]) -> list[str]:
    """Counts and shares of a folder."""
    both = np.array([(ours, theirs) for ours, theirs in pairs if ours is not None and theirs is not None])
    cents = 100.0 * np.abs(both[:, 0] - both[:, 1]) if both.size else np.zeros(0)
    shares = [percent(float(np.mean(cents < limit))) if cents.size else "-" for limit in (20.0, 50.0)]
    octaves = int(np.sum(np.abs(cents - 1200.0) < 50.0))
    return [name, str(len(pairs)), str(sum(ours is not None for ours, _ in pairs)), *shares, str(octaves)]


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args(argv)
    paths = sorted(path for suffix in ("wav", "flac") for path in given.folder.rglob(f"*.{suffix}"))
    order = np.random.default_rng(given.seed).permutation(len(paths))[: given.count]
    found: dict[str, list[Pair]] = defaultdict(list)
    for path in (paths[index] for index in sorted(order)):
        try:
            found[path.parent.name].append(compare(path))
        except AudioReadError as error:
            print(error)
    rows = [row(name, found[name]) for name in sorted(found)]
    rows.append(row("all", [pair for pairs in found.values() for pair in pairs]))
    print(markdown_table(["folder", "sounds", "clear", "within 20 cents", "within 50 cents", "octave apart"], rows))


if __name__ == "__main__":
    main()

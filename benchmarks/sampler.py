"""Which sounds a real sampler (sfizz) plays from the SFZ kits of a pack, hit by hit.

python benchmarks/sampler.py PACK

What should sound is read from the DecentSampler file of the same name, so the two formats check
each other. Every layer of every key is hit once more often than it has takes, and hats are hit
while others ring. Rendered hits are compared with the files by cross-correlation. Needs
``sfizz_render`` on the path or from ``pip install pysfizz``. Exits with 1 if a hit is another sound.
"""

import argparse
import importlib.util
import shutil
import subprocess
import tempfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

import mido
import numpy as np
import numpy.typing as npt
from scipy.signal import fftconvolve

from samplegen.audio.io import read_audio
from samplegen.evaluation.tables import markdown_table

RATE = 44_100
APART_S, CHOKE_AFTER_S, COMPARED_S, OFF_S = 2.5, 0.06, 0.2, 0.005
RAISED_DB = 12
Wave = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Take:
    """A file with when it should sound."""

    path: Path
    key: int
    low: int
    high: int
    position: int
    length: int
    tag: str | None


@dataclass(frozen=True)
class Hit:
    """A note, and the file that it should play."""

    start_s: float
    key: int
    velocity: int
    path: Path


def hats(takes: list[Take]) -> list[int]:
    """The lowest and highest key of those that choke each other: two tell it all."""
    keys = sorted({take.key for take in takes if take.tag})
    return sorted({keys[0], keys[-1]}) if keys else []


def find_renderer() -> str:
    """The program ``sfizz_render``."""
    spec = importlib.util.find_spec("pysfizz")
    beside = Path(spec.origin).parents[1] / "bin" / "sfizz_render" if spec and spec.origin else None
    found = shutil.which("sfizz_render") or (str(beside) if beside and beside.exists() else None)
    if found is None:
        raise SystemExit("sfizz_render is not installed. Try: pip install pysfizz")
    return found


def read_kit(preset: Path) -> list[Take]:
    """All takes of a DecentSampler file whose zones have one key each."""
    return [
        Take(
            (preset.parent / sample.attrib["path"]).resolve(), int(sample.attrib["loNote"]),
            int(sample.attrib["loVel"]), int(sample.attrib["hiVel"]), int(sample.get("seqPosition", "1")),
            int(group.get("seqLength", "1")), group.get("tags"),
        )
        for group in ElementTree.parse(preset).getroot().iter("group")
        for sample in group.iter("sample")
        if sample.attrib["loNote"] == sample.attrib["hiNote"]
    ]  # fmt: skip


def plan(takes: list[Take]) -> list[Hit]:
    """Every layer of every key, once more often than it has takes; a key counts all its hits."""
    hits: list[Hit] = []
    counts: Counter[int] = Counter()
    for key, low, high, length in dict.fromkeys((t.key, t.low, t.high, t.length) for t in takes):
        for _ in range(length + 1):
            position = counts[key] % length + 1
            (take,) = [t for t in takes if (t.key, t.low, t.position) == (key, low, position)]
            hits.append(Hit(APART_S * (len(hits) + 1), key, (low + high) // 2, take.path))
            counts[key] += 1
    return hits


def render(sfz: Path, notes: list[tuple[float, int, int]]) -> Wave:
    """``[T]`` of notes (seconds, key, velocity), as sfizz plays them from a MIDI file."""
    track = mido.MidiTrack()
    events = sorted([(t, "note_on", k, v) for t, k, v in notes] + [(t + 0.02, "note_off", k, 0) for t, k, v in notes])
    ticks = 0
    for time_s, kind, key, velocity in events:
        now = round(time_s * 960 * 2)  # 960 ticks a beat at 120 BPM
        track.append(mido.Message(kind, note=key, velocity=velocity, time=now - ticks))
        ticks = now
    with tempfile.TemporaryDirectory() as folder:
        midi, wav = Path(folder) / "notes.mid", Path(folder) / "played.wav"
        mido.MidiFile(type=0, ticks_per_beat=960, tracks=[track]).save(midi)
        # The renderer writes 16 bits: soft hits are raised, or little would be left of them.
        louder = Path(folder) / "louder.sfz"
        text = sfz.read_text("utf-8").replace("<global>", f"<global>\nvolume={RAISED_DB}", 1)
        louder.write_text(f"<control> default_path={sfz.parent.resolve()}/\n{text}", "utf-8")
        command = [find_renderer(), "--sfz", louder, "--midi", midi, "--wav", wav, "-s", RATE, "-q", 3]
        subprocess.run([str(part) for part in command], check=True, capture_output=True)
        return read_audio(wav, mono=True).samples[0].astype(np.float64)


def likeness(heard: Wave, wave: Wave) -> float:
    """Greatest normalised correlation of `wave` with `heard`, which begins 5 ms early, within 10 ms."""
    latest = 2 * round(OFF_S * RATE)
    heard = heard[: wave.size + latest]
    heard = np.pad(heard, (0, wave.size + latest - heard.size))
    products = fftconvolve(heard, wave[::-1], mode="valid")
    power = np.cumsum(np.concatenate([[0.0], heard**2]))
    norms = np.sqrt(np.maximum(power[wave.size :] - power[: -wave.size], 1e-20))
    return float((np.abs(products) / (norms * np.linalg.norm(wave) + 1e-12)).max())


def judge_hits(sfz: Path, takes: list[Take]) -> tuple[int, int, float, list[str]]:
    """Right hits, all hits, lowest likeness of a right one, and what was wrong."""
    hits = plan(takes)
    heard = render(sfz, [(hit.start_s, hit.key, hit.velocity) for hit in hits])
    compared = round(COMPARED_S * RATE)
    waves = {t.path: read_audio(t.path, sample_rate=RATE, mono=True).samples[0][:compared] for t in takes}
    right, lowest, wrong = 0, 1.0, []
    for hit in hits:
        part = heard[round((hit.start_s - OFF_S) * RATE) :]
        rivals = {take.path for take in takes if take.key == hit.key}
        scores = {path: likeness(part, waves[path].astype(np.float64)) for path in rivals}
        best = max(scores, key=lambda path: scores[path])
        if best == hit.path:
            right, lowest = right + 1, min(lowest, scores[best])
        else:
            wrong.append(f"key {hit.key} velocity {hit.velocity}: {best.name} instead of {hit.path.name}")
    return right, len(hits), lowest, wrong


def judge_chokes(sfz: Path, takes: list[Take]) -> list[str]:
    """How far each hat falls when each other one is hit, in dB below its level when left alone."""
    found = []
    keys = hats(takes)
    window = slice(round((CHOKE_AFTER_S + 0.03) * RATE), round((CHOKE_AFTER_S + 0.25) * RATE))
    for ringing in keys:
        alone = render(sfz, [(0.0, ringing, 100), (2.0, ringing, 1)])[window]
        for cutting in keys:
            cut = render(sfz, [(0.0, ringing, 100), (CHOKE_AFTER_S, cutting, 1), (2.0, cutting, 1)])[window]
            left_db = 20.0 * np.log10(np.linalg.norm(cut) / max(float(np.linalg.norm(alone)), 1e-12) + 1e-12)
            found.append(f"{cutting} cuts {ringing}: {left_db:.0f} dB")
    return found


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pack", type=Path)
    folder = parser.parse_args(argv).pack / "Instruments"
    rows, wrong = [], []
    for sfz in sorted(folder.glob("*.sfz")):
        takes = read_kit(sfz.with_suffix(".dspreset"))
        if not takes:
            continue
        right, hits, lowest, mistakes = judge_hits(sfz, takes)
        wrong += mistakes
        rows.append(
            [sfz.name, str(len(takes)), f"{right}/{hits}", f"{lowest:.3f}", "; ".join(judge_chokes(sfz, takes))]
        )
    print(markdown_table(["kit", "takes", "right sound", "lowest likeness", "chokes"], rows))
    print(*wrong, sep="\n")
    return 1 if wrong or not rows else 0


if __name__ == "__main__":
    raise SystemExit(main())

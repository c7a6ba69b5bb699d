"""What exiftool, libsndfile and wavinfo read from a pack's files, against its manifest.

python benchmarks/tags.py PACK

Exits with 1 if any file disagrees anywhere.
"""

import argparse
import ctypes
import json
import shutil
import subprocess
from collections import defaultdict
from pathlib import Path
from typing import Any

import soundfile

from samplegen.evaluation.tables import markdown_table
from samplegen.pack.manifest import FileEntry, read_manifest

_LOOP_INFO_COMMAND = 0x10E0

Facts = dict[str, Any]


class LoopInfo(ctypes.Structure):
    """``SF_LOOP_INFO`` of libsndfile, which it fills from the ``acid`` chunk."""

    _fields_ = [
        ("numerator", ctypes.c_short), ("denominator", ctypes.c_short), ("mode", ctypes.c_int),
        ("beats", ctypes.c_int), ("bpm", ctypes.c_float), ("root", ctypes.c_int), ("future", ctypes.c_int * 6),
    ]  # fmt: skip


def expected(entry: FileEntry) -> dict[str, Facts]:
    """What each reader should say of a file, by reader and fact; of an untagged one, what ``fmt`` says."""
    if not entry.tagged:
        plain: Facts = {"sample rate": entry.sample_rate, "channels": entry.channels}
        return {
            "exiftool": plain | {"bits": entry.bit_depth},
            "libsndfile": plain | {"length": entry.length},
            "wavinfo": plain | {"bits": entry.bit_depth, "length": entry.length, "loop points": [], "originator": None},
        }
    is_loop = entry.kind == "loop"
    beats = 0 if entry.kind == "one_shot" else entry.beats or 0
    common: Facts = {
        "sample rate": entry.sample_rate,
        "channels": entry.channels,
        "bpm": entry.bpm or 0.0,
        "beats": beats,
    }
    root = -1 if entry.root_note is None else 48 + entry.root_note % 12
    meter = f"{entry.meter[0]}/{entry.meter[1]}"
    loop_points = [(0, entry.length - 1)] if is_loop else []
    return {
        "exiftool": common | {"meter": meter, "key": entry.key, "loops": len(loop_points), "bits": entry.bit_depth},
        "libsndfile": common | {"meter": meter, "root": root, "length": entry.length},
        "wavinfo": {
            "sample rate": entry.sample_rate, "channels": entry.channels, "bits": entry.bit_depth,
            "length": entry.length, "loop points": loop_points,
            "bar markers": (entry.bars or 0) if beats else 0, "originator": "samplegen",
        },
    }  # fmt: skip


def read_exiftool(paths: list[Path]) -> list[Facts]:
    done = subprocess.run(["exiftool", "-j", "-n", "-G1", *map(str, paths)], check=True, capture_output=True)
    facts = []
    for row in json.loads(done.stdout):
        found = {name.rpartition(":")[2]: value for name, value in row.items()}
        numerator, _, denominator = str(found.get("Meter", "")).partition(" ")
        facts.append(
            {
                "sample rate": found.get("SampleRate"), "channels": found.get("NumChannels"),
                "bpm": found.get("Tempo"), "beats": found.get("Beats"), "key": found.get("InitialKey"),
                # exiftool names the denominator first, as the file does
                "meter": {numerator, denominator}, "loops": found.get("NumSampleLoops"),
                "bits": found.get("BitsPerSample"),
            }
        )  # fmt: skip
    return facts


def read_libsndfile(path: Path) -> Facts:
    from soundfile import _ffi, _snd

    with soundfile.SoundFile(path) as file:
        buffer = _ffi.new("char[]", ctypes.sizeof(LoopInfo))
        found = _snd.sf_command(file._file, _LOOP_INFO_COMMAND, buffer, ctypes.sizeof(LoopInfo))
        facts: Facts = {"sample rate": file.samplerate, "channels": file.channels, "length": file.frames}
        info = LoopInfo.from_buffer_copy(bytes(_ffi.buffer(buffer)))
    if found:
        facts |= {"bpm": info.bpm, "beats": info.beats, "root": info.root}
        facts["meter"] = f"{info.numerator}/{info.denominator}"
    return facts


def read_wavinfo(path: Path) -> Facts:
    import wavinfo

    info = wavinfo.WavInfoReader(str(path))
    return {
        "sample rate": info.fmt.sample_rate, "channels": info.fmt.channel_count, "bits": info.fmt.bits_per_sample,
        "length": info.data.frame_count,
        "loop points": [(loop.start, loop.end) for loop in info.smpl.sample_loops] if info.smpl else [],
        "bar markers": len(info.cues.cues) if info.cues else 0,
        "originator": info.bext.originator if info.bext else None,
    }  # fmt: skip


def agrees(wanted: Any, found: Any) -> bool:
    """Equal; tempi within the precision of 32 bits, the two numbers of a meter in either order."""
    if isinstance(found, set):
        return found == set(str(wanted).split("/"))
    if isinstance(wanted, float) and isinstance(found, (int, float)):
        return abs(wanted - found) <= 1e-3
    return bool(wanted == found)


def compare_pack(folder: Path) -> tuple[dict[str, dict[str, list[str]]], int]:
    """Sentences about what disagrees, by reader and fact (empty where all agree), and the number of files.

    Raises
    ------
    SystemExit
        If there is no manifest.
    """
    manifest = read_manifest(folder)
    if manifest is None or not manifest.files:
        raise SystemExit(f"{folder} holds no pack.")
    paths = [folder / entry.path for entry in manifest.files]
    found: dict[str, list[Facts]] = {
        "libsndfile": [read_libsndfile(path) for path in paths],
        "wavinfo": [read_wavinfo(path) for path in paths],
    }
    if shutil.which("exiftool"):
        found["exiftool"] = read_exiftool(paths)
    wrong: dict[str, dict[str, list[str]]] = {reader: defaultdict(list) for reader in found}
    for number, entry in enumerate(manifest.files):
        for reader, facts in found.items():
            for fact, wanted in expected(entry)[reader].items():
                got = facts[number].get(fact)
                problems = wrong[reader][fact]
                if not agrees(wanted, got):
                    problems.append(f"{entry.path}: {reader} reads {fact} {got!r}, the manifest says {wanted!r}")
    return wrong, len(paths)


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pack", type=Path)
    wrong, files = compare_pack(parser.parse_args(arguments).pack)
    rows, problems = [], []
    for reader, facts in wrong.items():
        bad = {sentence.split(": ")[0] for sentences in facts.values() for sentence in sentences}
        rows.append([reader, str(files), f"{100 * (1 - len(bad) / files):.1f} %", ", ".join(facts)])
        problems += [sentence for sentences in facts.values() for sentence in sentences]
    print(markdown_table(["reader", "files", "agree with the manifest", "facts compared"], rows))
    if "exiftool" not in wrong:
        print("exiftool is not installed, so it was not asked.")
    print("\n".join(problems[:20]))
    raise SystemExit(1 if problems else 0)


if __name__ == "__main__":
    main()

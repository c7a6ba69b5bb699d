"""A codec on held-out sounds beside MP3, low-passes and silence, and how fast it decodes.

python benchmarks/codec_report.py --codec NAME --library FOLDER --out codec.json
"""

import argparse
import shlex
import statistics
import sys
import time
from pathlib import Path

import numpy as np
import torch

from samplegen.audio.io import read_audio
from samplegen.checkpoints import load_model
from samplegen.codec.base import Codec
from samplegen.codec.loading import load_codec
from samplegen.codec.spectral import SpectralCodec
from samplegen.evaluation.codec_report import codec_report
from samplegen.evaluation.machine import describe_machine
from samplegen.evaluation.tables import write_figures
from samplegen.training.sources.library import GROOVE_KIND, KINDS
from samplegen.training.sources.scan import scan_library

SPEED_S = 8.0
RUNS = 5


def main(arguments: list[str] | None = None) -> None:
    options = parse(arguments)
    codec = with_waveform(options.codec) if options.waveform else load_codec(options.codec)
    library = scan_library(options.library).library
    records = library.select(kinds=KINDS - {GROOVE_KIND}, split=options.split)
    rng = np.random.default_rng(options.seed)
    if options.limit and len(records) > options.limit:
        records = tuple(records[k] for k in sorted(rng.permutation(len(records))[: options.limit]))
    sounds = [read_audio(library.path_of(record), mono=True, max_seconds=options.seconds) for record in records]
    with torch.inference_mode():
        report = codec_report(codec, sounds, kinds=[record.kind for record in records], generator=rng)
    encode, decode = times_real_time(codec)
    machine = describe_machine()
    line = "python benchmarks/codec_report.py " + shlex.join(sys.argv[1:] if arguments is None else arguments)
    print(f"`{line}`\n{len(sounds)} sounds of split {options.split}, {options.seconds:g} s of each at most\n")
    print(report.markdown())
    threads = torch.get_num_threads()
    print(f"Speed on {SPEED_S:g} s, {threads} threads: encode {encode:.0f}, decode {decode:.0f} × real time.")
    print(machine.line())
    if options.out:
        speed = {"encode_x": encode, "decode_x": decode, "threads": threads}
        write_figures(options.out, {"command": line, "machine": machine, "figures": report.figures, "speed": speed})


def parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--codec", required=True)
    parser.add_argument("--waveform", action="store_true", help="keep the waveform latents of a spectral codec")
    parser.add_argument("--library", type=Path, default=Path("../shared/audio"))
    parser.add_argument("--split", choices=("held_out", "train"), default="held_out")
    parser.add_argument("--seconds", type=float, default=8.0)
    parser.add_argument("--limit", type=int, default=0, help="measure so many sounds at random; 0 measures all")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, help="JSON file")
    return parser.parse_args(arguments)


def with_waveform(name: str) -> Codec:
    """A spectral codec with all its latents, those included that generators do without."""
    return SpectralCodec.from_model(load_model(name), waveform=True)


def times_real_time(codec: Codec) -> tuple[float, float]:
    """Seconds of sound encoded and decoded in a second: medians of `RUNS` after one run to warm up."""
    hops = round(SPEED_S * codec.sample_rate / codec.hop_length)
    samples = 0.1 * torch.randn(1, codec.channels, hops * codec.hop_length, generator=torch.Generator().manual_seed(0))
    encode, decode = [], []
    with torch.inference_mode():
        for _ in range(RUNS + 1):
            start = time.perf_counter()
            latents = codec.encode(samples)
            middle = time.perf_counter()
            codec.decode(latents)
            encode.append(middle - start)
            decode.append(time.perf_counter() - middle)
    seconds = samples.shape[-1] / codec.sample_rate
    return seconds / statistics.median(encode[1:]), seconds / statistics.median(decode[1:])


if __name__ == "__main__":
    main()

"""One file to what the index keeps of it; runs in worker processes."""

import multiprocessing
import os
import signal
import threading
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from samplegen.audio.io import read_audio, read_info
from samplegen.errors import AudioReadError
from samplegen.search.picture import picture_of
from samplegen.search.store import Analysis
from samplegen.search.wav_tags import read_acid

if TYPE_CHECKING:
    from multiprocessing.process import BaseProcess

    from samplegen.audio.types import Audio
    from samplegen.conditioning.embedder import Embedder

MOST_READ_S: Final = 60.0


def prepare_worker() -> None:
    """Set up a worker process: Ctrl-C is left to the parent, and when the parent ends, so does the worker."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if parent := multiprocessing.parent_process():
        threading.Thread(target=_end_with, args=(parent,), daemon=True).start()


def _end_with(parent: "BaseProcess") -> None:
    parent.join()
    os._exit(1)


@lru_cache(maxsize=1)
def _load(embedder: str) -> "Embedder":
    from samplegen.conditioning.clap import load_clap

    if multiprocessing.parent_process() is not None:
        import torch

        torch.set_num_threads(1)
    return load_clap(embedder)


def analyse_in_worker(path: str, hash: bytes, embedder: str) -> Analysis:
    """`analyse` with an embedder by name, loaded once in a process."""
    return analyse(path, hash=hash, embedder=_load(embedder))


def analyse(path: str, *, hash: bytes, embedder: "Embedder") -> Analysis:
    """Hear and measure one file; of a long one its first `MOST_READ_S`. What cannot be read is a problem, no error."""
    file = Path(path)
    try:
        audio = read_audio(file, mono=True, max_seconds=MOST_READ_S)
        duration_s = audio.duration_s
        if duration_s >= 0.99 * MOST_READ_S:
            duration_s = max(duration_s, read_info(file).duration_s)
    except AudioReadError as error:
        return Analysis(hash, problem=str(error).removeprefix(f"{file} "))
    bpm, looped = read_acid(file)
    vector = embed_audio(audio, embedder=embedder)
    return Analysis(hash, vector.tobytes(), picture_of(audio).tobytes(), duration_s, bpm, looped)


def embed_audio(audio: "Audio", *, embedder: "Embedder") -> np.ndarray[tuple[int], np.dtype[np.float16]]:
    """``[D]`` float16, a unit vector, or zeros for silence."""
    return np.asarray(embedder.embed_audio([audio])[0].numpy(), np.float16)

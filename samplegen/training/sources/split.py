"""Which sources train and which are held out: split by source, never by chunk; a user's folder by its sounds."""

import hashlib
import re
from collections.abc import Iterable
from functools import cache
from importlib import resources
from pathlib import PurePosixPath
from typing import Literal

Split = Literal["train", "held_out"]

HELD_OUT_SHARE = 0.1
FEWEST_SOURCES = 5  # of fewer none is held out
_TAKE = re.compile(r"[ _.-](?:v|vel|velocity|layer|rr|take)[ _-]?\d+(?![a-z0-9])", re.IGNORECASE)


@cache
def held_out_sources() -> frozenset[str]:
    """Names of the sources that the committed list keeps out of training."""
    text = resources.files("samplegen.training").joinpath("held_out_sources.txt").read_text("utf-8")
    return frozenset(line.strip() for line in text.splitlines() if line.strip() and not line.startswith("#"))


def source_hash(source: str) -> float:
    """A number in [0, 1) that depends on the name alone, the same on every machine."""
    return int.from_bytes(hashlib.sha256(source.encode("utf-8")).digest()[:8], "big") / 2.0**64


def split_of(source: str, *, hashed: bool = False) -> Split:
    """Split of one source: by the committed list, with `hashed` also by its name (10 % held out)."""
    held_out = source in held_out_sources() or (hashed and source_hash(source) < HELD_OUT_SHARE)
    return "held_out" if held_out else "train"


def split_sources(sources: Iterable[str]) -> dict[str, Split]:
    """Split of every source of a library.

    A library that holds a source of the committed list follows that list. Any other is split by
    hash; from five sources on at least one is held out, and one is always left to train on.
    """
    names = sorted(set(sources))
    if held_out_sources().intersection(names):
        return {name: split_of(name) for name in names}
    splits = {name: split_of(name, hashed=True) for name in names}
    by_hash = sorted(names, key=source_hash)
    if names and "train" not in splits.values():
        splits[by_hash[-1]] = "train"
    if len(names) >= FEWEST_SOURCES and "held_out" not in splits.values():
        splits[by_hash[0]] = "held_out"
    return splits


def sound_of(path: str) -> str:
    """A file's path without what counts velocities and takes: the takes of a sound train, or are held out, together."""
    pure = PurePosixPath(path)
    return (pure.parent / _TAKE.sub("", pure.stem)).as_posix()

"""Stand-ins for the analysis in worker processes; imports nothing heavy, so that they start at once."""

import os

from samplegen.errors import ModelMissingError
from samplegen.search.store import Analysis


def crash_on_snares(path: str, hash: bytes, embedder: str) -> Analysis:
    if "Snare" in path:
        os._exit(3)
    return Analysis(hash, b"v", b"p", 1.0)


def miss_the_embedder(path: str, hash: bytes, embedder: str) -> Analysis:
    raise ModelMissingError(f"No model is named {embedder}.")

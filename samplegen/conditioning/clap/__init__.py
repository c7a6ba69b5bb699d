"""Joint embedders of text and audio (CLAP, Wu et al. 2023, arXiv:2211.06687); torch is imported on first use."""

from samplegen.conditioning.clap.loading import load_clap
from samplegen.conditioning.clap.types import DEFAULT_CLAP, TextGapMethod

__all__ = ["DEFAULT_CLAP", "TextGapMethod", "load_clap"]

"""What happens to a sound after it is made: trim, fades, loop closing, levels, effects."""

from samplegen.post.chains import Chain, Effect, apply_chain
from samplegen.post.fades import crossfade, fade_in, fade_out
from samplegen.post.loops import middle_repeat
from samplegen.post.loudness import limit_peak, normalise_loudness, normalise_peak, remove_dc
from samplegen.post.presets import PRESETS, find_chain, load_chain
from samplegen.post.trim import trim_one_shot

__all__ = [
    "PRESETS",
    "Chain",
    "Effect",
    "apply_chain",
    "crossfade",
    "fade_in",
    "fade_out",
    "find_chain",
    "limit_peak",
    "load_chain",
    "middle_repeat",
    "normalise_loudness",
    "normalise_peak",
    "remove_dc",
    "trim_one_shot",
]

"""Close a loop from a decode of several repeats (alpha-blending spec §7)."""

import numpy as np

from samplegen.audio.types import Audio
from samplegen.errors import UsageError
from samplegen.post.fades import blend
from samplegen.units import seconds_to_samples


def middle_repeat(audio: Audio, *, repeats: int = 3, blend_ms: float = 5.0) -> Audio:
    """Keep the middle one of `repeats` decoded repeats, ``[C, repeats * T]`` to ``[C, T]``.

    For codecs that cannot decode on a ring: the first repeat absorbs the decoder's
    warm-up, the last its end. What follows the kept repeat naturally is the start of the
    next one, so the loop begins there and blends into its own start within `blend_ms`.
    `blend` follows the correlation of both, hence equal repeats pass unchanged.

    Raises
    ------
    UsageError
        If there are fewer than three repeats, or they don't divide the length.
    """
    if repeats < 3 or audio.length % repeats:
        raise UsageError(
            f"{audio.length} samples cannot be split into {repeats} repeats of a loop; "
            "give at least 3 repeats of the same length."
        )
    length = audio.length // repeats
    start = (repeats // 2) * length
    kept = audio.samples[:, start : start + length].copy()
    count = min(length, seconds_to_samples(blend_ms / 1000.0, sample_rate=audio.sample_rate))
    following = audio.samples[:, start + length : start + length + count]
    kept[:, :count] = blend(following, kept[:, :count])
    return audio.with_samples(np.ascontiguousarray(kept))

"""Effect chains on sounds of engines that have none of their own."""

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

from samplegen.errors import UsageError
from samplegen.pack.orders import AnySound, Order
from samplegen.pack.sound import Sound
from samplegen.post.chains import Chain, apply_chain
from samplegen.post.fades import fade_out
from samplegen.post.presets import chain_key
from samplegen.post.trim import trim_one_shot

# What rings on where a sound of fixed length ends.
_FADE_MS: Final = 10.0


class WithEffects:
    """An order whose sounds go through a chain; a loop as a ring, a one-shot with its tail trimmed."""

    def __init__(self, order: Order, chain: Chain) -> None:
        self._order, self._chain = order, chain

    def __getattr__(self, name: str) -> Any:
        """All else is the order's."""
        return getattr(self._order, name)

    def job(self, index: int) -> str:
        """The order's key, and the chain's."""
        return hashlib.sha256(f"{self._order.job(index)}/{chain_key(self._chain)}".encode()).hexdigest()

    def make(self, indices: Sequence[int], attempt: int) -> list[AnySound]:
        """The order's sounds, through the chain."""
        return [self._treat(sound) for sound in self._order.make(indices, attempt)]

    def _treat(self, sound: AnySound) -> Sound:
        if not isinstance(sound, Sound):
            raise UsageError("A sound this long goes through no effect chain. Leave out fx, or cut the recording.")
        audio = apply_chain(sound.audio, self._chain, loop=sound.tags.kind == "loop")
        if sound.tags.kind == "one_shot":
            audio = trim_one_shot(audio)
        elif sound.tags.kind in ("riser", "texture"):
            audio = fade_out(audio.with_samples(audio.samples[:, : sound.audio.length]), fade_ms=_FADE_MS)
        parameters = {**sound.provenance.parameters, "fx": chain_key(self._chain)}
        return replace(sound, audio=audio, provenance=replace(sound.provenance, parameters=parameters))

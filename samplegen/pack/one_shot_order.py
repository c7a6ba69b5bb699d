"""One-shots from a trained generator."""

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from samplegen.audio.key import estimate_pitch
from samplegen.audio.types import Audio
from samplegen.errors import UsageError
from samplegen.pack.generator_order import PEAK_DB, GeneratorOrder, check_choice, makeable
from samplegen.pack.keys import KEYED_ONE_SHOTS, PITCHED_ONE_SHOTS
from samplegen.pack.prompts import settle_choice
from samplegen.pack.requests import OneShotRequest
from samplegen.pack.sound import Sound, Tags
from samplegen.pack.tuning import on_notes, tune_one_shot
from samplegen.pack.wishes import Described, refuse_key
from samplegen.post.chains import apply_chain
from samplegen.post.loudness import normalise_peak, remove_dc
from samplegen.post.presets import chain_key
from samplegen.post.trim import trim_one_shot

if TYPE_CHECKING:
    from samplegen.engines.alpha_blend import Generator

_PITCH_CONFIDENCE: Final = 0.8


class OneShotOrder(GeneratorOrder):
    """Plan of a `OneShotRequest`."""

    form = "one_shot"

    def __init__(self, request: OneShotRequest, generator: "Generator", *, seed: int) -> None:
        super().__init__(request, generator, seed=seed)
        known, prompt = generator.description, self.wish.prompt
        if not known.kinds:
            raise UsageError(f"The model {generator.name} makes no one-shots. Choose another --model.")
        for kind in request.kinds:
            check_choice("--kind", kind, known.kinds)
        found = makeable(prompt.kinds if prompt else (), known.kinds, model=generator.name, notes=self.notes)
        kinds = settle_choice("--kind", request.kinds, found)
        self._kinds = self._settle_key(request, kinds or self._guess(known.kinds)) or known.kinds
        if request.style is not None:
            check_choice("--style", request.style, known.styles)
        styles = settle_choice("--style", (request.style,) if request.style else (), prompt.styles if prompt else ())
        self._words = styles + (prompt.words if prompt else ())
        if prompt and prompt.facts:
            words = " and ".join(f'"{fact.words}"' for fact in prompt.facts)
            self.notes.append(f"One-shots have no tempo, bars or meter. Left out of the prompt: {words}.")
        self._announce(
            kind=list(found), style=list(prompt.styles) if prompt else [], words=prompt and list(prompt.words),
            key=self._key and self.wish.key_words and self._key.name,
        )  # fmt: skip

    def _settle_key(self, request: OneShotRequest, kinds: tuple[str, ...]) -> tuple[str, ...]:
        """The kinds to make; where --key is given and no kind, those that have a pitch."""
        known = self._generator.description.kinds
        pitched = tuple(kind for kind in known if kind in PITCHED_ONE_SHOTS)
        if request.key is None:
            self._keyed = PITCHED_ONE_SHOTS
            self._leave_out_key([kind for kind in kinds or known if kind not in pitched])
        else:
            self._keyed = KEYED_ONE_SHOTS
            refuse_key(request, [kind for kind in kinds if kind not in KEYED_ONE_SHOTS], keyed=KEYED_ONE_SHOTS)
            if not (kinds or pitched):
                refuse_key(request, known, keyed=KEYED_ONE_SHOTS)
            if not kinds:
                self.notes.append(f"These kinds have a key and are made: {', '.join(pitched)}.")
                kinds = pitched
        self._key = self.wish.settle_key() if set(kinds or known) & set(self._keyed) else None
        return kinds

    def _draw(self, seeds: list[int], conditions: dict[str, Any], near: Sequence[Described]) -> list[tuple[int, Audio]]:
        """A row leads from kind to kind, and what should be like a sound need not be like a kind: both as drawn."""
        if self.wish.is_row or self.wish.has_sounds:
            return list(zip(seeds, self._generator.make_one_shots(seeds=seeds, **conditions), strict=True))
        from samplegen.engines.alpha_blend import make_heard_one_shots

        heard = make_heard_one_shots(self._generator, [one.kind for one in near], seeds=seeds, **conditions)
        return [(one.seed, one.audio) for one in heard]

    def _near(self, index: int) -> Described:
        kind = self._kinds[index % len(self._kinds)]
        return Described(kind, None, self._words, self.wish.text(self.wish.prompt, kind))

    @cached_property
    def _far(self) -> Described:
        far, near = self.wish.far, self._near(0)
        if far is None:
            return near
        known = self._generator.description.kinds
        kinds = makeable(far.kinds, known, model=self._generator.name, notes=self.notes)
        kind = kinds[0] if kinds else near.kind
        return Described(kind, None, far.styles + far.words, self.wish.text(far, kind))

    def _parameters(self, index: int) -> dict[str, Any]:
        described = self._described(index)
        return {
            "index": index, "kind": described.kind, "words": described.words, "fx": chain_key(self._chain),
            **self.wish.parameters(index), **self._key_parameters(index),
        }  # fmt: skip

    def _finish(self, index: int, seed: int, audio: Audio) -> Sound:
        described = self._described(index)
        asked = self._asked_key(index)
        tuned = None
        if asked:
            cut, held = trim_one_shot(audio), self._held_notes(index) is not None
            tuned = on_notes(cut, key=asked, one_shot=True) if held else tune_one_shot(cut, key=asked)
        audio = remove_dc(tuned.audio if tuned else audio, ring=False)
        audio = normalise_peak(trim_one_shot(audio), peak_db=PEAK_DB)
        if self._chain is not None:
            audio = trim_one_shot(apply_chain(audio, self._chain, loop=False))
        root = tuned.root_note if tuned else _measured_root(audio) if described.kind in PITCHED_ONE_SHOTS else None
        key = asked.name if asked else None
        tags = Tags("one_shot", described.kind, key=key, root_note=root, **self._tags(index, described))
        return self._sound(index, seed, audio, tags, tuned)


def _measured_root(audio: Audio) -> int | None:
    estimate = estimate_pitch(audio)
    if estimate.midi is None or estimate.confidence < _PITCH_CONFIDENCE or not np.isfinite(estimate.midi):
        return None
    return int(np.clip(round(estimate.midi), 0, 127))

"""Orders of free variations: one-shots, whole loops and longer recordings."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, Final

import numpy as np

from samplegen.audio.types import Audio
from samplegen.errors import UsageError
from samplegen.pack.levels import fit_level
from samplegen.pack.verdict import GateResult
from samplegen.variations.edits.calls import Wish, own_wish
from samplegen.variations.edits.distances import d_env, d_spec, picture
from samplegen.variations.edits.gates import Measures, judge_class
from samplegen.variations.edits.order import EditOrder, EditRequest, Made
from samplegen.variations.edits.sources import EditSource
from samplegen.variations.edits.vary_dsp import LOOP_METHOD, SOUND_METHOD, vary_without_model
from samplegen.variations.vary import DEFAULT_STRENGTH, onset_shifts_ms, steered, vary

if TYPE_CHECKING:
    from torch import Tensor

    from samplegen.engines.alpha_blend import Generator

# Up to this strength onsets must stay where they are; a flam is heard from about 10 ms on.
ONSET_STRENGTH: Final = 0.5
MAX_ONSET_MS: Final = 5.0


@dataclass(frozen=True, kw_only=True)
class VaryRequest(EditRequest):
    """Sounds to vary.

    Parameters
    ----------
    strength
        0 (the sound itself) to 1 (nothing of it but class and embedding).
    prompt
        Words to go towards; needs the generator.

    Raises
    ------
    UsageError
        If the strength is out of range.
    """

    strength: float = DEFAULT_STRENGTH
    prompt: str | None = None

    def __post_init__(self) -> None:
        """Refuse strengths that mean nothing."""
        if not 0.0 <= self.strength <= 1.0:
            raise UsageError(f"--strength {self.strength:g} is outside 0 to 1.")


class VaryOrder(EditOrder):
    """Plan of a `VaryRequest`."""

    verb = "vary"
    engines: ClassVar[tuple[str, ...]] = ("alpha", "dsp")
    fallback = "dsp"

    def __init__(self, request: VaryRequest, *, generator: "Generator | None" = None) -> None:
        super().__init__(request, generator=generator)
        self._asked = request
        if self.engine == "dsp":
            if request.prompt is not None:
                raise UsageError("--prompt needs the trained generator; the engine 'dsp' knows no words.")
            self.notes.append(f"Loops: {LOOP_METHOD}. Other sounds: {SOUND_METHOD}, attacks kept.")

    def parameters(self) -> dict[str, Any]:
        """Strength and prompt."""
        return {"strength": self._asked.strength, "prompt": self._asked.prompt}

    def edit(self, source: EditSource, *, seeds: Sequence[int], variations: Sequence[int]) -> list[Made]:
        """One variation for each seed."""
        strength = self._asked.strength
        if self.engine == "dsp":
            method = LOOP_METHOD if source.is_loop else SOUND_METHOD
            made = [vary_without_model(source, strength=strength, seed=seed) for seed in seeds]
        else:
            method, made = "alpha blending", self._vary(source, seeds)
        levelled = [fit_level(audio, ring=source.is_loop) for audio in made]
        vectors = self._embed([source.mono(), *(audio.mono() for audio, _ in levelled)])
        own = picture(source.audio)
        results = []
        for number, (audio, notes) in enumerate(levelled):
            measures: Measures = {"d_spec": d_spec(picture(audio), own), "d_env": d_env(audio, source.audio)}
            judged = [self._judge_onset(audio, source, measures)]
            if vectors is not None and self._names is not None:
                measures["d_emb"] = 1.0 - float(vectors[number + 1] @ vectors[0])
                judged += [] if self._asked.prompt else [
                    judge_class(vectors[number + 1], vectors[0], self._names, measures)
                ]  # fmt: skip
            kept = tuple(result for result in judged if result is not None)
            results.append(Made(audio, {"method": method, "level_notes": list(notes)}, kept, measures))
        return results

    def _vary(self, source: EditSource, seeds: Sequence[int]) -> list[Audio]:
        generator = self.generator
        assert generator is not None  # the engine is alpha
        wish: Wish = own_wish(generator, source)
        if self._asked.prompt is not None:
            wish, self.unknown_words = steered(generator, wish, self._asked.prompt)
        return vary(generator, source, strength=self._asked.strength, seeds=seeds, wish=wish)

    def _judge_onset(self, audio: Audio, source: EditSource, measures: Measures) -> GateResult | None:
        shifts = onset_shifts_ms(audio, source)
        if not shifts:
            return None
        found = measures["onset_shift_ms"] = float(np.median(np.abs(shifts)))
        resequenced = self.engine == "dsp" and source.is_loop
        if self._asked.strength > ONSET_STRENGTH or resequenced or source.tags.kind == "texture":
            return None
        passed = found <= MAX_ONSET_MS
        return GateResult(
            "onset", passed, found, MAX_ONSET_MS, "" if passed else f"Its onsets moved by {found:.1f} ms."
        )

    def _embed(self, audios: Sequence[Audio]) -> "Tensor | None":
        generator = self.generator
        return None if generator is None or generator.clap is None else generator.clap.embed_audio(list(audios))

    @cached_property
    def _names(self) -> "Tensor | None":
        """Embedded names of the model's kinds, for the class gate."""
        generator = self.generator
        if generator is None or generator.clap is None:
            return None
        from samplegen.pack.prompts import spoken_kind

        known = generator.description
        return generator.clap.embed_text([spoken_kind(kind) for kind in (*known.kinds, *known.loop_kinds)])

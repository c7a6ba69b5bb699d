"""Orders of tweaks: which sliders, which engine moves them, how far each came."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar, Final

import numpy as np
import numpy.typing as npt

from samplegen.audio.types import Audio
from samplegen.errors import InputError, UsageError
from samplegen.pack.verdict import GateResult
from samplegen.variations.edits.alignment import onset_sample
from samplegen.variations.edits.calls import WINDOW_S, own_wish, plan_of
from samplegen.variations.edits.distances import d_env, d_spec, picture
from samplegen.variations.edits.order import EditOrder, EditRequest, Made
from samplegen.variations.edits.sources import EditSource
from samplegen.variations.tweak import DEFAULT_STRENGTH, PARTS, Finish, Move, Tweaked, level, only_part, tweak_sound
from samplegen.variations.tweaks.dsp import drive_to
from samplegen.variations.tweaks.sliders import LIMIT, NAMES, measure, slider_table
from samplegen.variations.tweaks.words import Said, understand, word_step

if TYPE_CHECKING:
    from samplegen.engines.alpha_blend import Generator

# What the model leaves undone beyond this many units, `auto` completes by DSP.
LEFT: Final = 0.15
# Below this share of the way the model is not said to have moved a slider.
_MOVED: Final = 0.25
MAX_AMOUNT: Final = 3.0
MAX_ONSET_MS: Final = 5.0
_OF_HITS: Final = frozenset({"attack", "decay"})

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class TweakRequest(EditRequest):
    """Sounds to change in named ways.

    Parameters
    ----------
    sliders
        Units by name, see `samplegen.variations.tweaks.sliders`.
    text, amount
        Words, and how much of them.
    strength
        How deep the generator may go: 0 to 1.
    only
        ``attack`` or ``tail``; None is the whole sound.
    """

    sliders: Mapping[str, float] = field(default_factory=dict)
    text: str | None = None
    amount: float = 1.0
    strength: float = DEFAULT_STRENGTH
    only: str | None = None


class TweakOrder(EditOrder):
    """Plan of a `TweakRequest`.

    The engine ``auto`` lets the generator move what it can and completes what is left by DSP; ``alpha`` and ``dsp``
    work alone.
    """

    verb: ClassVar[str] = "tweak"
    engines: ClassVar[tuple[str, ...]] = ("alpha", "dsp")
    fallback: ClassVar[str | None] = "dsp"
    request: TweakRequest

    def __init__(self, request: TweakRequest, *, generator: "Generator | None" = None) -> None:
        _check(request)
        super().__init__(request, generator=generator)
        self.reached: list[str] = []
        self._said = understand(request.text or "", amount=request.amount)
        self._moves = _add(request.sliders, self._said)
        self._completes = request.engine == "auto" and self.engine == "alpha"
        if self.engine == "alpha" and self.generator is not None and self.generator.clap is None:
            if request.engine == "alpha":
                raise UsageError(f"The model {self.generator.name} has no CLAP to move in. Take --engine dsp.")
            self.notes.append(f"The model {self.generator.name} has no CLAP to move in; DSP does all of it.")
        self._listen()
        if self.engine == "dsp" and request.count > 1:
            self.notes.append("DSP gives the same result each time; only added noise differs.")

    def parameters(self) -> dict[str, Any]:
        """Sliders, words, strength and part."""
        request = self.request
        return {
            "sliders": {name: request.sliders[name] for name in NAMES if name in request.sliders},
            "text": request.text, "amount": request.amount, "strength": request.strength, "only": request.only,
            "completed": self._completes,
        }  # fmt: skip

    def edit(self, source: EditSource, *, seeds: Sequence[int], variations: Sequence[int]) -> list[Made]:
        """One result for each seed."""
        moves = self._moves_of(source)
        finish, origin = only_part(source.audio, self.request.only), measure(source.audio)
        return [self._tweak(source, moves, finish, origin, seed) for seed in seeds]

    def _tweak(self, source: EditSource, moves: Mapping[str, float], finish: Finish, origin: Floats, seed: int) -> Made:
        audio, told = source.audio, dict[str, Any]()
        by = dict.fromkeys(moves, "dsp")
        if self.engine == "alpha":
            found = self._by_model(source, moves, finish, seed)
            audio = found.audio
            told = {"reach": found.reach, "gain": round(found.gain, 4), "moved_by_model": _units(found.moved)}
            by = {name: _by(name, found.moved, units) for name, units in moves.items()}
        if self.engine == "dsp" or self._completes:
            audio = self._complete(source, audio, moves, finish, origin, seed)
        moved = slider_table().units(measure(audio), origin)
        if self._completes:
            by = {
                name: f"{one}+dsp" if one == "alpha" and abs(units - found.moved[NAMES.index(name)]) > LEFT else one
                for (name, one), units in zip(by.items(), moves.values(), strict=True)
            }
        return self._told(source, audio, moves, moved, {**told, "moved_by": by})

    def _by_model(self, source: EditSource, moves: Mapping[str, float], finish: Finish, seed: int) -> Tweaked:
        generator = self.generator
        assert generator is not None  # its engine was chosen
        if source.audio.duration_s > WINDOW_S:
            if not self._completes:
                raise InputError(f"The model tweaks sounds up to {WINDOW_S:g} s. Cut the file, or take --engine dsp.")
            self.notes.append(f"{source.recording.path} is longer than {WINDOW_S:g} s; DSP does all of it.")
            return Tweaked(source.audio, np.zeros(len(NAMES)))
        words = None
        if self._said.words and generator.clap is not None:
            words = word_step(
                self._said.words, source.tags.category, amount=self.request.amount, embedder=generator.clap
            )
        return tweak_sound(
            generator, source.audio, Move(moves, words), own=own_wish(generator, source), table=slider_table(),
            strength=self.request.strength, seed=seed, loop=plan_of(generator, source), finish=finish,
        )  # fmt: skip

    def _complete(
        self, source: EditSource, audio: Audio, moves: Mapping[str, float], finish: Finish, origin: Floats, seed: int
    ) -> Audio:
        moved = slider_table().units(measure(audio), origin)
        left = {name: units for name, units in moves.items() if abs(units - moved[NAMES.index(name)]) > LEFT}
        if not left:
            return audio
        return drive_to(
            audio, left, table=slider_table(), origin=origin, seed=seed, ring=source.is_loop,
            finish=lambda one: level(one, source.audio, finish),
        )  # fmt: skip

    def _moves_of(self, source: EditSource) -> dict[str, float]:
        """What is asked of one sound: loops have no single attack and decay."""
        useless = sorted(_OF_HITS & self._moves.keys()) if source.is_loop else []
        if useless and self.request.sliders.keys() & set(useless):
            raise InputError(f"{source.recording.path} is a loop; --{useless[0]} is for single sounds. Leave it out.")
        return {name: units for name, units in self._moves.items() if name not in useless}

    def _listen(self) -> None:
        """Say which words nobody understands; stop where that leaves nothing."""
        unknown = list(self._said.unknown)
        clap = self.generator.clap if self.engine == "alpha" and self.generator is not None else None
        if clap is not None:
            unknown = [word for word in unknown if not bool(clap.embed_text([word]).any())]
        if unknown:
            self.notes.append(f"Not understood: {', '.join(unknown)}.")
        if not self._moves and len(unknown) == len(self._said.unknown):
            raise UsageError(f"--text {self.request.text!r} says nothing that is understood. Try: warmer, more crunch.")

    def _told(
        self, source: EditSource, audio: Audio, moves: Mapping[str, float], moved: Floats, told: Mapping[str, Any]
    ) -> Made:
        measures: dict[str, float | None] = {f"moved_{name}": float(moved[NAMES.index(name)]) for name in NAMES}
        measures |= {"d_spec": d_spec(picture(source.audio), picture(audio)), "d_env": d_env(source.audio, audio)}
        self.reached.append(_sentence(source, moves, moved, told["moved_by"]))
        results = [_onset(source, audio, measures)] if "attack" not in moves and not source.is_loop else []
        return Made(audio, {"asked": dict(moves), **told}, tuple(results), measures)


def _check(request: TweakRequest) -> None:
    unknown = [name for name in request.sliders if name not in NAMES]
    if unknown:
        raise UsageError(f"There is no slider {unknown[0]!r}. Choose {', '.join(NAMES)}.")
    for name, units in request.sliders.items():
        if not -LIMIT <= units <= LIMIT:
            raise UsageError(f"--{name} {units:g} is outside -{LIMIT:g} to {LIMIT:g}.")
    if not any(request.sliders.values()) and not (request.text or "").strip():
        raise UsageError("Say what to change: a slider such as --body 1.5, or --text 'warmer, more air'.")
    if not 0.0 < request.amount <= MAX_AMOUNT:
        raise UsageError(f"--amount {request.amount:g} is not possible. Give more than 0 and at most {MAX_AMOUNT:g}.")
    if not 0.0 < request.strength <= 1.0:
        raise UsageError(f"--strength {request.strength:g} is not possible. Give more than 0 and at most 1: 0.35.")
    if request.only is not None and request.only not in PARTS:
        raise UsageError(f"--only {request.only!r} is not known. Choose one of {', '.join(PARTS)}.")


def _add(sliders: Mapping[str, float], said: Said) -> dict[str, float]:
    total = {name: sliders.get(name, 0.0) + said.sliders.get(name, 0.0) for name in NAMES}
    return {name: float(np.clip(units, -LIMIT, LIMIT)) for name, units in total.items() if units != 0.0}


def _sentence(source: EditSource, moves: Mapping[str, float], moved: Floats, by: Mapping[str, str]) -> str:
    """Such as ``slam: body +1.42 of +1.50 (alpha+dsp).``."""
    parts = [f"{name} {moved[NAMES.index(name)]:+.2f} of {units:+.2f} ({by[name]})" for name, units in moves.items()]
    return f"{source.stem}: {', '.join(parts) or 'moved by the words alone'}."


def _by(name: str, moved: Floats, units: float) -> str:
    return "alpha" if moved[NAMES.index(name)] / units >= _MOVED else "dsp"


def _units(moved: Floats) -> dict[str, float]:
    return {name: round(float(units), 3) for name, units in zip(NAMES, moved, strict=True)}


def _onset(source: EditSource, audio: Audio, measures: dict[str, float | None]) -> GateResult:
    late_ms = 1e3 * (onset_sample(audio) - onset_sample(source.audio)) / audio.sample_rate
    measures["onset_shift_ms"] = late_ms
    passed = abs(late_ms) <= MAX_ONSET_MS
    reason = f"It begins {late_ms:.1f} ms beside its source."
    return GateResult("onset", passed, late_ms, MAX_ONSET_MS, "" if passed else reason)

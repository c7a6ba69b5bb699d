"""Loops from a trained generator."""

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from samplegen.audio.key import estimate_key
from samplegen.audio.types import Audio
from samplegen.conditioning.vocabulary import LOOP_KINDS
from samplegen.errors import UsageError
from samplegen.pack.generator_order import PEAK_DB, GeneratorOrder, check_choice, makeable
from samplegen.pack.keys import PITCHED_LOOPS, Key
from samplegen.pack.orders import derive_seed
from samplegen.pack.prompts import Prompt, plain_kind, settle, settle_choice
from samplegen.pack.requests import LoopRequest
from samplegen.pack.sound import Sound, Tags
from samplegen.pack.tuning import on_notes, tune_loop
from samplegen.pack.wishes import Described, refuse_key
from samplegen.post.chains import apply_chain
from samplegen.post.loudness import normalise_peak, remove_dc
from samplegen.post.presets import chain_key

if TYPE_CHECKING:
    from samplegen.codec.notes import Notes
    from samplegen.engines.alpha_blend import Generator
    from samplegen.engines.alpha_blend.generator import Description

DEFAULT_BPM: Final = 120.0
DEFAULT_BARS: Final = 4
DEFAULT_METER: Final = (4, 4)
_KEY_CONFIDENCE: Final = 0.7


class LoopOrder(GeneratorOrder):
    """Plan of a `LoopRequest`."""

    form = "loop"

    def __init__(self, request: LoopRequest, generator: "Generator", *, seed: int) -> None:
        super().__init__(request, generator, seed=seed)
        known, prompt = generator.description, self.wish.prompt
        if not known.loop_kinds or not known.styles:
            raise UsageError(f"The model {generator.name} makes no loops. Choose another --model.")
        asked = (_loop_kind(request.kind, known.loop_kinds),) if request.kind else ()
        found = makeable(_loop_kinds(prompt), known.loop_kinds, model=generator.name, notes=self.notes)
        kinds = settle_choice("--kind", asked, found)
        self._kind = (kinds or self._guess(known.loop_kinds) or known.loop_kinds)[0]
        self._styles, found_styles = self._settle_styles(request.style)
        self._keyed = PITCHED_LOOPS
        self._key = self.wish.settle_key() if self._kind in PITCHED_LOOPS else None
        if self._kind not in PITCHED_LOOPS:
            refuse_key(request, [self._kind], keyed=PITCHED_LOOPS)
            self._leave_out_key([self._kind])
        self._time = _settle_time(request, prompt)
        bpm, bars, meter = self._time
        _check_tempo(bpm, known=known, model=generator.name, prompt=prompt if request.bpm is None else None)
        _check_far_time(self.wish.far, self._time)
        self._announce(
            bpm=prompt and prompt.bpm and bpm, bars=prompt and prompt.bars and bars,
            meter=prompt and prompt.meter and f"{meter[0]}/{meter[1]}",
            kind=[plain_kind(kind) for kind in found[:1]], style=found_styles, words=prompt and list(prompt.words),
            key=self._key and self.wish.key_words and self._key.name,
        )  # fmt: skip
        self._plan = generator.plan_loop(bpm=bpm, bars=bars, beats_per_bar=meter[0])

    def _settle_styles(self, style: str | None) -> tuple[tuple[str | None, ...], list[str]]:
        """Styles in turn, and those of them that the prompt names."""
        known, prompt = self._generator.description.styles, self.wish.prompt
        if style is not None:
            check_choice("--style", style, known)
        found = tuple(name for name in prompt.styles if name in known) if prompt else ()
        chosen = settle_choice("--style", (style,) if style else (), found)
        return chosen or ((None,) if self.wish.has_sounds else known), list(found)

    def _draw(self, seeds: list[int], conditions: dict[str, Any], near: Sequence[Described]) -> list[tuple[int, Audio]]:
        audios = self._generator.make_loops(self._plan, seeds=seeds, **conditions)
        return list(zip(seeds, audios, strict=True))

    def _notes_of(self, key: Key, kind: str) -> "Notes":
        _, bars, meter = self._time
        return key.notes(kind, bars=bars, beats_per_bar=meter[0])

    def _near(self, index: int) -> Described:
        style = self._styles[derive_seed(self.seed, index, -1) % len(self._styles)]
        prompt = self.wish.prompt
        return Described(self._kind, style, prompt.words if prompt else (), self.wish.text(prompt, self._kind))

    @cached_property
    def _far(self) -> Described:
        far, known, near = self.wish.far, self._generator.description, self._near(0)
        if far is None:
            return near
        kinds = makeable(_loop_kinds(far), known.loop_kinds, model=self._generator.name, notes=self.notes)
        kind = kinds[0] if kinds else near.kind
        style = next((name for name in far.styles if name in known.styles), near.style)
        return Described(kind, style, far.words, self.wish.text(far, kind))

    def _parameters(self, index: int) -> dict[str, Any]:
        (bpm, bars, meter), described = self._time, self._described(index)
        return {
            "index": index, "kind": described.kind, "style": described.style, "words": described.words, "bpm": bpm,
            "bars": bars, "meter": meter, "fx": chain_key(self._chain), **self.wish.parameters(index),
            **self._key_parameters(index),
        }  # fmt: skip

    def _finish(self, index: int, seed: int, audio: Audio) -> Sound:
        (bpm, bars, meter), described = self._time, self._described(index)
        asked = self._asked_key(index)
        held = self._held_notes(index) is not None
        tuned = (on_notes(audio, key=asked, one_shot=False) if held else tune_loop(audio, key=asked)) if asked else None
        audio = normalise_peak(remove_dc(tuned.audio if tuned else audio, ring=True), peak_db=PEAK_DB)
        if self._chain is not None:
            audio = apply_chain(audio, self._chain, loop=True)
        key = asked.name if asked else _measured_key(audio) if described.kind in PITCHED_LOOPS else None
        tags = Tags(
            "loop", described.kind, bpm=bpm, bars=bars, meter=meter, genre=described.style or "", key=key,
            **self._tags(index, described),
        )  # fmt: skip
        return self._sound(index, seed, audio, tags, tuned)


def _loop_kinds(prompt: Prompt | None) -> tuple[str, ...]:
    """Kinds of loops that a prompt asks for: a lone "bass" or "kick" is a loop of it, several voices are drums."""
    if prompt is None or prompt.loop_kinds:
        return prompt.loop_kinds if prompt else ()
    alone = f"loop_{prompt.kinds[0]}" if len(prompt.kinds) == 1 else "loop_chord" if "chord" in prompt.words else ""
    return (alone,) if alone in LOOP_KINDS else ()


def _loop_kind(kind: str, allowed: Sequence[str]) -> str:
    short = [name.removeprefix("loop_") for name in allowed]
    check_choice("--kind", kind.removeprefix("loop_"), short)
    return f"loop_{kind.removeprefix('loop_')}"


def _settle_time(request: LoopRequest, prompt: Prompt | None) -> tuple[float, int, tuple[int, int]]:
    """Tempo, bars and meter of options, prompt or defaults."""
    bpm, bars, meter = (prompt.bpm, prompt.bars, prompt.meter) if prompt else (None, None, None)
    return (
        settle("--bpm", request.bpm, bpm, fallback=DEFAULT_BPM, show=f"{request.bpm or 0:g}"),
        settle("--bars", request.bars, bars, fallback=DEFAULT_BARS, show=str(request.bars)),
        settle("--meter", request.meter, meter, fallback=DEFAULT_METER, show="/".join(map(str, request.meter or ()))),
    )


def _check_far_time(far: Prompt | None, time: tuple[float, int, tuple[int, int]]) -> None:
    """All loops of a row have one length."""
    facts = (far.bpm, far.bars, far.meter) if far else ()
    for fact, value in zip(facts, time, strict=False):
        if fact is not None and fact.value != value:
            raise UsageError(
                f'--morph-to says "{fact.words}", but all loops of a row have the tempo and length of the first. '
                "Leave it out."
            )


def _check_tempo(bpm: float, *, known: "Description", model: str, prompt: Prompt | None) -> None:
    """`prompt` is given where it says the tempo."""
    if not known.low_bpm <= bpm <= known.high_bpm:
        said = f'The prompt\'s "{prompt.bpm.words}"' if prompt and prompt.bpm else f"--bpm {bpm:g}"
        raise UsageError(f"{said} is outside what {model} was trained on: {known.low_bpm:g} to {known.high_bpm:g}.")


def _measured_key(audio: Audio) -> str | None:
    estimate = estimate_key(audio)
    return estimate.name if estimate.confidence >= _KEY_CONFIDENCE else None

"""Loops and one-shots from a trained generator: what is asked, planned and drawn."""

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np

import samplegen
from samplegen.audio.key import estimate_key, estimate_pitch
from samplegen.audio.types import Audio
from samplegen.errors import InputError, ModelError, SamplegenError, UsageError
from samplegen.pack.manifest import job_key
from samplegen.pack.orders import PlannedOrder, derive_seed
from samplegen.pack.requests import GeneratorRequest, LoopRequest, OneShotRequest
from samplegen.pack.sound import Provenance, Sound, Tags
from samplegen.post.chains import Chain, apply_chain
from samplegen.post.loudness import normalise_peak, remove_dc
from samplegen.post.presets import find_chain
from samplegen.post.trim import trim_one_shot

if TYPE_CHECKING:
    from samplegen.engines.alpha_blend import Generator

ENGINE: Final = "alpha_blend"
PEAK_DB: Final = -1.0
BLOCK: Final = 8
ATTEMPTS: Final = 6
_KEY_CONFIDENCE: Final = 0.7
_PITCH_CONFIDENCE: Final = 0.8
_PITCHED_LOOPS: Final = ("loop_bass", "loop_chord")
_PITCHED_ONE_SHOTS: Final = ("bass", "synth", "tom")


class _GeneratorOrder(PlannedOrder):
    """What both orders do alike: one seed a draw, one key a sound."""

    block, attempts = BLOCK, ATTEMPTS

    def __init__(self, request: GeneratorRequest, generator: "Generator", *, seed: int) -> None:
        super().__init__()
        self.count, self.seed, self._generator = request.count, seed, generator
        _refuse_key(request.key, generator.name)

    def job(self, index: int) -> str:
        """Key of sound `index`."""
        return job_key(
            engine=ENGINE, model_hash=self._generator.hash, seed=self.seed, parameters=self._parameters(index)
        )

    def make(self, indices: Sequence[int], attempt: int) -> list[Sound]:
        """Sounds `indices` of the `attempt`-th draw."""
        seeds = [derive_seed(self.seed, index, attempt) for index in indices]
        audios = self._draw([self._tags(index) for index in indices], seeds)
        return [self._finish(index, seed, audio) for index, seed, audio in zip(indices, seeds, audios, strict=True)]

    def nothing_made(self, missing: Sequence[str], errors: Sequence[InputError]) -> SamplegenError:
        """The model could not do what was asked."""
        return ModelError(
            f"None of {self.count} sounds of {self._generator.name} passed the gates ({'; '.join(missing[:3])}). "
            "Ask for something else, or choose another --model."
        )

    @abstractmethod
    def _draw(self, tags: list[tuple[str, ...]], seeds: list[int]) -> list[Audio]:
        """Raw audio of each seed."""

    @abstractmethod
    def _tags(self, index: int) -> tuple[str, ...]:
        """Condition words of a sound."""

    @abstractmethod
    def _parameters(self, index: int) -> dict[str, Any]:
        """What was asked, for key and manifest."""

    @abstractmethod
    def _finish(self, index: int, seed: int, audio: Audio) -> Sound:
        """Post-process and tag."""


class LoopOrder(_GeneratorOrder):
    """Plan of a `LoopRequest`."""

    def __init__(self, request: LoopRequest, generator: "Generator", *, seed: int) -> None:
        super().__init__(request, generator, seed=seed)
        known, self._request = generator.description, request
        if not known.loop_kinds or not known.styles:
            raise UsageError(f"The model {generator.name} makes no loops. Choose another --model.")
        kind = _loop_kind(request.kind, known.loop_kinds)
        tags, self.unknown_words = _prompt_tags(request.prompt, generator)
        in_prompt = [tag for tag in tags if tag in known.loop_kinds]
        self._kind = kind or (in_prompt[0] if in_prompt else known.loop_kinds[0])
        self._extra = tuple(tag for tag in tags if tag not in (*known.loop_kinds, *known.styles, *known.kinds))
        self._styles = _styles(request.style, tags, known.styles)
        self._chain = find_chain(request.fx) if request.fx else None
        _check_tempo(request.bpm, low=known.low_bpm, high=known.high_bpm, model=generator.name)
        self._plan = generator.plan_loop(bpm=request.bpm, bars=request.bars, beats_per_bar=request.meter[0])

    def _draw(self, tags: list[tuple[str, ...]], seeds: list[int]) -> list[Audio]:
        return self._generator.make_loops(self._plan, tags=tags, seeds=seeds)

    def _style(self, index: int) -> str:
        return self._styles[derive_seed(self.seed, index, -1) % len(self._styles)]

    def _tags(self, index: int) -> tuple[str, ...]:
        return (self._kind, self._style(index), *self._extra)

    def _parameters(self, index: int) -> dict[str, Any]:
        request = self._request
        return {
            "index": index, "kind": self._kind, "style": self._style(index), "words": self._extra, "bpm": request.bpm,
            "bars": request.bars, "meter": request.meter, "fx": _chain_text(self._chain),
        }  # fmt: skip

    def _finish(self, index: int, seed: int, audio: Audio) -> Sound:
        request = self._request
        audio = normalise_peak(remove_dc(audio, ring=True), peak_db=PEAK_DB)
        if self._chain is not None:
            audio = apply_chain(audio, self._chain, loop=True)
        tags = Tags(
            "loop", self._kind, bpm=request.bpm, bars=request.bars, meter=request.meter, genre=self._style(index),
            key=_measured_key(audio) if self._kind in _PITCHED_LOOPS else None,
            keywords=self._tags(index), artist="samplegen",
        )  # fmt: skip
        return Sound(audio, tags, _provenance(self._generator, seed, self._parameters(index)))


class OneShotOrder(_GeneratorOrder):
    """Plan of a `OneShotRequest`."""

    def __init__(self, request: OneShotRequest, generator: "Generator", *, seed: int) -> None:
        super().__init__(request, generator, seed=seed)
        known = generator.description
        if not known.kinds:
            raise UsageError(f"The model {generator.name} makes no one-shots. Choose another --model.")
        for kind in request.kinds:
            _check_choice("--kind", kind, known.kinds)
        tags, self.unknown_words = _prompt_tags(request.prompt, generator)
        in_prompt = tuple(tag for tag in tags if tag in known.kinds)
        self._kinds = request.kinds or in_prompt or known.kinds
        style = (request.style,) if request.style else ()
        for name in style:
            _check_choice("--style", name, known.styles)
        self._extra = style + tuple(tag for tag in tags if tag not in (*known.kinds, *known.loop_kinds))
        self._chain = find_chain(request.fx) if request.fx else None

    def _draw(self, tags: list[tuple[str, ...]], seeds: list[int]) -> list[Audio]:
        return self._generator.make_one_shots(tags=tags, seeds=seeds)

    def _kind(self, index: int) -> str:
        return self._kinds[index % len(self._kinds)]

    def _tags(self, index: int) -> tuple[str, ...]:
        return (self._kind(index), *self._extra)

    def _parameters(self, index: int) -> dict[str, Any]:
        return {"index": index, "kind": self._kind(index), "words": self._extra, "fx": _chain_text(self._chain)}

    def _finish(self, index: int, seed: int, audio: Audio) -> Sound:
        kind = self._kind(index)
        audio = normalise_peak(trim_one_shot(remove_dc(audio, ring=False)), peak_db=PEAK_DB)
        if self._chain is not None:
            audio = trim_one_shot(apply_chain(audio, self._chain, loop=False))
        root = _measured_root(audio) if kind in _PITCHED_ONE_SHOTS else None
        tags = Tags("one_shot", kind, root_note=root, keywords=self._tags(index), artist="samplegen")
        return Sound(audio, tags, _provenance(self._generator, seed, self._parameters(index)))


def _provenance(generator: "Generator", seed: int, parameters: Mapping[str, Any]) -> Provenance:
    return Provenance(
        ENGINE, generator.name, generator.hash, generator.codec.hash, seed, parameters,
        licence=generator.description.licence, version=samplegen.__version__,
    )  # fmt: skip


def _prompt_tags(prompt: str | None, generator: "Generator") -> tuple[tuple[str, ...], tuple[str, ...]]:
    if not prompt:
        return (), ()
    parsed = generator.embedder.parse(prompt)
    if not parsed.known:
        words = ", ".join(generator.embedder.vocabulary.tags[:12])
        raise UsageError(f"The model {generator.name} understands no word of --prompt {prompt!r}. Try {words} …")
    return parsed.known, parsed.unknown


def _loop_kind(kind: str | None, allowed: Sequence[str]) -> str | None:
    if kind is None:
        return None
    short = [name.removeprefix("loop_") for name in allowed]
    _check_choice("--kind", kind.removeprefix("loop_"), short)
    return f"loop_{kind.removeprefix('loop_')}"


def _styles(style: str | None, tags: Sequence[str], allowed: Sequence[str]) -> tuple[str, ...]:
    if style is not None:
        _check_choice("--style", style, allowed)
        return (style,)
    return tuple(tag for tag in tags if tag in allowed) or tuple(allowed)


def _check_choice(option: str, value: str, allowed: Sequence[str]) -> None:
    if value not in allowed:
        raise UsageError(f"{option} {value!r} is not known. Choose one of {', '.join(allowed)}.")


def _check_tempo(bpm: float, *, low: float, high: float, model: str) -> None:
    if not low <= bpm <= high:
        raise UsageError(f"--bpm {bpm:g} is outside what {model} was trained on: {low:g} to {high:g}.")


def _refuse_key(key: str | None, model: str) -> None:
    if key is not None:
        raise UsageError(
            f"The model {model} cannot be asked for a key. Leave out --key: pitched loops say what key they have."
        )


def _chain_text(chain: Chain | None) -> str | None:
    return None if chain is None else chain.name


def _measured_key(audio: Audio) -> str | None:
    estimate = estimate_key(audio)
    return estimate.name if estimate.confidence >= _KEY_CONFIDENCE else None


def _measured_root(audio: Audio) -> int | None:
    estimate = estimate_pitch(audio)
    if estimate.midi is None or estimate.confidence < _PITCH_CONFIDENCE or not np.isfinite(estimate.midi):
        return None
    return int(np.clip(round(estimate.midi), 0, 127))

"""Loops and one-shots from a trained generator: what is asked, planned and drawn."""

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import numpy as np

import samplegen
from samplegen.audio.key import estimate_key, estimate_pitch
from samplegen.audio.types import Audio
from samplegen.conditioning.vocabulary import LOOP_KINDS
from samplegen.errors import InputError, ModelError, SamplegenError, UsageError
from samplegen.pack.duplicates import DuplicateIndex
from samplegen.pack.keys import KEYED_ONE_SHOTS, PITCHED_LOOPS, PITCHED_ONE_SHOTS, Key
from samplegen.pack.manifest import job_key
from samplegen.pack.orders import PlannedOrder, derive_seed
from samplegen.pack.prompts import Form, Prompt, plain_kind, settle, settle_choice, spoken_kind
from samplegen.pack.requests import GeneratorRequest, LoopRequest, OneShotRequest
from samplegen.pack.sound import Provenance, Sound, Tags
from samplegen.pack.tuning import Tuned, tune_loop, tune_one_shot
from samplegen.pack.verdict import Verdict
from samplegen.pack.wishes import Described, Wish, announcement, refuse_key
from samplegen.post.chains import Chain, apply_chain
from samplegen.post.loudness import normalise_peak, remove_dc
from samplegen.post.presets import find_chain
from samplegen.post.trim import trim_one_shot

if TYPE_CHECKING:
    from samplegen.engines.alpha_blend import Generator
    from samplegen.engines.alpha_blend.generator import Description

ENGINE: Final = "alpha_blend"
PEAK_DB: Final = -1.0
BLOCK: Final = 8
ATTEMPTS: Final = 6
DEFAULT_BPM: Final = 120.0
DEFAULT_BARS: Final = 4
DEFAULT_METER: Final = (4, 4)
_KEY_CONFIDENCE: Final = 0.7
_PITCH_CONFIDENCE: Final = 0.8


class _GeneratorOrder(PlannedOrder):
    """What both orders do alike: one seed a draw (in a row one for all), one key a sound."""

    block, attempts, ahead = BLOCK, ATTEMPTS, True
    form: Form
    _key: Key | None
    _keyed: tuple[str, ...]

    def __init__(self, request: GeneratorRequest, generator: "Generator", *, seed: int) -> None:
        super().__init__()
        self.count, self.seed, self._generator = request.count, seed, generator
        self.wish = Wish(request, generator, form=self.form)
        self.unknown_words, self.notes = self.wish.unknown_words, self.wish.notes()
        self.applied: dict[str, Any] = {}
        self._chain = find_chain(request.fx) if request.fx else None

    def job(self, index: int) -> str:
        """Key of sound `index`."""
        return job_key(
            engine=ENGINE, model_hash=self._generator.hash, seed=self.seed, parameters=self._parameters(index)
        )

    def make(self, indices: Sequence[int], attempt: int) -> list[Sound]:
        """Sounds `indices` of the `attempt`-th draw."""
        row = self.wish.is_row
        seeds = [derive_seed(self.seed, 0 if row else index, attempt) for index in indices]
        if row and attempt:
            self.notes.append("Some sounds of the row are of other noise: the gates refused those of the row's own.")
        near = [self._near(0 if row else index) for index in indices]
        audios = self._draw(seeds, self.wish.conditions(near, self._far if row else None, indices))
        return [self._finish(index, seed, audio) for index, seed, audio in zip(indices, seeds, audios, strict=True)]

    def judge(self, sound: Sound, *, index: DuplicateIndex) -> Verdict:
        """Every gate; neighbours in a row may be alike."""
        return super().judge(sound, index=DuplicateIndex() if self.wish.is_row else index)

    def nothing_made(self, missing: Sequence[str], errors: Sequence[InputError]) -> SamplegenError:
        """The model could not do what was asked."""
        return ModelError(
            f"None of {self.count} sounds of {self._generator.name} passed the gates ({'; '.join(missing[:3])}). "
            "Ask for something else, or choose another --model."
        )

    def _described(self, index: int) -> Described:
        """What sound `index` is called: in a row, what the nearer end is."""
        if not self.wish.is_row:
            return self._near(index)
        return self._near(0) if self.wish.position(index) <= 0.5 else self._far

    def _tags(self, index: int, described: Described) -> dict[str, Any]:
        """Fields of the tags that both orders fill alike."""
        fields: dict[str, Any] = {"keywords": described.tags, "artist": "samplegen"}
        if self.wish.is_row:
            percent = round(100 * self.wish.position(index))
            fields |= {"place": f"m{percent:03d}", "comment": f"{percent} % of the way between two prompts"}
        return fields

    def _announce(self, **applied: Any) -> None:
        """Keep what the prompt decided, and say it first."""
        self.applied = {name: value for name, value in applied.items() if value}
        sentence = announcement(self.applied)
        if sentence:
            self.notes.insert(0, sentence)

    def _guess(self, kinds: Sequence[str]) -> tuple[str, ...]:
        """The kind that the sounds to come near to are nearest to; none without sounds.

        A sound's vector alone often makes another kind; the tag beside it holds the kind.
        """
        if self.wish.vectors is None or not self.wish.has_sounds:
            return ()
        kind = self.wish.vectors.nearest_kind(kinds)
        self.notes.append(f"Nearest kind of what it should be like: {plain_kind(kind)}. Give --kind for another.")
        return (kind,)

    def _leave_out_key(self, kinds: Sequence[str]) -> None:
        """Note that a prompt's key means nothing to some kinds."""
        if self.wish.key_words and kinds:
            made = ", ".join(dict.fromkeys(map(spoken_kind, kinds)))
            self.notes.append(f"No key is given to these kinds: {made}. Left out of the prompt: {self.wish.key_words}.")

    def _asked_key(self, index: int) -> Key | None:
        """What sound `index` is transposed to."""
        return self._key if self._described(index).kind in self._keyed else None

    def _key_parameters(self, index: int) -> dict[str, Any]:
        """For job and manifest; nothing where no key is asked for."""
        key = self._asked_key(index)
        return {"key": key.name} if key else {}

    def _sound(self, index: int, seed: int, audio: Audio, tags: Tags, tuned: Tuned | None) -> Sound:
        """A finished sound with its provenance."""
        parameters = self._parameters(index) | ({"transposition": dict(tuned.parameters)} if tuned else {})
        return Sound(audio, tags, _provenance(self._generator, seed, parameters))

    @property
    @abstractmethod
    def _far(self) -> Described:
        """The far end of a row."""

    @abstractmethod
    def _near(self, index: int) -> Described:
        """What is asked for as sound `index`; in a row, 0 is its near end."""

    @abstractmethod
    def _draw(self, seeds: list[int], conditions: dict[str, Any]) -> list[Audio]:
        """Raw audio of each seed."""

    @abstractmethod
    def _parameters(self, index: int) -> dict[str, Any]:
        """What was asked, for key and manifest."""

    @abstractmethod
    def _finish(self, index: int, seed: int, audio: Audio) -> Sound:
        """Post-process and tag."""


class LoopOrder(_GeneratorOrder):
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
            _check_choice("--style", style, known)
        found = tuple(name for name in prompt.styles if name in known) if prompt else ()
        chosen = settle_choice("--style", (style,) if style else (), found)
        return chosen or ((None,) if self.wish.has_sounds else known), list(found)

    def _draw(self, seeds: list[int], conditions: dict[str, Any]) -> list[Audio]:
        return self._generator.make_loops(self._plan, seeds=seeds, **conditions)

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
            "bars": bars, "meter": meter, "fx": _chain_text(self._chain), **self.wish.parameters(index),
            **self._key_parameters(index),
        }  # fmt: skip

    def _finish(self, index: int, seed: int, audio: Audio) -> Sound:
        (bpm, bars, meter), described = self._time, self._described(index)
        asked = self._asked_key(index)
        tuned = tune_loop(audio, key=asked) if asked else None
        audio = normalise_peak(remove_dc(tuned.audio if tuned else audio, ring=True), peak_db=PEAK_DB)
        if self._chain is not None:
            audio = apply_chain(audio, self._chain, loop=True)
        key = asked.name if asked else _measured_key(audio) if described.kind in PITCHED_LOOPS else None
        tags = Tags(
            "loop", described.kind, bpm=bpm, bars=bars, meter=meter, genre=described.style or "", key=key,
            **self._tags(index, described),
        )  # fmt: skip
        return self._sound(index, seed, audio, tags, tuned)


class OneShotOrder(_GeneratorOrder):
    """Plan of a `OneShotRequest`."""

    form = "one_shot"

    def __init__(self, request: OneShotRequest, generator: "Generator", *, seed: int) -> None:
        super().__init__(request, generator, seed=seed)
        known, prompt = generator.description, self.wish.prompt
        if not known.kinds:
            raise UsageError(f"The model {generator.name} makes no one-shots. Choose another --model.")
        for kind in request.kinds:
            _check_choice("--kind", kind, known.kinds)
        found = makeable(prompt.kinds if prompt else (), known.kinds, model=generator.name, notes=self.notes)
        kinds = settle_choice("--kind", request.kinds, found)
        self._kinds = self._settle_key(request, kinds or self._guess(known.kinds)) or known.kinds
        if request.style is not None:
            _check_choice("--style", request.style, known.styles)
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

    def _draw(self, seeds: list[int], conditions: dict[str, Any]) -> list[Audio]:
        return self._generator.make_one_shots(seeds=seeds, **conditions)

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
            "index": index, "kind": described.kind, "words": described.words, "fx": _chain_text(self._chain),
            **self.wish.parameters(index), **self._key_parameters(index),
        }  # fmt: skip

    def _finish(self, index: int, seed: int, audio: Audio) -> Sound:
        described = self._described(index)
        asked = self._asked_key(index)
        tuned = tune_one_shot(trim_one_shot(audio), key=asked) if asked else None
        audio = remove_dc(tuned.audio if tuned else audio, ring=False)
        audio = normalise_peak(trim_one_shot(audio), peak_db=PEAK_DB)
        if self._chain is not None:
            audio = trim_one_shot(apply_chain(audio, self._chain, loop=False))
        root = tuned.root_note if tuned else _measured_root(audio) if described.kind in PITCHED_ONE_SHOTS else None
        key = asked.name if asked else None
        tags = Tags("one_shot", described.kind, key=key, root_note=root, **self._tags(index, described))
        return self._sound(index, seed, audio, tags, tuned)


def _provenance(generator: "Generator", seed: int, parameters: Mapping[str, Any]) -> Provenance:
    return Provenance(
        ENGINE, generator.name, generator.hash, generator.codec.hash, seed, parameters,
        licence=generator.description.licence, version=samplegen.__version__,
    )  # fmt: skip


def makeable(found: Sequence[str], known: Sequence[str], *, model: str, notes: list[str]) -> tuple[str, ...]:
    """The kinds of a prompt that a model makes; others are noted.

    Raises
    ------
    UsageError
        If it makes none of them.
    """
    lacking = [kind for kind in found if kind not in known]
    if lacking:
        names, made = ", ".join(map(plain_kind, lacking)), ", ".join(map(plain_kind, known))
        if len(lacking) == len(found):
            raise UsageError(f"The prompt asks for {names}, which {model} does not make. It makes {made}.")
        notes.append(f"The model {model} does not make {names}.")
    return tuple(kind for kind in found if kind in known)


def _loop_kinds(prompt: Prompt | None) -> tuple[str, ...]:
    """Kinds of loops that a prompt asks for: a lone "bass" or "kick" is a loop of it, several voices are drums."""
    if prompt is None or prompt.loop_kinds:
        return prompt.loop_kinds if prompt else ()
    alone = f"loop_{prompt.kinds[0]}" if len(prompt.kinds) == 1 else "loop_chord" if "chord" in prompt.words else ""
    return (alone,) if alone in LOOP_KINDS else ()


def _loop_kind(kind: str, allowed: Sequence[str]) -> str:
    short = [name.removeprefix("loop_") for name in allowed]
    _check_choice("--kind", kind.removeprefix("loop_"), short)
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


def _check_choice(option: str, value: str, allowed: Sequence[str]) -> None:
    if value not in allowed:
        raise UsageError(f"{option} {value!r} is not known. Choose one of {', '.join(allowed)}.")


def _check_tempo(bpm: float, *, known: "Description", model: str, prompt: Prompt | None) -> None:
    """`prompt` is given where it says the tempo."""
    if not known.low_bpm <= bpm <= known.high_bpm:
        said = f'The prompt\'s "{prompt.bpm.words}"' if prompt and prompt.bpm else f"--bpm {bpm:g}"
        raise UsageError(f"{said} is outside what {model} was trained on: {known.low_bpm:g} to {known.high_bpm:g}.")


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

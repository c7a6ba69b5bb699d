"""What all verbs that change sounds have in common: sounds in, `count` results of each out."""

import secrets
from abc import abstractmethod
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Final

import samplegen
from samplegen.audio.types import Audio
from samplegen.conditioning.vocabulary import LOOP_KINDS, ONE_SHOT_KINDS
from samplegen.errors import InputError, ModelMissingError, SamplegenError, UsageError
from samplegen.pack.duplicates import DuplicateIndex
from samplegen.pack.gates import judge
from samplegen.pack.licence import SOURCE_LICENCE
from samplegen.pack.manifest import job_key
from samplegen.pack.naming import slug
from samplegen.pack.orders import PlannedOrder, derive_seed
from samplegen.pack.recordings import Recording, find_recordings, pack_rate
from samplegen.pack.requests import Request
from samplegen.pack.sound import Provenance, Sound, Tags
from samplegen.pack.verdict import GateResult, Verdict
from samplegen.variations.edits.sources import Asked, EditSource, read_source, with_kind

if TYPE_CHECKING:
    from samplegen.engines.alpha_blend import Generator

DEFAULT_MODEL: Final = "generator-drums-44k"
TEMPLATE: Final = "{prefix}_{bpm}_{kind}_{type}_{place}_{word}_{key}"
_STEM: Final = 32
# Gates that ask what only new sounds must promise; a user's recording may hum, click or end as it likes.
_OF_NEW_SOUNDS: Final = frozenset({"clicks", "dc", "onset", "tail", "silence", "key"})
# Gates of loops, as long as the user's own loop passes them: a sustained one has no tempo to measure.
_OF_LOOPS: Final = frozenset({"seam", "tempo"})


@dataclass(frozen=True, kw_only=True)
class EditRequest(Request):
    """Sounds to change; `count` results of each.

    Parameters
    ----------
    inputs
        Files, and folders with all that is below them.
    engine
        ``auto`` takes the trained generator where there is one, else the verb's honest fallback.
    asked
        What the user says of the sounds.
    """

    inputs: tuple[Path, ...]
    engine: str = "auto"
    model: str | None = None
    asked: Asked = field(default_factory=Asked)


@dataclass(frozen=True, eq=False)
class Made:
    """One result of a verb.

    Parameters
    ----------
    audio
        ``[C, T]`` at the source's rate.
    parameters
        What made it, JSON values.
    results
        What the verb's own constraints say.
    measures
        Numbers for manifest and report, such as ``d_spec``.
    tags
        Fields of the tags that differ from the source's.
    """

    audio: Audio
    parameters: Mapping[str, Any] = field(default_factory=dict)
    results: tuple[GateResult, ...] = ()
    measures: Mapping[str, float | None] = field(default_factory=dict)
    tags: Mapping[str, Any] = field(default_factory=dict)


class EditOrder(PlannedOrder):
    """Plan of an `EditRequest`; a verb says what it makes of one sound.

    Attributes
    ----------
    verb
        As the command is called.
    engines
        Names that `--engine` takes, besides ``auto``; the first needs the generator.
    fallback
        Of ``auto`` without a model; None where there is no honest one.
    default_model
        That the verb takes where none is named.
    """

    verb: ClassVar[str]
    engines: ClassVar[tuple[str, ...]] = ("alpha",)
    fallback: ClassVar[str | None] = None
    default_model: ClassVar[str] = DEFAULT_MODEL
    attempts = 4
    block = 1

    def __init__(self, request: EditRequest, *, generator: "Generator | None" = None) -> None:
        super().__init__()
        self.seed = secrets.randbits(32) if request.seed is None else request.seed
        self.request, self._recordings = request, find_recordings(request.inputs)
        self.count = len(self._recordings) * request.count
        self.block = request.count
        self.engine, self.generator = self._choose(request, generator)
        self._sources: dict[int, EditSource] = {}
        self._useless: dict[int, InputError] = {}
        self._made: dict[tuple[str, int], Made] = {}
        self._refused: Counter[str] = Counter()
        self._kept = 0
        self._fails: dict[str, frozenset[str]] = {}

    @abstractmethod
    def edit(self, source: EditSource, *, seeds: Sequence[int], variations: Sequence[int]) -> list[Made]:
        """One result for each seed; `variations` are their numbers from 0, for what is laid out over a set.

        Raises
        ------
        InputError
            If the sound is of no use for this verb.
        """

    @abstractmethod
    def parameters(self) -> dict[str, Any]:
        """What was asked of the verb: JSON values, for key and manifest."""

    @property
    def acceptance(self) -> float:
        """Share of the draws that the gates let pass; below one half is a defect of the engine (spec §2)."""
        drawn = self._kept + sum(self._refused.values())
        return self._kept / drawn if drawn else 1.0

    @property
    def sample_rate(self) -> int:
        """That of the pack, in Hz."""
        return pack_rate(self._recordings)

    def job(self, index: int) -> str:
        """The sound's content, not its name, counts."""
        recording, variation = self._place(index)
        asked = self.request.asked
        parameters = self.parameters() | {
            "variation": variation, "kind": asked.kind, "bpm": asked.bpm, "bars": asked.bars, "meter": asked.meter,
        }  # fmt: skip
        content = f"{self._model_hash}/{recording.sha256}"
        return job_key(engine=self.engine_name, model_hash=content, seed=self.seed, parameters=parameters)

    def label(self, index: int) -> str:
        """The sound's path and the number of the result."""
        recording, variation = self._place(index)
        return f"{recording.path}, {self.verb} {variation + 1}"

    def make(self, indices: Sequence[int], attempt: int) -> list[Sound]:
        """Results of one sound."""
        number = indices[0] // self.request.count
        source = self._source(number)
        variations = [self._place(index)[1] for index in indices]
        seeds = [derive_seed(self.seed, variation, attempt) for variation in variations]
        made = self.edit(source, seeds=seeds, variations=variations)
        for variation, one in zip(variations, made, strict=True):
            self._made[source.recording.sha256, variation] = one
        return [
            self._sound(source, one, seed=seed, variation=variation)
            for one, seed, variation in zip(made, seeds, variations, strict=True)
        ]

    def judge(self, sound: Sound, *, index: DuplicateIndex) -> Verdict:
        """The pack's gates as far as they hold for changed recordings, and the verb's own constraints.

        Results are alike on purpose, so the pack's other sounds do not matter.
        """
        parameters = sound.provenance.parameters
        made = self._made[parameters["source_sha256"], parameters["variation"]]
        verdict = judge(sound, loudness=False)
        sha256 = parameters["source_sha256"]
        results = [result for result in verdict.results if result.passed or not self._is_free(result.name, sha256)]
        whole = Verdict((*results, *made.results), {**verdict.measures, **made.measures})
        if whole.passed:
            self._kept += 1
        else:
            self._refused[next(result.name for result in whole.results if not result.passed)] += 1
        return whole

    def nothing_made(self, missing: Sequence[str], errors: Sequence[InputError]) -> SamplegenError:
        """The sound's own error where there is one alone."""
        if errors and len(set(map(str, errors))) == 1:
            return errors[0]
        return InputError(f"{self.verb} made nothing. {' '.join(missing[:3])}")

    def close(self) -> None:
        """Let go of the sounds, and say how many draws the gates kept."""
        self._sources, self._made = {}, {}
        if self._refused:
            told = ", ".join(f"{name} {count}" for name, count in sorted(self._refused.items()))
            self.notes.append(f"{self.acceptance:.0%} of the draws were kept; gates that refused: {told}.")

    def _choose(self, request: EditRequest, generator: "Generator | None") -> tuple[str, "Generator | None"]:
        """The engine that runs, which is noted where it is not the generator, and the generator it needs."""
        if request.engine not in ("auto", *self.engines):
            raise UsageError(f"--engine {request.engine!r} is not known. Choose auto, {', '.join(self.engines)}.")
        if request.engine not in ("auto", self.engines[0]):
            self.notes.append(f"Made by the engine {request.engine!r}, without the trained generator.")
            return request.engine, generator
        from samplegen.engines.alpha_blend import load_generator

        try:
            return self.engines[0], generator or load_generator(request.model or self.default_model, steerable=True)
        except ModelMissingError as error:
            if request.engine != "auto" or request.model is not None or self.fallback is None:
                raise
            self.notes.append(f"Made by the fallback {self.fallback!r}: {error}")
            return self.fallback, None

    def _is_free(self, gate: str, sha256: str) -> bool:
        """Whether a result may fail `gate`: only new sounds must pass it, or its source does not pass it either."""
        if gate in _OF_NEW_SOUNDS:
            return True
        return gate in _OF_LOOPS and gate in self._failed_by_source(sha256)

    def _failed_by_source(self, sha256: str) -> frozenset[str]:
        if sha256 not in self._fails:
            source = next(one for one in self._sources.values() if one.recording.sha256 == sha256)
            verdict = judge(Sound(source.audio, source.tags, Provenance(self.engine_name)), loudness=False)
            self._fails[sha256] = frozenset(result.name for result in verdict.results if not result.passed)
        return self._fails[sha256]

    @property
    def engine_name(self) -> str:
        """What provenance says, such as ``vary/alpha_blend``."""
        return f"{self.verb}/{'alpha_blend' if self.engine == 'alpha' else self.engine}"

    @property
    def _model_hash(self) -> str:
        return self.generator.hash if self.generator is not None and self.engine == self.engines[0] else ""

    def _place(self, index: int) -> tuple[Recording, int]:
        number, variation = divmod(index, self.request.count)
        return self._recordings[number], variation

    def _source(self, number: int) -> EditSource:
        if number in self._useless:
            raise self._useless[number]
        if number not in self._sources:
            try:
                source = read_source(self._recordings[number], asked=self.request.asked)
            except InputError as error:
                self._useless[number] = error
                raise
            self.notes += source.notes
            self._sources = {number: self._named(source)}
        return self._sources[number]

    def _named(self, source: EditSource) -> EditSource:
        generator = self.generator
        if generator is None:
            return with_kind(source, (*ONE_SHOT_KINDS, *LOOP_KINDS), embedder=None)
        known = generator.description
        return with_kind(source, (*known.kinds, *known.loop_kinds), embedder=generator.clap)

    def _sound(self, source: EditSource, made: Made, *, seed: int, variation: int) -> Sound:
        generator = self.generator if self._model_hash else None
        parameters = {
            "source": source.stem, "source_sha256": source.recording.sha256, "variation": variation,
            **self.parameters(), **made.parameters,
        }  # fmt: skip
        origin = Provenance(
            self.engine_name, "" if generator is None else generator.name, self._model_hash,
            "" if generator is None else generator.codec.hash, seed, parameters, licence=SOURCE_LICENCE,
            version=samplegen.__version__,
        )  # fmt: skip
        return Sound(made.audio, self._tags(source, made, variation), origin)

    def _tags(self, source: EditSource, made: Made, variation: int) -> Tags:
        tags = source.tags
        fields: dict[str, Any] = {
            "kind": tags.kind, "category": tags.category or "sound", "bpm": tags.bpm, "bars": tags.bars,
            "meter": tags.meter, "key": tags.key, "keywords": (self.verb,), "artist": "samplegen",
            "comment": f"{self.verb} of {source.recording.name}",
            "place": f"{slug(source.stem)[:_STEM].strip('-')}-{self.verb}{variation + 1:02d}",
        }  # fmt: skip
        return Tags(**{**fields, **made.tags})

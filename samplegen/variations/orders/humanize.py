"""An order of takes: of every hit that is named, some takes of each velocity layer."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

import samplegen
from samplegen.audio.io import read_audio
from samplegen.audio.types import Audio
from samplegen.engines.on_the_fly.streams import one_thread
from samplegen.errors import InputError, ModelMissingError, SamplegenError, UsageError
from samplegen.pack.duplicates import DuplicateIndex
from samplegen.pack.licence import SOURCE_LICENCE
from samplegen.pack.manifest import job_key
from samplegen.pack.naming import slug
from samplegen.pack.orders import PlannedOrder, derive_seed
from samplegen.pack.recordings import Recording, find_recordings, pack_rate
from samplegen.pack.requests import Request
from samplegen.pack.sound import Provenance, Sound, Tags
from samplegen.pack.verdict import GateResult, Verdict
from samplegen.variations.edits.distances import Picture, d_spec, picture
from samplegen.variations.edits.gates import Measures, acceptance, judge_class, judge_diversity, judge_edit
from samplegen.variations.humanize import (
    HumanizeSettings,
    TakePlan,
    lay_takes,
    plan_take,
    set_target_db,
    trim_gain,
)
from samplegen.variations.takes.calibration import Drive, find_table
from samplegen.variations.takes.engines import AlphaTakes, DspTakes, TakeEngine, one_torch_thread
from samplegen.variations.takes.hits import DEFAULT_KIND, Hit, kind_by_ear, kind_in_name, make_hit
from samplegen.variations.takes.velocity import layer_velocities

if TYPE_CHECKING:
    from torch import Tensor

    from samplegen.engines.alpha_blend import Generator

EngineName = Literal["auto", "alpha", "velvet", "eq"]
ENGINES: Final = ("auto", "alpha", "velvet", "eq")
DEFAULT_MODEL: Final = "generator-drums-44k"
TEMPLATE: Final = "{prefix}_{kind}_{place}_{word}"
KINDS: Final = (
    "kick", "snare", "clap", "hat_closed", "hat_open", "tom", "cymbal", "percussion", "rim", "bass", "synth", "fx",
)  # fmt: skip
# What a refused take's difference is multiplied with when it is drawn again.
_CALMER: Final = 0.8
_READ_S: Final = 21.0
_STEM: Final = 40


@dataclass(frozen=True, kw_only=True)
class HumanizeRequest(Request):
    """Takes of hits: `count` of each hit and velocity layer.

    Parameters
    ----------
    inputs
        Files, and folders with all that is below them.
    amount, velocity, layers
        See `humanize.HumanizeSettings`.
    kind
        Of all hits; None takes it from names, or else from the sound.
    engine
        ``alpha`` is the trained generator, ``velvet`` and ``eq`` work without; ``auto`` takes the generator
        where there is one.
    """

    inputs: tuple[Path, ...]
    amount: float = 1.0
    velocity: float = 0.1
    layers: int = 1
    kind: str | None = None
    model: str | None = None
    engine: EngineName = "auto"
    licence: str = SOURCE_LICENCE


@dataclass(frozen=True)
class _Place:
    """Which take a number is: of recording `hit`, of `layer` (from 1), take `take` (from 1)."""

    hit: int
    layer: int
    take: int


@dataclass(eq=False)
class _Set:
    """A hit while its takes are made."""

    hit: Hit
    drive: Drive
    vector: "Tensor | None"
    gain: float | None = None
    kept: dict[int, Picture] = field(default_factory=dict)


class HumanizeOrder(PlannedOrder):
    """Plan of a `HumanizeRequest`.

    Parameters
    ----------
    generator
        The request's model, where it is loaded already.

    Raises
    ------
    UsageError
        If a value is out of range.
    InputError
        If a folder holds no audio.
    ModelError
        If the engine's model is missing or damaged.
    """

    attempts = 5

    def __init__(self, request: HumanizeRequest, *, generator: "Generator | None" = None) -> None:
        super().__init__()
        if request.engine not in ENGINES:
            raise UsageError(f"--engine {request.engine!r} is not known. Choose one of {', '.join(ENGINES)}.")
        self.settings = HumanizeSettings(request.count, request.amount, request.velocity, request.layers)
        self.seed = secrets.randbits(32) if request.seed is None else request.seed
        self._request, self._recordings = request, find_recordings(request.inputs)
        self._each = request.count * request.layers
        self.count = len(self._recordings) * self._each
        self.block = self._each  # so that a hit of no use spoils no other
        self._sets: dict[int, _Set] = {}
        self._useless: dict[int, InputError] = {}
        self._verdicts: dict[int, Verdict] = {}
        self._numbers: dict[tuple[str, int, int], int] = {}
        self.refused: dict[str, int] = {}
        self.kept = 0
        self.engine = self._engine(generator)
        if request.kind is not None and request.kind not in self._kinds:
            raise UsageError(f"--kind {request.kind!r} is not known. Choose one of {', '.join(self._kinds)}.")

    @property
    def acceptance(self) -> float:
        """Share of the draws that the gates let pass."""
        return acceptance(self.refused, kept=self.kept)

    @property
    def sample_rate(self) -> int:
        """That of the pack, in Hz."""
        return pack_rate(self._recordings)

    def job(self, index: int) -> str:
        """Key of take `index`: the hit's content, not its name, counts."""
        place = self._place(index)
        parameters = self._asked | {"layer": place.layer, "take": place.take, "kind": self._request.kind}
        content = f"{self._model_hash}/{self._recordings[place.hit].sha256}"
        return job_key(engine=self.engine.name, model_hash=content, seed=self.seed, parameters=parameters)

    def label(self, index: int) -> str:
        """The hit's path, layer and take."""
        place = self._place(index)
        layer = f", layer {place.layer}" if self.settings.layers > 1 else ""
        return f"{self._recordings[place.hit].path}{layer}, take {place.take}"

    def make(self, indices: Sequence[int], attempt: int) -> list[Sound]:
        """Takes `indices` of the `attempt`-th draw, all hits of a block together.

        Raises
        ------
        InputError
            If a hit of the block is of no use and it is alone in it.
        """
        of_hit: dict[int, list[int]] = {}
        for index in indices:
            of_hit.setdefault(self._place(index).hit, []).append(index)
        self._sets = {number: one for number, one in self._sets.items() if number in of_hit}
        sets = {number: self._set(number) for number in of_hit}
        plans = [
            [self._plan(sets[number].hit, index, attempt) for index in several] for number, several in of_hit.items()
        ]
        made: dict[int, Sound] = {}
        with one_thread():
            takes = self._draw(sets, plans)
            for several, found, planned in zip(of_hit.values(), takes, plans, strict=True):
                self._judge_takes(several, found, planned)
        for several, found, planned in zip(of_hit.values(), takes, plans, strict=True):
            for index, take, plan in zip(several, found, planned, strict=True):
                made[index] = self._sound(index, take, seed=plan.seed, gain_db=plan.gain_db)
        return [made[index] for index in indices]

    def judge(self, sound: Sound, *, index: DuplicateIndex) -> Verdict:
        """What was found when it was made: takes are alike on purpose, so the pack's other sounds do not matter."""
        parameters = sound.provenance.parameters
        return self._verdicts[self._numbers[parameters["source_sha256"], parameters["layer"], parameters["take"]]]

    def nothing_made(self, missing: Sequence[str], errors: Sequence[InputError]) -> SamplegenError:
        """The hit's own error where there is one alone."""
        if errors and len(set(map(str, errors))) == 1:
            return errors[0]
        return InputError(f"No take could be made. {' '.join(missing[:3])}")

    def close(self) -> None:
        """Let go of the hits, and say how many draws the gates kept."""
        self._sets = {}
        if self.refused:
            told = ", ".join(f"{name} {count}" for name, count in sorted(self.refused.items()))
            self.notes.append(f"{self.acceptance:.0%} of the draws were kept; gates that refused: {told}.")

    def _engine(self, generator: "Generator | None") -> TakeEngine:
        """The engine that was asked for; what runs, and how it is calibrated, is noted."""
        request = self._request
        if request.engine in ("velvet", "eq"):
            self.notes.append(f"Made without a model, by the baseline {request.engine!r}.")
            return DspTakes(request.engine)
        from samplegen.engines.alpha_blend import load_generator

        name = request.model or DEFAULT_MODEL
        try:
            generator = generator or load_generator(name, steerable=True)
        except ModelMissingError as error:
            if request.engine == "alpha" or request.model is not None:
                raise
            self.notes.append(f"Made without a model, by the baseline 'velvet': {error}")
            return DspTakes("velvet")
        table = find_table(str(generator.folder or name), model_hash=generator.hash)
        if table is None:
            self.notes.append(f"{generator.name} is not calibrated on real round robins: --amount is a rough measure.")
        return AlphaTakes(generator, table)

    @property
    def _generator(self) -> "Generator | None":
        return self.engine.generator if isinstance(self.engine, AlphaTakes) else None

    @property
    def _kinds(self) -> tuple[str, ...]:
        return KINDS if self._generator is None else tuple(dict.fromkeys((*self._generator.description.kinds, *KINDS)))

    @property
    def _model_hash(self) -> str:
        return "" if self._generator is None else self._generator.hash

    @cached_property
    def _asked(self) -> dict[str, Any]:
        request = self._request
        return {
            "amount": request.amount, "velocity_spread": request.velocity, "takes": request.count,
            "layers": request.layers,
        }  # fmt: skip

    @cached_property
    def _names(self) -> "Tensor | None":
        """Embedded names of the kinds, for the class gate."""
        generator = self._generator
        if generator is None or generator.clap is None:
            return None
        from samplegen.pack.prompts import spoken_kind

        return generator.clap.embed_text([spoken_kind(kind) for kind in self._kinds])

    def _place(self, index: int) -> _Place:
        hit, rest = divmod(index, self._each)
        layer, take = divmod(rest, self._request.count)
        return _Place(hit, layer + 1, take + 1)

    def _draw(self, sets: Mapping[int, _Set], plans: Sequence[Sequence[TakePlan]]) -> list[list[Audio]]:
        """Takes of each set; the gain of a set is found on its first draw, which is always of all its takes."""
        hits = [one.hit for one in sets.values()]
        seeds = [[plan.seed for plan in several] for several in plans]
        with one_torch_thread():
            found = self.engine.differences(hits, seeds=seeds, drives=[one.drive for one in sets.values()])
        for (number, one), several in zip(sets.items(), found, strict=True):
            if one.gain is None:
                target = set_target_db(one.hit, amount=self.settings.amount, seed=derive_seed(self.seed, number, -1))
                gain = one.drive.gain
                one.gain = trim_gain(one.hit, several, gain=gain, target_db=target) if self.engine.holds else gain
        gains = [one.drive.gain if one.gain is None else one.gain for one in sets.values()]
        return lay_takes(hits, plans, found, gains=gains, holds=self.engine.holds)

    def _plan(self, hit: Hit, index: int, attempt: int) -> TakePlan:
        place = self._place(index)
        seed = derive_seed(self.seed, index, attempt)
        plan = plan_take(hit, self.settings, seed=seed, layer=place.layer)
        return replace(plan, factor=plan.factor * _CALMER**attempt)

    def _set(self, number: int) -> _Set:
        if number in self._useless:
            raise self._useless[number]
        if number not in self._sets:
            try:
                self._sets[number] = self._open(self._recordings[number])
            except InputError as error:
                self._useless[number] = error
                raise
        return self._sets[number]

    def _open(self, recording: Recording) -> _Set:
        audio = read_audio(recording.path, max_seconds=_READ_S)
        kind = self._request.kind or self._guess(recording, audio)
        hit = make_hit(audio, name=str(recording.path), kind=kind, headroom_db=self.settings.headroom_db)
        generator = self._generator
        vector = None if generator is None or generator.clap is None else generator.clap.embed_audio([hit.audio])[0]
        return _Set(hit, self.engine.drive(hit, amount=self.settings.amount), vector)

    def _guess(self, recording: Recording, audio: Audio) -> str:
        named = kind_in_name(_relative(recording.path, self._request.inputs), self._kinds)
        if named is not None:
            return named
        generator = self._generator
        if generator is None or generator.clap is None or not audio.samples.any():
            return DEFAULT_KIND
        return kind_by_ear(audio, generator.description.kinds, embedder=generator.clap)

    def _judge_takes(self, indices: Sequence[int], takes: Sequence[Audio], plans: Sequence[TakePlan]) -> None:
        """Verdicts of the takes of one hit; each must differ from those that passed before it."""
        one = self._sets[self._place(indices[0]).hit]
        vectors = None if one.vector is None else self._embed(takes)
        median_db = one.hit.reality.median_db * min(1.0, self.settings.amount)
        for row, (index, take, plan) in enumerate(zip(indices, takes, plans, strict=True)):
            own = picture(take)
            measures: Measures = {"source_db": d_spec(own, one.hit.picture)}
            results: list[GateResult | None] = [*judge_edit(take, one.hit, measures, gain_db=plan.gain_db)]
            if vectors is not None and one.vector is not None and self._names is not None:
                results.append(judge_class(vectors[row], one.vector, self._names, measures))
            if self.settings.amount:
                others = [found for number, found in one.kept.items() if number != index]
                results.append(judge_diversity(own, others, measures, median_db=median_db))
            verdict = Verdict(tuple(result for result in results if result is not None), measures)
            self._verdicts[index] = verdict
            if verdict.passed:
                one.kept[index] = own
                self.kept += 1
            else:
                first = next(result.name for result in verdict.results if not result.passed)
                self.refused[first] = self.refused.get(first, 0) + 1

    def _embed(self, takes: Sequence[Audio]) -> "Tensor":
        generator = self._generator
        if generator is None or generator.clap is None:
            raise SamplegenError("takes are embedded without a model")
        with one_torch_thread():
            return generator.clap.embed_audio(list(takes))

    def _sound(self, index: int, take: Audio, *, seed: int, gain_db: float) -> Sound:
        place = self._place(index)
        recording, one = self._recordings[place.hit], self._sets[place.hit]
        self._numbers[recording.sha256, place.layer, place.take] = index
        return Sound(take, self._tags(place, recording, one.hit), self._provenance(place, one, seed, gain_db))

    def _tags(self, place: _Place, recording: Recording, hit: Hit) -> Tags:
        layer = f"v{place.layer}-" if self.settings.layers > 1 else ""
        stem = slug(Path(recording.name).stem)[:_STEM].strip("-")
        return Tags(
            "one_shot", hit.kind, root_note=_note(hit),
            place=f"{stem}-{layer}t{place.take:02d}", comment=f"take of {recording.name}",
            keywords=(hit.kind, "round robin"), artist="samplegen",
            folder=_folder(recording.path, self._request.inputs),
        )  # fmt: skip

    def _provenance(self, place: _Place, one: _Set, seed: int, gain_db: float) -> Provenance:
        recording, generator = self._recordings[place.hit], self._generator
        parameters: Mapping[str, Any] = self._asked | {
            "source": Path(recording.name).stem, "source_sha256": recording.sha256, "kind": one.hit.kind,
            "take": place.take, "layer": place.layer, "velocity": layer_velocities(
                place.layer, layers=self.settings.layers), "strength": one.drive.strength,
            "edit_gain": round(one.gain or 0.0, 4), "hit_gain_db": round(gain_db, 3), "set_gain_db": one.hit.gain_db,
        }  # fmt: skip
        return Provenance(
            self.engine.name, "" if generator is None else generator.name, self._model_hash,
            "" if generator is None else generator.codec.hash, seed, parameters, licence=self._request.licence,
            version=samplegen.__version__,
        )  # fmt: skip


def _note(hit: Hit) -> int | None:
    """MIDI note of a hit that has a clear pitch."""
    midi = None if hit.pitch is None else hit.pitch.midi
    return None if midi is None or not 0 <= round(midi) <= 127 else round(midi)


def _relative(path: Path, inputs: Sequence[Path]) -> str:
    """`path` from the folder that was named, that folder's own name first."""
    for given in inputs:
        if given.is_dir() and path.is_relative_to(given):
            return str(Path(given.resolve().name) / path.relative_to(given))
    return str(path)


def _folder(path: Path, inputs: Sequence[Path]) -> str:
    """The subfolder of a named folder that `path` lies in, in allowed characters; empty where there is none."""
    for given in inputs:
        if given.is_dir() and path.is_relative_to(given):
            return "/".join(filter(None, map(slug, path.relative_to(given).parent.parts)))
    return ""

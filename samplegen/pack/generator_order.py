"""What loops and one-shots from a trained generator have in common: what is asked, planned and drawn."""

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import samplegen
from samplegen.audio.types import Audio
from samplegen.errors import InputError, ModelError, SamplegenError, UsageError
from samplegen.pack.duplicates import DuplicateIndex
from samplegen.pack.keys import HELD_KINDS, Key
from samplegen.pack.manifest import job_key
from samplegen.pack.memorisation import load_guard
from samplegen.pack.orders import PlannedOrder, derive_seed
from samplegen.pack.prompts import Form, plain_kind, spoken_kind
from samplegen.pack.requests import GeneratorRequest
from samplegen.pack.sound import Provenance, Sound, Tags
from samplegen.pack.tuning import Tuned
from samplegen.pack.verdict import Verdict
from samplegen.pack.wishes import Described, Wish, announcement
from samplegen.post.presets import find_chain

if TYPE_CHECKING:
    from samplegen.codec.notes import Notes
    from samplegen.engines.alpha_blend import Generator

ENGINE: Final = "alpha_blend"
PEAK_DB: Final = -1.0
BLOCK: Final = 8
ATTEMPTS: Final = 6


class GeneratorOrder(PlannedOrder):
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
        self.guard = load_guard(generator)

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
        conditions = self.wish.conditions(near, self._far if row else None, indices)
        held = [self._held_notes(index) for index in indices]
        if any(held):
            conditions["notes"] = held
        drawn = self._draw(seeds, conditions, near)
        return [self._finish(index, seed, audio) for index, (seed, audio) in zip(indices, drawn, strict=True)]

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
        """Keep what the prompt decided and say it first, and last what the model cannot do."""
        self.applied = {name: value for name, value in applied.items() if value}
        sentence = announcement(self.applied)
        if sentence:
            self.notes.insert(0, sentence)
        if self.guard is None:
            name = self._generator.name
            self.notes.append(f"The model {name} brings no memory of its training sounds: copies cannot be refused.")

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

    def _held_notes(self, index: int) -> "Notes | None":
        """Notes of the asked key that sound `index` is laid on, where the model can."""
        key, kind = self._asked_key(index), self._described(index).kind
        if key is None or kind not in HELD_KINDS or not self._generator.knows_notes:
            return None
        return self._notes_of(key, kind)

    def _notes_of(self, key: Key, kind: str) -> "Notes":
        return key.notes(kind)

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
    def _draw(self, seeds: list[int], conditions: dict[str, Any], near: Sequence[Described]) -> list[tuple[int, Audio]]:
        """Raw audio of each seed, and the seed that it came from."""

    @abstractmethod
    def _parameters(self, index: int) -> dict[str, Any]:
        """What was asked, for key and manifest."""

    @abstractmethod
    def _finish(self, index: int, seed: int, audio: Audio) -> Sound:
        """Post-process and tag."""


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


def check_choice(option: str, value: str, allowed: Sequence[str]) -> None:
    """Refuse, as UsageError, a value that is not among `allowed`."""
    if value not in allowed:
        raise UsageError(f"{option} {value!r} is not known. Choose one of {', '.join(allowed)}.")

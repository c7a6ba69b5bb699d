"""What a request says to a generator: prompt, negative prompt, sounds to come near to, rows between two prompts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from samplegen.errors import UsageError
from samplegen.pack.keys import Key, parse_key
from samplegen.pack.prompt_facts import find_facts
from samplegen.pack.prompt_vectors import PromptVectors, require_words
from samplegen.pack.prompts import Form, Prompt, plain_kind, spoken_kind, understand
from samplegen.pack.requests import GeneratorRequest

if TYPE_CHECKING:
    from torch import Tensor

    from samplegen.engines.alpha_blend import Generator


@dataclass(frozen=True)
class Described:
    """One sound in words: tags by their role, and the text for CLAP.

    Parameters
    ----------
    style
        None leaves it open.
    """

    kind: str
    style: str | None
    words: tuple[str, ...]
    text: str = ""

    @property
    def tags(self) -> tuple[str, ...]:
        """All of them."""
        return (self.kind, *((self.style,) if self.style else ()), *self.words)


class Wish:
    """A request's words and sounds, understood and checked.

    Parameters
    ----------
    form
        What the command makes.

    Raises
    ------
    UsageError
        If a text is empty, not understood or contradicts the command, or the model lacks CLAP.
    InputError
        If a sound to come near to is of no use.
    """

    def __init__(self, request: GeneratorRequest, generator: "Generator", *, form: Form) -> None:
        self._request, self._generator = request, generator
        _require_clap(request, generator)
        parse = generator.embedder.parse
        self.prompt = None if request.prompt is None else understand(request.prompt, parse=parse)
        self.far = None if request.morph_to is None else understand(request.morph_to, parse=parse, option="--morph-to")
        self.vectors = None if generator.clap is None else PromptVectors(
            generator.clap, likes=request.likes, like_weight=request.like_weight, text_gap=request.text_gap
        )  # fmt: skip
        for prompt, option in ((self.prompt, "--prompt"), (self.far, "--morph-to")):
            if prompt is not None:
                _check_form(prompt, form, option)
                self._require_understood(prompt, option)
        if request.negative is not None and self.vectors is not None:
            require_words(self.vectors, request.negative, option="--negative", model=generator.name)
        self._check_company()

    @property
    def is_row(self) -> bool:
        """Whether the sounds lie between two prompts."""
        return self.far is not None

    @property
    def has_sounds(self) -> bool:
        """Whether there are sounds to come near to."""
        return bool(self._request.likes)

    def position(self, index: int) -> float:
        """Of a sound in its row, 0 to 1."""
        return index / max(1, self._request.count - 1) if self.is_row else 0.0

    @cached_property
    def unknown_words(self) -> tuple[str, ...]:
        """Words that neither tags nor CLAP know."""
        words = [word for prompt in (self.prompt, self.far) if prompt for word in prompt.unknown]
        words = list(dict.fromkeys(words))
        return tuple(words) if self.vectors is None else self.vectors.unknown(words)

    def notes(self) -> list[str]:
        """What was cut or cannot be asked for."""
        prompts = [prompt for prompt in (self.prompt, self.far) if prompt]
        return [note for prompt in prompts for note in prompt.notes]

    @property
    def key_words(self) -> str:
        """What the prompts say of a key, in quotation marks; empty where nothing."""
        words = [prompt.key.words for prompt in (self.prompt, self.far) if prompt and prompt.key]
        return " and ".join(f'"{key}"' for key in dict.fromkeys(words))

    def settle_key(self) -> Key | None:
        """The key of --key and the prompts.

        Raises
        ------
        UsageError
            If they name several.
        """
        said: list[tuple[Key, str]] = []
        if self._request.key is not None:
            said.append((parse_key(self._request.key), f"--key is {self._request.key}"))
        for prompt, option in ((self.prompt, "The prompt"), (self.far, "--morph-to")):
            words = prompt.key.words.split(", ") if prompt and prompt.key else []
            facts = [(find_facts(word).key, word) for word in words]
            said += [(Key(fact.value), f'{option} says "{word}"') for fact, word in facts if fact]
        for key, saying in said[1:]:
            if not key.equals(said[0][0]):
                raise UsageError(f"{said[0][1]}, but {_lower(saying)}. Keep one key.")
        return said[0][0] if said else None

    def text(self, prompt: Prompt | None, kind: str) -> str:
        """For CLAP: the prompt, with the kind where only an option says it; the kind's name where nothing is said."""
        if prompt is None or not prompt.text:
            return "" if self.has_sounds else spoken_kind(kind)
        named = prompt.kinds or prompt.loop_kinds
        return prompt.text if named else f"{prompt.text} {spoken_kind(kind)}"

    def conditions(self, near: Sequence[Described], far: Described | None, indices: Sequence[int]) -> dict[str, Any]:
        """Arguments for the generator's ``make_…``."""
        arguments: dict[str, Any] = {"tags": [described.tags for described in near]}
        if self._guidance is not None:
            arguments["guidance"] = self._guidance
        if self.vectors is None:
            return arguments
        arguments["clap"] = self._stack([self.vectors.of(described.text) for described in near])
        if self._request.negative is not None:
            away = self.vectors.of(self._request.negative, near=False)
            arguments["negative"] = self._stack([away] * len(near))
        if far is not None:
            from samplegen.engines.alpha_blend import Towards

            clap = self._stack([self.vectors.of(far.text, near=False)] * len(near))
            positions = [self.position(index) for index in indices]
            arguments["towards"] = Towards([far.tags] * len(near), positions, clap)
        return arguments

    def parameters(self, index: int) -> dict[str, Any]:
        """For key and manifest; nothing where nothing but tags was asked of a model of tags."""
        request, asked = self._request, dict[str, Any]()
        if request.prompt is not None:
            asked["prompt"] = request.prompt
        if request.negative is not None:
            asked["negative"] = request.negative
        if request.morph_to is not None:
            asked["morph"] = {"to": request.morph_to, "position": round(self.position(index), 6)}
        if self.vectors is not None:
            asked |= self.vectors.parameters()
        guidance = self._guidance or self._generator.sampling.guidance()
        if self.vectors is not None or self._guidance is not None:
            asked |= {"guidance_bpm": guidance.beat_scale, "guidance_text": guidance.embedding_scale}
        return asked

    @cached_property
    def _guidance(self) -> Any:
        beat, text = self._request.guidance_bpm, self._request.guidance_text
        if beat is None and text is None:
            return None
        own = self._generator.sampling.guidance()
        return replace(
            own,
            beat_scale=own.beat_scale if beat is None else beat,
            embedding_scale=own.embedding_scale if text is None else text,
        )

    def _stack(self, vectors: Sequence["Tensor"]) -> "Tensor":
        import torch

        return torch.stack(list(vectors))

    def _require_understood(self, prompt: Prompt, option: str) -> None:
        if prompt.tags or prompt.facts or prompt.key or (self.vectors is not None and self.vectors.says(prompt.text)):
            return
        words = ", ".join(self._generator.embedder.vocabulary.tags[:12])
        raise UsageError(
            f"The model {self._generator.name} understands no word of {option} {prompt.given}. Try {words} …"
        )

    def _check_company(self) -> None:
        request = self._request
        if request.like_weight is not None and not (request.likes and request.prompt is not None):
            raise UsageError("--like-weight shares between --like and --prompt. Give both, or leave it out.")
        if request.morph_to is None:
            return
        if request.prompt is None and not request.likes:
            raise UsageError("--morph-to needs something to start from. Give --prompt or --like, too.")
        if request.count < 2:
            raise UsageError(f"--morph-to makes a row of sounds, and -n is {request.count}. Ask for 2 or more.")


def refuse_key(request: GeneratorRequest, unpitched: Sequence[str], *, keyed: Sequence[str]) -> None:
    """Refuse --key for kinds that have none.

    Raises
    ------
    UsageError
        If --key is given and there are such kinds.
    """
    if request.key is None or not unpitched:
        return
    key = parse_key(request.key)
    lacking, allowed = (", ".join(map(plain_kind, kinds)) for kinds in (unpitched, keyed))
    raise UsageError(f"--key {key.name} means nothing to these kinds: {lacking}. Kinds with a key: {allowed}.")


def announcement(applied: Mapping[str, Any]) -> str | None:
    """One sentence of what a prompt decided; None for nothing."""
    said = []
    if "bpm" in applied:
        said.append(f"{applied['bpm']:g} BPM")
    if "bars" in applied:
        said.append("1 bar" if applied["bars"] == 1 else f"{applied['bars']} bars")
    if "meter" in applied:
        said.append(applied["meter"])
    if applied.get("key"):
        said.append(f"in {applied['key']}")
    for name in ("kind", "style"):
        if applied.get(name):
            said.append(f"{name} {' and '.join(map(plain_kind, applied[name]))}")
    return f"From the prompt: {', '.join(said)}." if said else None


def _lower(words: str) -> str:
    return words[:1].lower() + words[1:] if words.startswith("The") else words


def _require_clap(request: GeneratorRequest, generator: "Generator") -> None:
    if generator.clap is not None:
        return
    wanted = {
        "--negative": request.negative is not None, "--morph-to": request.morph_to is not None,
        "--like": bool(request.likes), "--text-gap": request.text_gap != "none",
    }  # fmt: skip
    for option, asked in wanted.items():
        if asked:
            other = "Choose another --model." if request.model is None else "The bundled one was: leave out --model."
            raise UsageError(
                f"{option} needs a model that was trained with CLAP, and {generator.name} was not. {other}"
            )


def _check_form(prompt: Prompt, form: Form, option: str) -> None:
    if prompt.form is None or prompt.form[0] == form:
        return
    words = prompt.form[1]
    made, other = ("one-shots", "loops") if form == "one_shot" else ("loops", "oneshots")
    raise UsageError(
        f'{option} says "{words}", but this command makes {made}. Use samplegen {other}, or leave these words out.'
    )

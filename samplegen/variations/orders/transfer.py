"""Orders of voice transfers: which target, which engine, what was reached."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Final

from samplegen.audio.io import read_audio
from samplegen.audio.quality import peak_db
from samplegen.audio.types import Audio
from samplegen.errors import InputError, UsageError
from samplegen.files import hash_file
from samplegen.pack.verdict import GateResult
from samplegen.variations.edits.calls import own_wish, plan_of
from samplegen.variations.edits.distances import d_env, d_spec, picture
from samplegen.variations.edits.order import EditOrder, EditRequest, Made
from samplegen.variations.edits.sources import SAMPLE_RATE, SILENT_DB, EditSource
from samplegen.variations.takes.hits import kind_by_ear, kind_in_name
from samplegen.variations.transfer import (
    DEFAULT_STRENGTH,
    ROUTES,
    Target,
    cross_synthesis,
    envelope_correlation,
    kind_shares,
    transfer_sounds,
)

if TYPE_CHECKING:
    from samplegen.engines.alpha_blend import Generator

MAX_TARGET_S: Final = 60.0
# Engines that the article names and that are not there, or cannot do this honestly.
ABSENT: Final = {
    "msdae": "The multi-scale model ('msdae') is not part of this samplegen: no checkpoint of it was trained. "
    "Take --engine alpha, or cross with --like.",
    "phase": "The phase engine cannot transfer a voice: it keeps no onsets. Take --engine cross with --like, or make "
    "a texture of both files with: samplegen phase.",
}


@dataclass(frozen=True, kw_only=True)
class TransferRequest(EditRequest):
    """Sounds that shall speak with another voice.

    Parameters
    ----------
    to
        Kind, such as ``snare``; None takes that of `like`.
    like
        A sound whose voice is wanted.
    strength
        Above 0, to 1: how much of the source is given up.
    route
        One of `ROUTES`.
    """

    to: str | None = None
    like: Path | None = None
    strength: float = DEFAULT_STRENGTH
    route: str = "renoise"


class TransferOrder(EditOrder):
    """Plan of a `TransferRequest`."""

    verb: ClassVar[str] = "transfer"
    engines: ClassVar[tuple[str, ...]] = ("alpha", "cross")
    request: TransferRequest

    def __init__(self, request: TransferRequest, *, generator: "Generator | None" = None) -> None:
        _check(request)
        # Cross-synthesis needs a sound to take the voice from; a kind alone has none.
        self.fallback = None if request.like is None else "cross"  # type: ignore[misc]
        super().__init__(request, generator=generator)
        if self.engine == "cross" and request.like is None:
            raise UsageError("--engine cross needs a sound whose voice to take. Give one with --like FILE.")
        self._like_sha256 = "" if request.like is None else hash_file(request.like)
        self._target = self._read_target(request)

    def parameters(self) -> dict[str, Any]:
        """Target, strength and route."""
        request = self.request
        return {
            "to": self._target.kind, "like_sha256": self._like_sha256, "strength": request.strength,
            "route": request.route if self.engine == "alpha" else "cross",
        }  # fmt: skip

    def edit(self, source: EditSource, *, seeds: Sequence[int], variations: Sequence[int]) -> list[Made]:
        """Transfers of one sound."""
        if self.engine == "cross":
            return [self._cross(source)] * len(seeds)
        generator, target = self._generator, self._target_of(source)
        audios = transfer_sounds(
            generator, source.audio, target, voice=own_wish(generator, source), strength=self.request.strength,
            seeds=seeds, route=self.request.route, loop=plan_of(generator, source),
        )  # fmt: skip
        return [self._told(source, audio, target) for audio in audios]

    @property
    def _generator(self) -> "Generator":
        assert self.generator is not None  # its engine was chosen
        return self.generator

    def _cross(self, source: EditSource) -> Made:
        assert self._target.sound is not None
        audio = cross_synthesis(source.audio, self._target.sound, strength=self.request.strength)
        return self._told(source, audio, self._target)

    def _read_target(self, request: TransferRequest) -> Target:
        sound = None if request.like is None else _read_like(request.like)
        generator = self.generator if self.engine == "alpha" else None
        if generator is None:
            return Target(request.to or "", sound)
        if sound is not None and generator.clap is None:
            raise UsageError(f"The model {generator.name} cannot hear. Name a kind with --to instead of --like.")
        kinds = (*generator.description.kinds, *generator.description.loop_kinds)
        clap = None if sound is None or generator.clap is None else generator.clap.embed_audio([sound])[0]
        if request.to is not None:
            kind = _known_kind(request.to, kinds)
        elif sound is not None and request.like is not None:
            single = generator.description.kinds
            by_ear = "" if generator.clap is None else kind_by_ear(sound, single, embedder=generator.clap)
            kind = kind_in_name(request.like.name, single) or by_ear
        return Target(kind, sound, clap)

    def _target_of(self, source: EditSource) -> Target:
        """The target of a sound: of a loop the loop kind."""
        known, kind = self._generator.description, self._target.kind
        bare = kind.removeprefix("loop_")
        wanted = f"loop_{bare}" if source.is_loop else bare
        allowed = known.loop_kinds if source.is_loop else known.kinds
        if wanted in allowed:
            return Target(wanted, self._target.sound, self._target.clap)
        if self.request.to is None:
            return Target("", self._target.sound, self._target.clap)
        what = "a loop" if source.is_loop else "no loop"
        names = ", ".join(one.removeprefix("loop_") for one in allowed)
        raise InputError(f"{source.recording.path} is {what}, and cannot become {bare!r}. Choose --to {names}.")

    def _told(self, source: EditSource, audio: Audio, target: Target) -> Made:
        correlation = envelope_correlation(source.audio, audio)
        measures: dict[str, float | None] = {
            "envelope_correlation": correlation, "d_env": d_env(source.audio, audio),
            "d_spec": d_spec(picture(source.audio), picture(audio)),
        }  # fmt: skip
        results = [self._moved(source, audio, target, measures)] if self.generator is not None else []
        tags = {"category": target.kind.removeprefix("loop_") or source.tags.category or "sound"}
        if source.is_loop:
            tags["category"] = target.kind or source.tags.category
        return Made(audio, {"to": target.kind}, tuple(r for r in results if r is not None), measures, tags)

    def _moved(
        self, source: EditSource, audio: Audio, target: Target, measures: dict[str, float | None]
    ) -> GateResult | None:
        """Whether the result sounds more like the target than the source does."""
        generator = self._generator
        if generator.clap is None:
            return None
        vectors = generator.clap.embed_audio([source.mono(), audio.mono()])
        kinds = generator.description.loop_kinds if source.is_loop else generator.description.kinds
        if target.kind in kinds:
            shares = kind_shares(vectors, kinds, embedder=generator.clap)[:, kinds.index(target.kind)]
            before, after = float(shares[0]), float(shares[1])
            measures |= {"target_share": after, "source_target_share": before}
        if target.clap is not None:
            before, after = (float(vector @ target.clap) for vector in vectors)
            measures |= {"target_cosine": after, "source_target_cosine": before}
        elif target.kind not in kinds:
            return None
        passed = after > before or before > 0.99
        reason = f"It sounds no more like its target than its source does ({after:.2f}, source {before:.2f})."
        return GateResult("target", passed, after, before, "" if passed else reason)


def _check(request: TransferRequest) -> None:
    if request.engine in ABSENT:
        raise UsageError(ABSENT[request.engine])
    if request.to is None and request.like is None:
        raise UsageError("Say what the sounds shall become: --to snare, or --like FILE.")
    if not 0.0 < request.strength <= 1.0:
        raise UsageError(f"--strength {request.strength:g} is not possible. Give more than 0 and at most 1: 0.8.")
    if request.route not in ROUTES:
        raise UsageError(f"--route {request.route!r} is not known. Choose one of {', '.join(ROUTES)}.")
    if request.like is not None and not request.like.is_file():
        raise InputError(f"--like {request.like} is not a file. Name one sound.")


def _read_like(path: Path) -> Audio:
    sound = read_audio(path, sample_rate=SAMPLE_RATE, max_seconds=MAX_TARGET_S)
    if sound.length == 0 or peak_db(sound) < SILENT_DB:
        raise InputError(f"--like {path} is silent. Name another sound.")
    return sound


def _known_kind(word: str, kinds: Sequence[str]) -> str:
    """The kind that a word names, in any spelling that the vocabulary knows."""
    from samplegen.conditioning.embedder import TagEmbedder

    if word in kinds:
        return word
    known = [tag for tag in TagEmbedder().parse(word).known if tag in kinds]
    if not known and f"loop_{word}" in kinds:
        known = [f"loop_{word}"]
    if not known:
        raise UsageError(f"--to {word!r} is no kind that this model makes. Choose one of {', '.join(kinds)}.")
    return known[0]

"""What is asked of `curate`, with what an earlier round of the same pack was asked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from samplegen.errors import UsageError
from samplegen.pack.prompts import plain_kind
from samplegen.pack.requests import Request
from samplegen.variations.curate import VARY_STRENGTH, Form

if TYPE_CHECKING:
    from samplegen.engines.alpha_blend import Generator

ENGINES: Final = ("auto", "alpha", "morph")
DEFAULT_COUNT: Final = 32
DEFAULT_BPM, DEFAULT_BARS, DEFAULT_METER = 120.0, 2, (4, 4)
MIN_OVERSAMPLE, MAX_OVERSAMPLE = 1, 16


@dataclass(frozen=True, kw_only=True)
class CurateRequest(Request):
    """A pack of many candidates' best; what is None is what an earlier round was asked, else a default.

    Parameters
    ----------
    count
        Of the whole pack; 0 is what an earlier round was asked, else 32.
    kinds
        In turn; none are the favourites' own, else all that the model makes.
    likes
        Favourites: files and folders to come near to.
    loops
        Make loops of `bars` bars at `bpm` in `meter`.
    diversity
        1 looks at unlikeness alone, 0 at quality alone.
    oversample
        Candidates for each sound.
    strength
        Of the variations of favourites.
    feedback
        The ``votes.json`` of the pack's page: kept sounds stay, rejected ones go, new ones follow.
    """

    kinds: tuple[str, ...] = ()
    likes: tuple[Path, ...] = ()
    loops: bool | None = None
    bpm: float | None = None
    bars: int | None = None
    meter: tuple[int, int] | None = None
    style: str | None = None
    prompt: str | None = None
    diversity: float | None = None
    oversample: int | None = None
    strength: float | None = None
    feedback: Path | None = None
    engine: str = "auto"
    model: str | None = None

    def __post_init__(self) -> None:
        """Refuse what means nothing."""
        if self.engine not in ENGINES:
            raise UsageError(f"--engine {self.engine!r} is not known. Choose {', '.join(ENGINES)}.")
        for option, value in (("--diversity", self.diversity), ("--strength", self.strength)):
            if value is not None and not 0.0 <= value <= 1.0:
                raise UsageError(f"{option} {value:g} is outside 0 to 1.")
        if self.oversample is not None and not MIN_OVERSAMPLE <= self.oversample <= MAX_OVERSAMPLE:
            raise UsageError(f"--oversample {self.oversample} is outside {MIN_OVERSAMPLE} to {MAX_OVERSAMPLE}.")
        if self.loops is not True and (self.bpm or self.bars or self.meter) and self.feedback is None:
            raise UsageError("--bpm, --bars and --meter are of loops. Give --loops, too.")


@dataclass(frozen=True)
class Settled:
    """A request with all that was left open decided; JSON values."""

    count: int
    kinds: tuple[str, ...]
    loops: bool
    bpm: float
    bars: int
    meter: tuple[int, int]
    style: str | None
    prompt: str | None
    diversity: float
    oversample: int
    strength: float
    template: str | None
    hardware: bool

    def to_json(self) -> dict[str, Any]:
        """As it stands in ``curation.json``."""
        return dict(vars(self))


def settle(request: CurateRequest, earlier: Mapping[str, Any]) -> Settled:
    """What the request says, else what the earlier round was asked, else the default."""

    def of(name: str, default: Any) -> Any:
        said = getattr(request, name)
        return said if said not in (None, (), 0, False) else earlier.get(name, default)

    diversity = request.diversity if request.diversity is not None else earlier.get("diversity", 0.7)
    strength = request.strength if request.strength is not None else earlier.get("strength", VARY_STRENGTH)
    return Settled(
        int(of("count", DEFAULT_COUNT)), tuple(of("kinds", ())), bool(of("loops", False)),
        float(of("bpm", DEFAULT_BPM)), int(of("bars", DEFAULT_BARS)), tuple(of("meter", DEFAULT_METER)),
        of("style", None), of("prompt", None), float(diversity), int(of("oversample", 4)), float(strength),
        of("template", None), bool(of("hardware", False)),
    )  # fmt: skip


def form_of(settled: Settled, generator: "Generator", *, favoured: Sequence[str] = ()) -> Form:
    """What the generator is to make.

    Parameters
    ----------
    favoured
        Kinds of the favourites, which are made where no kind is asked for.

    Raises
    ------
    UsageError
        If the model cannot.
    """
    known = generator.description
    allowed = known.loop_kinds if settled.loops else known.kinds
    what = "loops" if settled.loops else "one-shots"
    if not allowed:
        raise UsageError(f"The model {generator.name} makes no {what}. Choose another --model.")
    kinds = tuple(_kind(kind, allowed) for kind in settled.kinds) or tuple(favoured)
    kinds = kinds or (allowed[:1] if settled.loops else allowed)
    styles = known.styles if settled.style is None else (settled.style,)
    if settled.style is not None and settled.style not in known.styles:
        raise UsageError(f"--style {settled.style!r} is not known. Choose one of {', '.join(known.styles)}.")
    words: tuple[str, ...] = ()
    if settled.prompt is not None:
        words = _understood(settled.prompt, generator, allowed=(*known.kinds, *known.loop_kinds, *known.styles))
    if not settled.loops:
        return Form(kinds, words=words, prompt=settled.prompt)
    if not known.low_bpm <= settled.bpm <= known.high_bpm:
        raise UsageError(
            f"--bpm {settled.bpm:g} is outside what {generator.name} was trained on: {known.low_bpm:g} to "
            f"{known.high_bpm:g}."
        )
    return Form(kinds, settled.bpm, settled.bars, settled.meter, styles, words, settled.prompt)


def _kind(kind: str, allowed: Sequence[str]) -> str:
    for found in (kind, f"loop_{kind}"):
        if found in allowed:
            return found
    raise UsageError(f"--kind {kind!r} is not known. Choose one of {', '.join(map(plain_kind, allowed))}.")


def _understood(prompt: str, generator: "Generator", *, allowed: Sequence[str]) -> tuple[str, ...]:
    """Tags of a prompt but kinds and styles, which options say."""
    said = generator.embedder.parse(prompt).known
    if not said and not (generator.clap is not None and bool(generator.clap.embed_text([prompt]).any())):
        raise UsageError(f"The model {generator.name} understands no word of --prompt {prompt!r}. Say it otherwise.")
    return tuple(word for word in said if word not in allowed)

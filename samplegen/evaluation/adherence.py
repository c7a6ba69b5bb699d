"""Does what is made follow the words? Kinds heard by a classifier, measures that adjectives move, tempo."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from samplegen.audio.descriptors import Descriptors, describe_audio
from samplegen.audio.types import Audio
from samplegen.evaluation.one_shot_classifier import OneShotClassifier, Share, one_shot_features, recognised
from samplegen.post.loudness import normalise_peak, remove_dc
from samplegen.post.trim import trim_one_shot

if TYPE_CHECKING:
    from torch import Tensor

    from samplegen.diffusion.guidance import Guidance
    from samplegen.engines.alpha_blend import Generator

BATCH: Final = 12
# What a person types for each kind; some, such as "rimshot", are phrases that training says too.
PROMPTS: Final[Mapping[str, str]] = {
    "kick": "an analog kick drum", "snare": "a tight snare drum", "clap": "hand clap from a drum machine",
    "hat_closed": "closed hi-hat tick", "hat_open": "open hi-hat", "tom": "low tom drum", "cymbal": "crash cymbal",
    "percussion": "percussion like a conga", "rim": "rimshot", "bass": "a bass note", "synth": "synth stab",
    "fx": "a strange sound effect",
}  # fmt: skip
# Low word, high word, measure.
PAIRS: Final[tuple[tuple[str, str, str], ...]] = (
    ("dark", "bright", "brightness"),
    ("short", "long", "length_s"),
    ("dry", "wet", "wetness"),
    ("soft", "punchy", "punch"),
    ("tonal", "noisy", "noisiness"),
    ("deep", "high", "height"),
)
PAIR_NOUNS: Final = ("kick", "snare", "tom", "percussion", "open hi-hat", "synth stab")


@dataclass(frozen=True)
class PairResult:
    """How often the high word gave the higher measure than the low word, from the same noise."""

    low_word: str
    high_word: str
    measure: str
    share: Share
    median_change: float


def make_from_prompts(
    generator: "Generator",
    prompts: Sequence[str],
    *,
    seeds: Sequence[int],
    use_tags: bool = True,
    use_clap: bool = True,
    guidance: "Guidance | None" = None,
    heard_as: Sequence[str] | None = None,
) -> list[Audio]:
    """One finished one-shot per prompt and seed, before any gate, from known words as tags and the text as a vector.

    With `heard_as`, those that the model's ear takes for other kinds than these are drawn again, as packs do.
    """
    from samplegen.engines.alpha_blend import make_heard_one_shots

    made: list[Audio] = []
    for first in range(0, len(prompts), BATCH):
        some = list(prompts[first : first + BATCH])
        conditions: dict[str, Any] = {
            "tags": [generator.embedder.parse(text).known if use_tags else () for text in some],
            "seeds": seeds[first : first + BATCH],
            "clap": _vectors(generator, some) if use_clap else None,
            "guidance": guidance,
        }
        if heard_as is None:
            made += generator.make_one_shots(**conditions)
        else:
            kinds = heard_as[first : first + BATCH]
            made += [one.audio for one in make_heard_one_shots(generator, kinds, **conditions)]
    return [normalise_peak(trim_one_shot(remove_dc(audio, ring=False)), peak_db=-1.0) for audio in made]


def _vectors(generator: "Generator", texts: Sequence[str]) -> "Tensor | None":
    return None if generator.clap is None else generator.clap.embed_text(texts)


def kinds_heard(
    classifier: OneShotClassifier,
    make: Callable[[Sequence[str], Sequence[int]], list[Audio]],
    *,
    each: int,
    rng: np.random.Generator,
    among: Sequence[str] = tuple(PROMPTS),
) -> dict[str, Share]:
    """Share of prompts whose kind the classifier hears, by kind and in all; `each` seeds a kind of those `among`."""
    kinds = [kind for kind in PROMPTS if kind in among for _ in range(each)]
    seeds = [int(seed) for seed in rng.integers(2**62, size=len(kinds))]
    audios = make([PROMPTS[kind] for kind in kinds], seeds)
    predicted = classifier.predict(np.stack([one_shot_features(audio) for audio in audios]))
    return recognised(predicted, kinds, generator=rng)


def pairs_moved(
    make: Callable[[Sequence[str], Sequence[int]], list[Audio]], *, each: int, rng: np.random.Generator
) -> list[PairResult]:
    """For every pair of words: both said of `PAIR_NOUNS`, `each` seeds a noun, the same noise for both words."""
    nouns = [noun for noun in PAIR_NOUNS for _ in range(each)]
    seeds = [int(seed) for seed in rng.integers(2**62, size=len(nouns))]
    results = []
    for low_word, high_word, measure in PAIRS:
        low, high = (
            _measures(make([f"{word} {noun}" for noun in nouns], seeds), measure) for word in (low_word, high_word)
        )
        moved = np.where(high > low, "yes", "no").tolist()
        share = recognised(moved, ["yes"] * len(moved), generator=rng)["all"]
        results.append(PairResult(low_word, high_word, measure, share, float(np.median(high - low))))
    return results


def _measures(audios: Sequence[Audio], measure: str) -> npt.NDArray[np.float64]:
    described: list[Descriptors] = [describe_audio(audio) for audio in audios]
    return np.array([getattr(values, measure) for values in described])

"""Candidates for a pack: drawn by the generator, near favourites where there are some, measured and judged.

A candidate's noise, condition and anchor follow from the seed, the round and its number alone. Candidates are drawn
in blocks of one method: from a condition, or as variations of an anchor itself (specs/applications.md §10).
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from samplegen.audio.types import Audio
from samplegen.errors import InputError, UsageError
from samplegen.pack.duplicates import Embedding, embed_sound
from samplegen.pack.gates import Guard, judge
from samplegen.pack.generator_order import PEAK_DB
from samplegen.pack.manifest import finite
from samplegen.pack.prompts import spoken_kind
from samplegen.pack.sound import Provenance, Sound, Tags
from samplegen.pack.verdict import GateResult, Verdict
from samplegen.post.loudness import normalise_peak, remove_dc
from samplegen.post.trim import trim_one_shot
from samplegen.variations.curating.neighbourhood import Anchor, Neighbourhood

if TYPE_CHECKING:
    from samplegen.engines.alpha_blend import Generator
    from samplegen.engines.alpha_blend.generator import LoopPlan
    from samplegen.variations.edits.sources import EditSource

Float64 = npt.NDArray[np.float64]

BLOCK: Final = 8
VARY_STRENGTH: Final = 0.5
# Real one-shots: median 0.99, 10th percentile 0.4 to 0.99 by class. Above one half a kind is the likeliest.
MIN_CLASS_PROBABILITY: Final = 0.5
CLASS_TEMPERATURE: Final = 0.05
# Mean square of re-encoded latents in deviations; 120 real one-shots: median 0.7 to 2.6 by class, at most 4.9.
MAX_LATENT_ENERGY: Final = 5.0
MAX_TIMES_MEDIAN: Final = 3.0
# How the blocks take turns where a neighbourhood has sounds.
_METHODS: Final = ("vary", "condition")


@dataclass(frozen=True)
class Form:
    """What is made: one-shots, or loops of this time.

    Parameters
    ----------
    kinds
        In turn.
    styles
        Of loops, in turn.
    """

    kinds: tuple[str, ...]
    bpm: float | None = None
    bars: int | None = None
    meter: tuple[int, int] = (4, 4)
    styles: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    prompt: str | None = None

    @property
    def is_loop(self) -> bool:
        """Whether loops are made."""
        return self.bpm is not None


@dataclass(frozen=True, eq=False)
class Candidate:
    """A sound that may be chosen.

    Parameters
    ----------
    vector
        ``[D]`` of the ear.
    picture
        What near-duplicates are told by.
    probability
        Of its kind, 0 to 1; 1 where nothing can tell.
    latent_energy
        See `latent_energy`; 0 where there are no latents.
    """

    sound: Sound
    verdict: Verdict
    vector: Float64
    picture: Embedding
    probability: float = 1.0
    latent_energy: float = 0.0

    @property
    def kind(self) -> str:
        """What it shall be."""
        return self.sound.tags.category

    def with_result(self, result: GateResult) -> "Candidate":
        """Judged by one gate more."""
        return replace(self, verdict=Verdict((*self.verdict.results, result), self.verdict.measures))


class Ear:
    """Vectors of sounds, and how likely a kind is.

    Of a generator with CLAP, by that; otherwise by the picture that near-duplicates are told by, without kinds.
    """

    def __init__(self, generator: "Generator | None") -> None:
        self._clap = None if generator is None else generator.clap
        self.name = "picture" if self._clap is None else self._clap.name

    @property
    def hears_kinds(self) -> bool:
        """Whether conditions and class probabilities can be had."""
        return self._clap is not None

    def vectors(self, sounds: Sequence[Sound]) -> Float64:
        """Unit vectors ``[n, D]``."""
        if self._clap is not None:
            return np.asarray(self._clap.embed_audio([sound.audio.mono() for sound in sounds]), np.float64)
        rows = np.stack([embed_sound(sound) for sound in sounds]).astype(np.float64)
        rows -= rows.mean(axis=1, keepdims=True)
        return np.asarray(rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9))

    def names(self, texts: Sequence[str]) -> Float64:
        """Unit vectors of texts ``[n, D]``."""
        if self._clap is None:
            raise UsageError("A model without CLAP understands no text. Choose another --model.")
        return np.asarray(self._clap.embed_text(list(texts)), np.float64)

    def probabilities(self, vectors: Float64, kinds: Sequence[str]) -> Float64:
        """``[n, k]`` of kinds by the likeness of their names (zero-shot, as CLAP is used)."""
        scores = vectors @ self.names([spoken_kind(kind) for kind in kinds]).T / CLASS_TEMPERATURE
        shares = np.exp(scores - scores.max(axis=1, keepdims=True))
        return np.asarray(shares / shares.sum(axis=1, keepdims=True))


@dataclass(eq=False)
class Drawer:
    """Draws and judges the candidates of one round.

    Parameters
    ----------
    slots
        Kinds that are needed, one for each sound; candidates take them in turn.
    salt
        Of the round: other candidates for another.
    guard
        Against sounds that the model learned by heart; None where there is none.
    """

    generator: "Generator"
    form: Form
    slots: tuple[str, ...]
    seed: int
    salt: str
    around: Neighbourhood
    strength: float = VARY_STRENGTH
    guard: Guard | None = None

    @cached_property
    def ear(self) -> Ear:
        """Its generator's."""
        return Ear(self.generator)

    @cached_property
    def editor(self) -> "Generator":
        """What makes variations: the generator, or the teacher of a few-step student, which cannot edit."""
        if self.generator.teacher is None:
            return self.generator
        from samplegen.engines.alpha_blend import load_generator

        return load_generator(self.generator.teacher)

    @cached_property
    def plan(self) -> "LoopPlan | None":
        """Time of the loops."""
        form = self.form
        if form.bpm is None or form.bars is None:
            return None
        return self.generator.plan_loop(bpm=form.bpm, bars=form.bars, beats_per_bar=form.meter[0])

    @cached_property
    def _kinds(self) -> tuple[str, ...]:
        known = self.generator.description
        return known.loop_kinds if self.form.is_loop else known.kinds

    def draw(self, block: int) -> list[Candidate]:
        """The candidates of one block, judged each by itself."""
        numbers = range(block * BLOCK, (block + 1) * BLOCK)
        made = [
            self._finished(number, raw, how) for number, (raw, how) in zip(numbers, self._raw(numbers), strict=True)
        ]
        vectors = self.ear.vectors(made)
        probabilities = self._probabilities(vectors, [sound.tags.category for sound in made])
        energies = latent_energies(self.generator, [sound.audio for sound in made], plan=self.plan)
        return [self._judged(*parts) for parts in zip(made, vectors, probabilities, energies, strict=True)]

    def kind(self, number: int) -> str:
        """What candidate `number` shall be."""
        return self.slots[number % len(self.slots)]

    def noise(self, number: int) -> int:
        """62 bits of seed of candidate `number`."""
        digest = hashlib.sha256(f"{self.seed}/{self.salt}/{number}".encode()).digest()
        return int.from_bytes(digest[:8], "big") >> 2

    def _raw(self, numbers: range) -> list[tuple[Audio, dict[str, Any]]]:
        """Audio of each candidate, and how it was made."""
        wanted = _METHODS[(numbers.start // BLOCK) % len(_METHODS)]
        centres = [self._centre(number) for number in numbers]
        made: dict[int, tuple[Audio, dict[str, Any]]] = {}
        if wanted == "vary":
            for number, (_, anchor) in zip(numbers, centres, strict=True):
                if anchor is not None and anchor.source is not None and self._fits(anchor.source):
                    told = {"method": "vary", "anchor": anchor.name, "strength": self.strength}
                    made[number] = self._varied(anchor.source, number), told
        rest = [place for place, number in enumerate(numbers) if number not in made]
        if rest:
            audios = self._drawn([numbers[place] for place in rest], [centres[place][0] for place in rest])
            for place, audio in zip(rest, audios, strict=True):
                anchor = centres[place][1]
                made[numbers[place]] = audio, {"method": "condition"} | ({"anchor": anchor.name} if anchor else {})
        return [made[number] for number in numbers]

    def _centre(self, number: int) -> tuple[Float64 | None, Anchor | None]:
        """Condition and anchor of a candidate; without CLAP an anchor alone."""
        kind, rng = self.kind(number), np.random.default_rng(self.noise(number))
        if not self.ear.hears_kinds:
            anchors = self.around.anchors(kind)
            return None, anchors[int(rng.integers(len(anchors)))] if anchors else None
        return self.around.centre(kind, name=self._names[kind], rng=rng)

    @cached_property
    def _names(self) -> dict[str, Float64]:
        prompt = f"{self.form.prompt} " if self.form.prompt else ""
        kinds = tuple(dict.fromkeys(self.slots))
        return dict(zip(kinds, self.ear.names([prompt + spoken_kind(kind) for kind in kinds]), strict=True))

    def _style(self, number: int) -> str | None:
        """Where a sound is to come near to, its vector holds the style."""
        styles = self.form.styles
        return styles[self.noise(number) % len(styles)] if styles and self.form.is_loop else None

    def _tags_of(self, number: int) -> tuple[str, ...]:
        style = self._style(number)
        return (self.kind(number), *((style,) if style else ()), *self.form.words)

    def _drawn(self, numbers: Sequence[int], centres: Sequence[Float64 | None]) -> list[Audio]:
        import torch

        known = [centre for centre in centres if centre is not None]
        clap = torch.from_numpy(np.stack(known)).float() if known else None
        asked: dict[str, Any] = {
            "tags": [self._tags_of(number) for number in numbers], "seeds": [self.noise(number) for number in numbers],
            "clap": clap,
        }  # fmt: skip
        if self.plan is not None:
            return self.generator.make_loops(self.plan, **asked)
        return self.generator.make_one_shots(**asked)

    def _fits(self, source: "EditSource") -> bool:
        """Whether a variation of a sound is what is asked for."""
        tags, form = source.tags, self.form
        if not form.is_loop:
            return tags.kind == "one_shot"
        return tags.kind == "loop" and (tags.bpm, tags.bars, tags.meter) == (form.bpm, form.bars, form.meter)

    def _varied(self, source: "EditSource", number: int) -> Audio:
        from samplegen.variations.vary import vary

        return vary(self.editor, source, strength=self.strength, seeds=[self.noise(number)])[0]

    def _finished(self, number: int, audio: Audio, how: Mapping[str, Any]) -> Sound:
        """Post-processed and tagged as the generator's own orders do."""
        form, kind = self.form, self.kind(number)
        generator = self.editor if how["method"] == "vary" else self.generator
        audio = remove_dc(audio if form.is_loop else trim_one_shot(audio), ring=form.is_loop)
        audio = normalise_peak(audio if form.is_loop else trim_one_shot(audio), peak_db=PEAK_DB)
        time: dict[str, Any] = {"bpm": form.bpm, "bars": form.bars, "meter": form.meter} if form.is_loop else {}
        style = self._style(number)
        tags = Tags(
            "loop" if form.is_loop else "one_shot", kind, **time, genre=style or "", keywords=self._tags_of(number),
            artist="samplegen",
        )  # fmt: skip
        parameters = {
            "candidate": number, "round": self.salt, "kind": kind, "style": style, "prompt": form.prompt, **time, **how,
        }  # fmt: skip
        origin = Provenance(
            "curate/alpha_blend", generator.name, generator.hash, generator.codec.hash, self.noise(number), parameters,
            licence=generator.description.licence, version=_version(),
        )  # fmt: skip
        return Sound(audio, tags, origin)

    def _probabilities(self, vectors: Float64, kinds: Sequence[str]) -> Float64:
        if not self.ear.hears_kinds:
            return np.ones(len(kinds))
        shares = self.ear.probabilities(vectors, self._kinds)
        return np.array([row[self._kinds.index(kind)] for row, kind in zip(shares, kinds, strict=True)])

    def _judged(self, sound: Sound, vector: Float64, probability: float, energy: float) -> Candidate:
        verdict = judge(sound, guard=self.guard)
        measures = {**verdict.measures, "latent_energy": finite(energy)}
        results = verdict.results
        if self.ear.hears_kinds:
            measures["class_probability"] = finite(probability)
            results = (*results, _class_result(sound.tags.category, probability))
        return Candidate(
            sound, Verdict(results, measures), vector, embed_sound(sound), float(probability), float(energy)
        )


def _class_result(kind: str, probability: float) -> GateResult:
    passed = probability >= MIN_CLASS_PROBABILITY
    reason = f"It sounds like {spoken_kind(kind)} with a probability of {probability:.2f} alone."
    return GateResult("class", passed, float(probability), MIN_CLASS_PROBABILITY, "" if passed else reason)


def latent_energies(generator: "Generator", audios: Sequence[Audio], *, plan: "LoopPlan | None" = None) -> list[float]:
    """How far each sound's re-encoded latents lie from those of the training sounds.

    The mean over channels and frames of their squares in deviations (a diagonal Mahalanobis distance, 1 for what
    the codec was normalised with). What a decoder garbles is encoded as something that no real sound is.
    """
    import torch

    from samplegen.audio.resample import resample_ring

    codec, found = generator.codec, []
    for audio in audios:
        frames = plan.ring.frames if plan else max(1, -(-audio.length // codec.hop_length))
        mono = audio.mono().samples
        if plan is None:
            laid = np.zeros((1, frames * codec.hop_length), np.float32)
            laid[:, : audio.length] = mono
        else:
            laid = resample_ring(np.tile(mono, plan.ring.repeats), length=frames * codec.hop_length)
        with torch.inference_mode():
            latents = codec.encode(torch.tensor(laid)[None].expand(1, codec.channels, -1), loop=plan is not None)
            found.append(float(generator.stats.normalise(latents.values).square().mean()))
    return found


def judge_artefacts(candidates: Sequence[Candidate]) -> list[Candidate]:
    """With one gate more: latents no farther out than real sounds', or than thrice the median of their kind."""
    limits = {}
    for kind in {one.kind for one in candidates}:
        median = float(np.median([one.latent_energy for one in candidates if one.kind == kind]))
        limits[kind] = max(MAX_LATENT_ENERGY, MAX_TIMES_MEDIAN * median)
    judged = []
    for one in candidates:
        limit, passed = limits[one.kind], one.latent_energy <= limits[one.kind]
        reason = f"Its latents lie {one.latent_energy:.1f} out, and {limit:.1f} is allowed: the decoder garbled it."
        judged.append(
            one.with_result(GateResult("artefacts", passed, one.latent_energy, limit, "" if passed else reason))
        )
    return judged


def _version() -> str:
    import samplegen

    return samplegen.__version__


def anchors_of(sources: Sequence["EditSource"], ear: Ear, *, names: Sequence[str]) -> tuple[Anchor, ...]:
    """Sounds as anchors; `names` say which they are.

    Raises
    ------
    InputError
        If there is none.
    """
    if not sources:
        raise InputError("None of the sounds to come near to is of use.")
    vectors = ear.vectors([Sound(one.audio, one.tags, Provenance("source")) for one in sources])
    return tuple(
        Anchor(one.tags.category, vector, one, name) for one, vector, name in zip(sources, vectors, names, strict=True)
    )

"""Whether one-shots sound like what was asked: their kind, a sentence about it, a word such as dark or bright."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

import numpy as np

from samplegen.audio.types import Audio
from samplegen.conditioning.vocabulary import ONE_SHOT_KINDS
from samplegen.evaluation.adherence import PAIRS, PROMPTS, kinds_heard, make_from_prompts, pairs_moved
from samplegen.evaluation.distances import noise_like
from samplegen.evaluation.one_shot_classifier import OneShotClassifier, Words, cross_validated, one_shot_features
from samplegen.evaluation.questions.estimates import NONE, Estimate, Float64, share_estimate
from samplegen.evaluation.questions.material import Material, RealSound, need
from samplegen.evaluation.questions.report import Cell, Report, Table, Target
from samplegen.evaluation.questions.systems import Progress, System, hashes

WANTED_SHARE: Final = 0.9
MOST_TRAINING: Final = 150
NOUNS: Final = 6
BY_SOUND, BY_SOURCE = "real vs real: training, by sound", "real vs real: training, by unseen source"
HELD: Final = "real: held-out sources"
HEARD: Final = ", misheard ones drawn again"
NOISE, SILENCE = "floor: white noise", "floor: silence"

Make = Callable[[Sequence[str], Sequence[int]], list[Audio]]


def ask_adherence(
    systems: Sequence[System], material: Material, *, count: int, seed: int, progress: Progress | None = None
) -> Report:
    """Kinds heard of tags and of sentences, and words that move a measure the right way.

    Parameters
    ----------
    count
        One-shots for each table and system, in equal parts of every kind (of every pair of words).

    Raises
    ------
    InputError
        Without training and held-out one-shots.
    """
    rng = np.random.default_rng(seed)
    train = _balanced(material.one_shots(held_out=False), rng=rng)
    held = material.one_shots(held_out=True)
    need(train, name="training one-shots", least=24)
    need(held, name="held-out one-shots")
    features = np.stack([one_shot_features(sound.read()) for sound in train])
    kinds = [sound.kind for sound in train]
    classifier = OneShotClassifier(features, kinds)
    each = max(1, round(count / len(ONE_SHOT_KINDS)))
    rows, said = {}, {}
    for system in systems:
        ways = (False, True) if system.generator.ear is not None else (False,)
        for heard in ways:
            label = f"{system.label}{HEARD}" if heard else system.label
            rows[label] = _of_tags(system, classifier, each=each, seed=seed, heard=heard)
            said[label] = _of_prompts(system, classifier, each=each, seed=seed, heard=heard)
    rows |= _anchors(classifier, features, train, held, each=each, rng=rng)
    moved = {system.label: _of_words(system, count=count, seed=seed) for system in systems}
    moved["floor: by chance"] = dict.fromkeys([*(f"{low} / {high}" for low, high, _ in PAIRS), "all"], "50 %")
    first = systems[0].label
    own = rows.get(f"{first}{HEARD}", rows[first])["all"]
    assert isinstance(own, Estimate)
    return Report(
        "adherence",
        "Adherence to kinds, sentences and words",
        (
            Table("One-shots heard as the kind that was asked for by its tag.", rows),
            Table("The same, asked for in a sentence (tags that it names, and its text).", said),
            Table("Words that move their measure the right way, from the same noise.", moved),
        ),
        notes=(
            f"The judge is a support-vector classifier trained on {len(train)} real one-shots of the training sources, "
            f"at most {MOST_TRAINING} of a kind; chance is {100 / len(set(kinds)):.0f} %. It knows held-out "
            "sources far less well than its own: a generator that makes its training sources over again scores high.",
            f"Rows{HEARD}: what a pack gets, where the model's own ear (a linear classifier of CLAP vectors, learned "
            "from the same training sounds) has up to three draws more for what it takes for another kind.",
        ),
        targets=(Target("class adherence of at least 90 %", own, own.value >= WANTED_SHARE),),
        settings={"n": each * len(ONE_SHOT_KINDS), "seed": seed},
        systems=hashes(systems),
    )


def _balanced(sounds: Sequence[RealSound], *, rng: np.random.Generator) -> list[RealSound]:
    """At most `MOST_TRAINING` of each kind."""
    chosen = []
    for kind in ONE_SHOT_KINDS:
        alike = [sound for sound in sounds if sound.kind == kind]
        chosen += [alike[number] for number in sorted(rng.permutation(len(alike))[:MOST_TRAINING])]
    return chosen


def heard_row(predicted: Sequence[str] | Words, wanted: Sequence[str]) -> dict[str, Cell]:
    """Shares heard as wanted: all, the mean over kinds, and every kind."""
    right = np.asarray(predicted) == np.asarray(wanted)
    kinds = {kind: right[np.asarray(wanted) == kind] for kind in ONE_SHOT_KINDS}
    shares = {kind: share_estimate(int(x.sum()), len(x)) if len(x) else NONE for kind, x in kinds.items()}
    mean = float(np.mean([share.value for share in shares.values() if share.n]))
    row: dict[str, Cell] = {"n": len(wanted), "all": share_estimate(int(right.sum()), len(right))}
    return {**row, "mean over kinds": f"{100 * mean:.0f} %", **shares}


def _predict(classifier: OneShotClassifier, audios: Sequence[Audio]) -> Words:
    return classifier.predict(np.stack([one_shot_features(audio) for audio in audios]))


def _of_tags(
    system: System, classifier: OneShotClassifier, *, each: int, seed: int, heard: bool = False
) -> dict[str, Cell]:
    wanted = [kind for kind in system.generator.description.kinds if kind in ONE_SHOT_KINDS for _ in range(each)]
    seeds = [int(one) for one in np.random.default_rng(seed).integers(2**62, size=len(wanted))]
    return heard_row(_predict(classifier, system.one_shots(wanted, seeds, heard=heard)), wanted)


def _anchors(
    classifier: OneShotClassifier, features: Float64, train: Sequence[RealSound], held: Sequence[RealSound], *,
    each: int, rng: np.random.Generator,
) -> dict[str, dict[str, Cell]]:  # fmt: skip
    kinds, sources = [sound.kind for sound in train], [sound.source for sound in train]
    shuffled = [str(number) for number in rng.permutation(len(train))]
    audios = [sound.read() for sound in held]
    wanted = [kind for kind in ONE_SHOT_KINDS for _ in range(each)]
    noises = [noise_like(audios[k % len(audios)], generator=rng) for k in range(len(wanted))]
    silences = [audio.with_samples(np.zeros_like(audio.samples)) for audio in noises]
    rows = {BY_SOUND: heard_row(cross_validated(features, kinds, sources=shuffled), kinds)}
    if len(set(sources)) >= 5 and _has_several_sources(train):
        rows[BY_SOURCE] = heard_row(cross_validated(features, kinds, sources=sources), kinds)
    rows[HELD] = heard_row(_predict(classifier, audios), [sound.kind for sound in held])
    rows[NOISE] = heard_row(_predict(classifier, noises), wanted)
    rows[SILENCE] = heard_row(_predict(classifier, silences), wanted)
    return rows


def _has_several_sources(sounds: Sequence[RealSound]) -> bool:
    """Whether most kinds come from more than one source; in folders named after kinds none do."""
    of_kind = {kind: {sound.source for sound in sounds if sound.kind == kind} for kind in ONE_SHOT_KINDS}
    found = [len(sources) > 1 for sources in of_kind.values() if sources]
    return 2 * sum(found) > len(found)


def _maker(system: System, *, heard: bool = False) -> Make:
    kind_of = {prompt: kind for kind, prompt in PROMPTS.items()}
    return lambda prompts, seeds: make_from_prompts(
        system.generator, prompts, seeds=seeds, heard_as=[kind_of[text] for text in prompts] if heard else None
    )


def _of_prompts(system: System, classifier: OneShotClassifier, *, each: int, seed: int, heard: bool) -> dict[str, Cell]:
    found = kinds_heard(
        classifier, _maker(system, heard=heard), each=each, rng=np.random.default_rng(seed),
        among=system.generator.description.kinds,
    )  # fmt: skip
    shares = {kind: share_estimate(round(share.share * share.sounds), share.sounds) for kind, share in found.items()}
    mean = float(np.mean([share.value for kind, share in shares.items() if kind != "all"]))
    kinds: Mapping[str, Cell] = {kind: shares.get(kind, NONE) for kind in PROMPTS}
    return {"n": shares["all"].n, "all": shares["all"], "mean over kinds": f"{100 * mean:.0f} %", **kinds}


def _of_words(system: System, *, count: int, seed: int) -> dict[str, Cell]:
    each = max(1, round(count / (2 * NOUNS * len(PAIRS))))
    results = pairs_moved(_maker(system), each=each, rng=np.random.default_rng(seed))
    hits = [round(result.share.share * result.share.sounds) for result in results]
    row: dict[str, Cell] = {
        f"{result.low_word} / {result.high_word}": share_estimate(right, result.share.sounds)
        for result, right in zip(results, hits, strict=True)
    }
    return row | {"all": share_estimate(sum(hits), sum(result.share.sounds for result in results))}

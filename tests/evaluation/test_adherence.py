"""Measures of adherence, on makers whose answers are known."""

import numpy as np
import pytest

from samplegen.audio.types import Audio
from samplegen.evaluation.adherence import PAIR_NOUNS, PAIRS, PROMPTS, kinds_heard, pairs_moved
from samplegen.evaluation.one_shot_classifier import OneShotClassifier, one_shot_features

RATE = 44_100
KINDS = list(PROMPTS)


def tone(hz: float, *, seconds: float = 0.5, decay_s: float = 0.1, noise: float = 0.0, seed: int = 0) -> Audio:
    time = np.arange(round(seconds * RATE)) / RATE
    samples = np.sin(2 * np.pi * hz * time) + noise * np.random.default_rng(seed).standard_normal(time.size)
    return Audio((0.3 * samples * np.exp(-time / decay_s)).astype(np.float32)[None], RATE)


def pitch_of(kind: str) -> float:
    return 80.0 * 1.5 ** KINDS.index(kind)


def tones_as_asked(prompts, seeds):
    kinds = [next(kind for kind, text in PROMPTS.items() if text == prompt) for prompt in prompts]
    return [tone(pitch_of(kind), noise=0.01, seed=seed % 1000) for kind, seed in zip(kinds, seeds, strict=True)]


@pytest.fixture(scope="module")
def classifier() -> OneShotClassifier:
    kinds = KINDS * 4
    sounds = [tone(pitch_of(kind), noise=0.01, seed=number) for number, kind in enumerate(kinds)]
    return OneShotClassifier(np.stack([one_shot_features(sound) for sound in sounds]), kinds)


def test_every_prompt_asks_for_its_kind_in_other_words():
    assert len(set(PROMPTS.values())) == 12


def test_kinds_that_are_made_as_asked_are_all_heard(classifier):
    shares = kinds_heard(classifier, tones_as_asked, each=2, rng=np.random.default_rng(0))
    assert shares["all"].share == 1.0 and shares["all"].sounds == 24
    assert set(shares) == {*KINDS, "all"}


def test_one_kind_for_all_prompts_is_heard_once_in_twelve(classifier):
    always_kick = lambda prompts, seeds: [tone(pitch_of("kick"), noise=0.01)] * len(prompts)  # noqa: E731
    shares = kinds_heard(classifier, always_kick, each=2, rng=np.random.default_rng(0))
    assert shares["all"].share == pytest.approx(1 / 12)
    assert shares["kick"].share == 1.0 and shares["snare"].share == 0.0


def obedient(prompts, seeds):
    """Follows dark/bright and deep/high by pitch, short/long by decay, tonal/noisy by noise; is deaf to the rest."""
    made = []
    for prompt, seed in zip(prompts, seeds, strict=True):
        word = prompt.split()[0]
        hz = {"dark": 200.0, "bright": 4_000.0, "deep": 100.0, "high": 2_000.0}.get(word, 500.0)
        decay_s = {"short": 0.02, "long": 0.3}.get(word, 0.1)
        noise = {"tonal": 0.0, "noisy": 1.0}.get(word, 0.001)
        made.append(tone(hz, decay_s=decay_s, noise=noise, seed=seed % 1000, seconds=1.0))
    return made


def test_words_that_are_followed_move_their_measure_and_others_do_not():
    results = {result.measure: result for result in pairs_moved(obedient, each=1, rng=np.random.default_rng(3))}
    assert [result.measure for result in results.values()] == [measure for _, _, measure in PAIRS]
    for measure in ("brightness", "height", "length_s", "noisiness"):
        assert results[measure].share.share == 1.0 and results[measure].median_change > 0.0
    for measure in ("wetness", "punch"):  # the same sound for both words never rises
        assert results[measure].share.share == 0.0 and results[measure].median_change == 0.0
    assert all(result.share.sounds == len(PAIR_NOUNS) for result in results.values())


def test_both_words_of_a_pair_start_from_the_same_noise():
    asked: list[tuple[str, int]] = []

    def note(prompts, seeds):
        asked.extend(zip(prompts, seeds, strict=True))
        return [tone(500.0)] * len(prompts)

    pairs_moved(note, each=2, rng=np.random.default_rng(1))
    count = 2 * len(PAIR_NOUNS)
    low, high = asked[:count], asked[count : 2 * count]
    assert [seed for _, seed in low] == [seed for _, seed in high]
    assert low[0][0] == f"dark {PAIR_NOUNS[0]}" and high[0][0] == f"bright {PAIR_NOUNS[0]}"

import numpy as np
import pytest

from samplegen.search.lexical import FOLDER, PREFIX, SYNONYM, concepts_of, lexical_scores


def score(query: str, *paths: str) -> list[float]:
    return [round(float(value), 4) for value in lexical_scores(concepts_of(query), list(paths))]


def test_concepts_are_known_phrases_and_single_words() -> None:
    said = [concept.said.strip() for concept in concepts_of("the dusty snare drums of Xqzzy")]
    assert said == ["dusty", "snare drum", "xqzzy"]
    assert concepts_of("") == [] and concepts_of("the of") == []


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("rimshot.wav", 1.0),
        ("RimShots_03.wav", 1.0),
        ("sidestick 2.wav", SYNONYM),
        ("Rims/hit.wav", FOLDER * SYNONYM),
        ("Rimshot/a/b/hit.wav", FOLDER),
        ("rimshotty.wav", PREFIX),
        ("trimshot.wav", 0.0),
    ],
)
def test_how_a_word_matches(path: str, expected: float) -> None:
    assert score("rimshot", path, "pad.wav")[0] == pytest.approx(expected)


def test_rare_words_weigh_more_and_absent_ones_nothing() -> None:
    paths = [f"snare_{n}.wav" for n in range(8)] + ["dusty.wav"]
    common, rare = score("dusty snare", *paths)[0], score("dusty snare", *paths)[-1]
    assert rare > common > 0.0
    assert score("snare xqzzy", *paths)[0] == 1.0


def test_nothing_to_match() -> None:
    assert lexical_scores([], ["a.wav"]).tolist() == [0.0]
    assert lexical_scores(concepts_of("kick"), []).shape == (0,)
    assert np.isfinite(lexical_scores(concepts_of("kick"), ["\udcff\n.wav"])).all()

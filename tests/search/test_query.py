"""Ranking with vectors made by hand."""

import numpy as np
import pytest

from samplegen.search.query import Filters, FoundSound, Query, rank, score
from samplegen.search.store import Entry

ROOT = "/lib"
X, Y = np.array([1.0, 0.0], np.float32), np.array([0.0, 1.0], np.float32)


def entry(name: str, vector: tuple[float, float], *, hash: str = "", seconds: float = 0.5, problem: str = "") -> Entry:
    data = b"" if problem else np.array(vector, np.float16).tobytes()
    return Entry(f"{ROOT}/{name}", (hash or name).encode(), data, seconds, None, None, problem)


ENTRIES = [
    entry("a.wav", (0.6, 0.8)),
    entry("kick.wav", (0.0, 1.0)),
    entry("loop 128bpm.wav", (0.8, 0.6), seconds=4.0),
    entry("silent.wav", (0.0, 0.0)),
    entry("broken.wav", (0.0, 0.0), problem="damaged"),
    entry("z.wav", (0.6, 0.8), hash="a.wav"),
]


def found(query: Query) -> list[str]:
    return [sound.path.removeprefix(f"{ROOT}/") for sound in rank(ENTRIES, query, root=ROOT)]


def test_cosines_order_what_names_do_not_say() -> None:
    assert found(Query("xqzzy", X)) == ["loop 128bpm.wav", "a.wav"]
    assert found(Query(like=Y)) == ["kick.wav", "a.wav", "loop 128bpm.wav"]


def test_the_weight_of_names() -> None:
    assert found(Query("kick", X, names_weight=0.0)) == ["loop 128bpm.wav", "a.wav"]
    assert found(Query("kick", X, names_weight=1.0)) == ["kick.wav"]
    usable = [one for one in ENTRIES if not one.problem]
    scores = score(usable, Query("kick", X, names_weight=0.25), root=ROOT)
    np.testing.assert_allclose(scores[:3], [0.75 * 0.6, 0.25, 0.75 * 0.8], atol=1e-3)


def test_words_and_sounds_are_averaged() -> None:
    scores = score(ENTRIES[:2], Query("xqzzy", X, like=Y, names_weight=0.0), root=ROOT)
    np.testing.assert_allclose(scores, [0.7, 0.5], atol=1e-3)


def test_words_nobody_knows_leave_the_names() -> None:
    assert found(Query("kick", np.zeros(2, np.float32))) == ["kick.wav"]
    assert found(Query("xqzzy", np.zeros(2, np.float32))) == []
    assert rank([], Query("kick", X), root=ROOT) == []


def test_equal_files_are_one_result() -> None:
    sound = next(sound for sound in rank(ENTRIES, Query("xqzzy", X), root=ROOT) if sound.path.endswith("/a.wav"))
    assert sound.copies == (f"{ROOT}/z.wav",)


@pytest.mark.parametrize(
    ("filters", "admitted"),
    [
        (Filters(), True),
        (Filters(kind="loop"), True),
        (Filters(kind="one-shot"), False),
        (Filters(min_seconds=4.0, max_seconds=4.0), True),
        (Filters(min_seconds=4.1), False),
        (Filters(max_seconds=3.9), False),
        (Filters(bpm=(120.0, 128.0)), True),
        (Filters(bpm=(130.0, 140.0)), False),
    ],
)
def test_filters(filters: Filters, admitted: bool) -> None:
    assert filters.admits(FoundSound("x", b"", 4.0, "loop", 128.0)) is admitted
    assert not Filters(bpm=(1.0, 999.0)).admits(FoundSound("x", b"", 4.0, "loop", None))

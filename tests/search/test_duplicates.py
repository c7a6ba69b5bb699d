"""Groups of sounds that are there twice."""

from collections.abc import Sequence

import numpy as np

from samplegen.audio.types import Audio
from samplegen.search.duplicates import find_duplicates
from samplegen.search.picture import picture_of
from samplegen.search.store import Entry
from tests.search.signals import tone

SOUND = tone(300.0, seconds=0.5, noise=0.05)
SOUNDS = {
    "a.wav": (b"a", SOUND),
    "b quieter.wav": (b"b", SOUND.with_samples(SOUND.samples * 0.25)),
    "c the same bytes.wav": (b"c", tone(80.0)),
    "d the same bytes.wav": (b"c", tone(80.0)),
    "e other.wav": (b"e", tone(1000.0, seconds=0.5, noise=0.05)),
    "f longer.wav": (b"f", SOUND.with_samples(np.pad(SOUND.samples, ((0, 0), (0, 4000))))),
}


def entry(name: str, hash: bytes, audio: Audio, vector: Sequence[float] = (1.0, 0.0)) -> Entry:
    return Entry(f"/lib/{name}", hash, np.array(vector, np.float16).tobytes(), audio.duration_s, None, None, "")


def groups(entries: Sequence[Entry], **settings: float) -> list[tuple[list[str], bool]]:
    pictures = {hash: picture_of(audio).tobytes() for hash, audio in SOUNDS.values()}
    made = find_duplicates(entries, lambda hashes: [pictures[hash] for hash in hashes], root="/lib", **settings)
    return [([sound.path[5] for sound in group.sounds], group.exact) for group in made]


def test_equal_bytes_and_equal_sounds_are_found() -> None:
    entries = [entry(name, hash, audio) for name, (hash, audio) in SOUNDS.items()]
    assert groups(entries) == [(["a", "b"], False), (["c", "d"], True)]
    assert groups(entries, max_distance_db=60.0)[0][0] == ["a", "b", "e"]
    assert groups([]) == []


def test_vectors_must_agree_and_silence_is_left_alone() -> None:
    (a, quiet), vectors = (SOUNDS["a.wav"], SOUNDS["b quieter.wav"]), [(1.0, 0.0), (0.0, 1.0), (0.0, 0.0)]
    for vector in vectors[1:]:
        assert groups([entry("a", *a), entry("b", *quiet, vector)]) == []


def test_exact_copies_join_the_group_of_their_sound() -> None:
    a, quiet = SOUNDS["a.wav"], SOUNDS["b quieter.wav"]
    assert groups([entry("a", *a), entry("b", *a), entry("c", *quiet)]) == [(["a", "b", "c"], False)]

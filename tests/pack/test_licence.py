"""What a pack says of its licence, and that both kinds of sounds are named."""

from dataclasses import replace
from typing import Any

import pytest

from samplegen.pack.entries import FileEntry
from samplegen.pack.licence import DEFAULT_LICENCE, SOURCE_LICENCE, licence_text, pack_licence


@pytest.mark.parametrize(
    ("asked", "sounds", "expected"),
    [
        ("CC0-1.0", ["CC0-1.0"], "CC0-1.0"),
        ("Royalty-free", ["CC0-1.0", "MIT"], "Royalty-free"),
        ("CC0-1.0", ["CC0-1.0", SOURCE_LICENCE], f"CC0-1.0 AND {SOURCE_LICENCE}"),
        (SOURCE_LICENCE, [SOURCE_LICENCE] * 2, SOURCE_LICENCE),
        (SOURCE_LICENCE, [SOURCE_LICENCE, "CC0-1.0"], f"CC0-1.0 AND {SOURCE_LICENCE}"),
        (SOURCE_LICENCE, [], SOURCE_LICENCE),
    ],
)
def test_a_packs_licence_holds_all_kinds(asked: str, sounds: list[str], expected: str) -> None:
    assert pack_licence(asked, sounds=sounds) == expected


def test_texts_promise_no_more_than_is_true() -> None:
    free, source, both = (licence_text(name="Pack", licence=text) for text in
                          ("CC0-1.0", SOURCE_LICENCE, f"CC0-1.0 AND {SOURCE_LICENCE}"))  # fmt: skip
    assert "without royalties" in free and "recordings" not in free
    assert "without royalties" not in source and "holds them in these sounds too" in source
    assert "without royalties" in both and "holds them in these sounds too" in both
    assert all("without warranty" in text and text.startswith("Pack\n====\n") for text in (free, source, both))


def entry(**changes: Any) -> FileEntry:
    """The entry of a generated sound."""
    return replace(ENTRY, **changes)


ENTRY = FileEntry(
    "a.wav", "ab", 1, "loop", "drums", 120, 1, (4, 4), 4, None, None, 9, 44_100, 24, 1, {}, ("seam",), 0, 1,
    "alpha_blend", "drums-44k", "cafe", "", {}, "CC0-1.0",
)  # fmt: skip


def test_a_makers_own_sentence_is_the_licence() -> None:
    own = "Use them in your music; do not sell them as samples."
    text = licence_text(name="Pack", licence=own)
    assert own in text and "without royalties" not in text and "pack's maker" in text
    both = licence_text(name="Pack", licence=pack_licence(own, sounds=["CC0-1.0", SOURCE_LICENCE]))
    assert own in both and " AND " not in both and "holds rights in those" in both
    assert "without royalties" in licence_text(name="Pack", licence=DEFAULT_LICENCE)


def test_the_licence_tells_where_sounds_come_from() -> None:
    source = {"source": "rain.wav", "source_sha256": "beef"}
    made = entry(engine="phase_diffusion", model="", model_hash="", parameters=source, licence=SOURCE_LICENCE)
    text = licence_text(name="Pack", entries=[entry(), entry(path="b.wav"), made, made])
    assert "- 2 sounds by the model drums-44k (SHA-256 cafe)\n" in text
    assert "- 2 sounds by the engine phase_diffusion, from recordings\n" in text
    assert text.count('"rain.wav", SHA-256 beef') == 1 and "compared with what" not in text
    assert "compared with what" in licence_text(name="Pack", entries=[entry(gates=("memorisation",))])

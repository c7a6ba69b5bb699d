"""What a pack says of its licence, and that both kinds of sounds are named."""

import pytest

from samplegen.pack.licence import SOURCE_LICENCE, licence_text, pack_licence


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

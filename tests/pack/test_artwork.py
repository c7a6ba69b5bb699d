import io
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from samplegen.pack.artwork import SIZE_PX, cover_jpeg, draw_cover, main_sound, make_artwork
from samplegen.pack.companions import PackView
from tests.pack.audition.packs import make_pack


@pytest.fixture(scope="module")
def view(tmp_path_factory: pytest.TempPathFactory) -> PackView:
    return make_pack(tmp_path_factory.mktemp("pack"), loops=1, one_shots=2)


def pixels(picture: Image.Image) -> np.ndarray:
    return np.asarray(picture.convert("RGB"), np.int16)


def test_the_cover_is_a_square_png_as_shops_want_it(view):
    [companion] = make_artwork(view)
    assert (companion.path, companion.kind) == ("artwork.png", "artwork")
    assert companion.data[:8] == b"\x89PNG\r\n\x1a\n"
    assert len(companion.data) < 1_500_000
    with Image.open(io.BytesIO(companion.data)) as picture:
        assert picture.size == (SIZE_PX, SIZE_PX) == (1400, 1400)
    assert companion.made_from[0] == main_sound(view).path
    assert len(set(companion.made_from)) == 3


def test_equal_packs_have_equal_covers_and_others_do_not(view):
    one, again = (pixels(draw_cover(view, size_px=120)) for _ in range(2))
    assert np.array_equal(one, again)
    assert not np.array_equal(one, pixels(draw_cover(replace(view, seed=view.seed + 1), size_px=120)))
    quieter = replace(view, entries=view.entries[1:])
    assert not np.array_equal(one, pixels(draw_cover(quieter, size_px=120)))


def test_the_name_stands_below_the_disc(view):
    with_name, without = (pixels(draw_cover(replace(view, name=name), size_px=200)) for name in ("Tide", "\u4e2d"))
    light = with_name.sum(axis=2) > 500
    assert light[160:180].any()
    assert not (without.sum(axis=2) > 500)[160:180].any()


@pytest.mark.parametrize("name", ["", "x" * 400, "Größe – Ærø’s", "\u0416\u4e2d", "</script>", "a\nb\x00\ud800"])
def test_any_name_can_be_drawn(view, name):
    assert draw_cover(replace(view, name=name), size_px=64).size == (64, 64)


def test_packs_without_loops_and_without_sounds_have_covers(view):
    shots = replace(view, entries=view.of_kind("one_shot"))
    assert main_sound(shots) == max(shots.entries, key=lambda entry: entry.length)
    assert len(make_artwork(shots, size_px=64)[0].made_from) >= 2
    assert make_artwork(replace(view, entries=()), size_px=64)[0].made_from == ()


def test_a_drum_loop_stands_for_the_pack(view):
    bass = replace(view.entries[0], category="bass", path="x.wav")
    assert main_sound(replace(view, entries=(bass, *view.entries))).category == "drums"


def test_the_small_cover_is_a_jpeg_without_words(view):
    data = cover_jpeg(view, size_px=128)
    assert data[:3] == b"\xff\xd8\xff"
    assert len(data) < 30_000

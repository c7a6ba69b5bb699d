"""The map of a pack: every sound in a cell of its own, like beside like, the same bytes again."""

import io
from pathlib import Path

import numpy as np
from PIL import Image

from samplegen.pack.companions import PackView
from samplegen.pack.export import PackWriter
from samplegen.pack.sound_map import HEIGHT_PX, WIDTH_PX, _cells, make_map
from tests.pack.signals import make_one_shot


def view_of(folder: Path, count: int = 4) -> PackView:
    with PackWriter(folder, name="mapped", seed=1) as writer:
        for seed in range(count):
            writer.add(make_one_shot(seed=seed, category="snare" if seed % 2 else "kick"))
    return PackView(folder, "mapped", tuple(writer.entries))


def test_a_picture_of_all_sounds_that_have_a_place(tmp_path: Path) -> None:
    view = view_of(tmp_path / "pack")
    places = {entry.path: (number / 3, 0.5) for number, entry in enumerate(view.entries)}
    (made,) = make_map(view, places)
    image = Image.open(io.BytesIO(made.data))
    assert image.size == (WIDTH_PX, HEIGHT_PX) and made.path == "map.png"
    assert made.made_from == tuple(entry.path for entry in view.entries)
    assert np.asarray(image).std() > 5.0
    assert make_map(view, places)[0].data == made.data
    assert make_map(view, {}) == []


def test_sounds_of_one_place_lie_side_by_side(tmp_path: Path) -> None:
    entries = list(view_of(tmp_path / "pack").entries)
    cells, (columns, rows) = _cells(entries, {entry.path: (1.0, 1.0) for entry in entries})
    assert len(set(cells)) == len(entries) and (columns - 1, rows - 1) in cells
    assert all(abs(column - columns + 1) <= 2 and abs(row - rows + 1) <= 2 for column, row in cells)

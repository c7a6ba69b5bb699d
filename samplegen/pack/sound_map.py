"""``map.png``: a pack's sounds as small pictures, like beside like.

Each sound lies in the free cell of a grid nearest to its place on the map; its tile is the picture
(time to the right, frequency upwards) that near-duplicates are told by, framed in its category's colour.
"""

import io
from collections.abc import Mapping
from typing import Final

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont

from samplegen.pack.companions import Companion, PackView
from samplegen.pack.duplicates import FLOOR_DB, MEL_BANDS, TIME_SLICES, embed
from samplegen.pack.entries import FileEntry

MAP_NAME: Final = "map.png"
WIDTH_PX, HEIGHT_PX = 1600, 1200
_MARGIN_PX, _LEGEND_PX, _GAP_PX = 40, 90, 6
_ROOM: Final = 2.2  # cells for each sound, so that there are free places between groups
_GROUND, _TEXT = (18, 18, 22), (235, 235, 235)
# Okabe and Ito's colours, told apart by everybody.
_COLOURS: Final = (
    (86, 180, 233), (230, 159, 0), (0, 158, 115), (204, 121, 167), (213, 94, 0), (240, 228, 66), (0, 114, 178),
    (170, 170, 170),
)  # fmt: skip

Places = Mapping[str, tuple[float, float]]


def make_map(view: PackView, places: Places) -> list[Companion]:
    """The map of those sounds of `view` whose path has a place ``(x, y)`` in 0 to 1; y grows upwards."""
    shown = [entry for entry in view.entries if entry.path in places]
    if not shown:
        return []
    image = Image.new("RGB", (WIDTH_PX, HEIGHT_PX), _GROUND)
    draw = ImageDraw.Draw(image)
    names = sorted({entry.category for entry in shown})
    colours = {name: _COLOURS[number % len(_COLOURS)] for number, name in enumerate(names)}
    cells, (columns, rows) = _cells(shown, places)
    width, height = (WIDTH_PX - 2 * _MARGIN_PX) / columns, (HEIGHT_PX - 2 * _MARGIN_PX - _LEGEND_PX) / rows
    for entry, (column, row) in zip(shown, cells, strict=True):
        left, top = _MARGIN_PX + column * width, _MARGIN_PX + _LEGEND_PX + (rows - 1 - row) * height
        size = max(4, round(width) - _GAP_PX), max(4, round(height) - _GAP_PX)
        tile = _tile(view, entry).resize(size, Image.Resampling.BILINEAR)
        image.paste(tile, (round(left), round(top)))
        box = (round(left) - 1, round(top) - 1, round(left) + size[0], round(top) + size[1])
        draw.rectangle(box, outline=colours[entry.category], width=2)
    _draw_legend(draw, view, colours)
    buffer = io.BytesIO()
    image.save(buffer, format="PNG", optimize=True)
    return [Companion(MAP_NAME, "document", buffer.getvalue(), tuple(entry.path for entry in shown))]


def _cells(shown: list[FileEntry], places: Places) -> tuple[list[tuple[int, int]], tuple[int, int]]:
    """A cell ``(column, row)`` for each sound, and the numbers of columns and rows."""
    wanted = _ROOM * len(shown)
    columns = max(3, round(np.sqrt(wanted * WIDTH_PX / HEIGHT_PX)))
    rows = max(3, -(-round(wanted) // columns))
    grid = np.stack(np.meshgrid(np.arange(columns), np.arange(rows), indexing="ij"), axis=-1).reshape(-1, 2)
    free, cells = np.ones(len(grid), bool), []
    for entry in shown:
        place = np.array(places[entry.path]) * (columns - 1, rows - 1)
        apart = np.where(free, np.square(grid - place).sum(axis=1), np.inf)
        nearest = int(apart.argmin())
        free[nearest] = False
        cells.append((int(grid[nearest][0]), int(grid[nearest][1])))
    return cells, (columns, rows)


def _tile(view: PackView, entry: FileEntry) -> Image.Image:
    levels = embed(view.audio(entry), loop=entry.kind != "one_shot").reshape(TIME_SLICES, MEL_BANDS).T[::-1]
    return Image.fromarray(_inked((levels - FLOOR_DB) / -FLOOR_DB), "RGB")


def _inked(share: npt.NDArray[np.float32]) -> npt.NDArray[np.uint8]:
    """0 to 1 as dark blue over orange to white, ``[rows, columns, 3]``."""
    stops = np.array([[22, 22, 34], [70, 40, 110], [200, 80, 70], [250, 190, 90], [255, 255, 235]], np.float32)
    place = np.clip(share, 0.0, 1.0) * (len(stops) - 1)
    low = np.minimum(place.astype(int), len(stops) - 2)
    part = (place - low)[..., None]
    return np.asarray(np.round(stops[low] * (1 - part) + stops[low + 1] * part), np.uint8)


def _draw_legend(draw: ImageDraw.ImageDraw, view: PackView, colours: Mapping[str, tuple[int, int, int]]) -> None:
    title = f"{view.name}: {len(view.entries)} sounds, like beside like".encode("ascii", "replace").decode()
    draw.text((_MARGIN_PX, 24), title, fill=_TEXT, font=ImageFont.load_default(28))
    left = _MARGIN_PX
    font = ImageFont.load_default(20)
    for name, colour in colours.items():
        draw.rectangle((left, 80, left + 18, 98), fill=colour)
        label = name.replace("_", " ").encode("ascii", "replace").decode()
        draw.text((left + 26, 76), label, fill=_TEXT, font=font)
        left += 46 + round(draw.textlength(label, font=font))

"""The cover of a pack, drawn from its own sounds.

The main loop is a disc: once around is once through the loop, so its seam is nowhere to
be seen; low notes lie inside, high ones outside. The one-shots stand around it as rays.
The whole picture is one field of levels that the pack's palette turns into colours.
"""

import io
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont

from samplegen.audio.features import log_mel_db
from samplegen.audio.io import read_audio
from samplegen.audio.types import Audio
from samplegen.pack.companions import Companion, PackView
from samplegen.pack.manifest import FileEntry
from samplegen.pack.palette import Palette, palette_of
from samplegen.pack.summary import counts_text, facts_text

__all__ = ["ARTWORK_NAME", "SIZE_PX", "cover_jpeg", "draw_cover", "make_artwork"]

Field = npt.NDArray[np.float32]
ARTWORK_NAME: Final = "artwork.png"
SIZE_PX: Final = 1400
_OVERSAMPLING: Final = 2
_BANDS, _COLUMNS = 112, 1440
_RANGE_DB: Final = 58.0
_MAX_RAYS: Final = 48
_BARS_PER_RAY: Final = 14
_GROUND, _TEXT, _FAINT_TEXT = 0.02, 0.97, 0.66
_MAX_DRAWN_S: Final = 30.0
# Letters that no decomposition turns into the font's; names stay readable.
_LETTERS: Final = str.maketrans(
    {"ß": "ss", "ø": "o", "Ø": "O", "æ": "ae", "Æ": "AE", "œ": "oe", "Œ": "OE", "ł": "l", "Ł": "L", "đ": "d", "Đ": "D"}
    | dict(zip("–—’‘“”", "--''\"\"", strict=True))
)  # fmt: skip


@dataclass(frozen=True)
class _Layout:
    """Where things lie, in parts of the side."""

    centre: tuple[float, float] = (0.5, 0.425)
    hole: float = 0.055
    disc: float = 0.298
    rays: float = 0.311
    ray_length: float = 0.075
    margin: float = 0.075
    name_top: float = 0.835
    name_size: float = 0.088
    line_top: float = 0.927
    line_size: float = 0.0235


_LAYOUT: Final = _Layout()


def make_artwork(view: PackView, *, size_px: int = SIZE_PX) -> list[Companion]:
    """``artwork.png``, a square of 1400 × 1400 pixels; equal sounds, name and seed give equal bytes.

    Raises
    ------
    InputError
        If a sound that it draws cannot be read.
    """
    drawn = _drawn_sounds(view)
    buffer = io.BytesIO()
    draw_cover(view, size_px=size_px).save(buffer, format="PNG", optimize=True)
    return [Companion(ARTWORK_NAME, "artwork", buffer.getvalue(), tuple(entry.path for entry in drawn))]


def cover_jpeg(view: PackView, *, size_px: int) -> bytes:
    """The cover without its words, small enough to embed."""
    buffer = io.BytesIO()
    draw_cover(view, size_px=size_px, words=False).convert("RGB").save(buffer, format="JPEG", quality=86)
    return buffer.getvalue()


def draw_cover(view: PackView, *, size_px: int = SIZE_PX, words: bool = True) -> Image.Image:
    """The cover as a picture of 256 colours, square.

    Parameters
    ----------
    view
        The pack.
    size_px
        Width and height.
    words
        Whether to typeset name and facts below the disc; without, the disc stands in the middle.
    """
    layout = _LAYOUT if words else _Layout(centre=(0.5, 0.5), disc=0.36, rays=0.375, ray_length=0.1, hole=0.066)
    levels = Image.fromarray(np.round(255.0 * _field(view, layout, size_px * _OVERSAMPLING)).astype(np.uint8))
    levels = levels.resize((size_px, size_px), Image.Resampling.BOX)
    if words:
        _typeset(levels, view, layout)
    levels.putpalette(_bytes_of(palette_of(seed=view.seed, name=view.name)))
    return levels


def main_sound(view: PackView) -> FileEntry | None:
    """What stands for the pack: its first drum loop, else its first loop, else its longest sound."""
    loops = view.of_kind("loop")
    drums = [entry for entry in loops if "drum" in entry.category]
    if drums or loops:
        return (drums or list(loops))[0]
    return max(view.entries, key=lambda entry: entry.length, default=None)


def _drawn_sounds(view: PackView) -> list[FileEntry]:
    main = main_sound(view)
    return [*([main] if main else []), *_ray_sounds(view, main)]


def _ray_sounds(view: PackView, main: FileEntry | None) -> list[FileEntry]:
    """At most `_MAX_RAYS` one-shots, spread over the pack; of a pack without any, other sounds."""
    some = view.of_kind("one_shot") or tuple(entry for entry in view.entries if entry is not main)
    step = max(1.0, len(some) / _MAX_RAYS)
    return [some[int(number * step)] for number in range(min(len(some), _MAX_RAYS))]


def _field(view: PackView, layout: _Layout, side: int) -> Field:
    """Levels 0 to 1, ``[side, side]``."""
    axis = (np.arange(side, dtype=np.float32) + 0.5) / side
    x, y = axis[None, :] - layout.centre[0], axis[:, None] - layout.centre[1]
    radius = np.hypot(x, y)
    turn = (np.arctan2(x, -y) / (2.0 * np.pi) % 1.0).astype(np.float32)
    levels = (_GROUND + 0.13 * np.exp(-np.square(radius / 0.42))).astype(np.float32)
    main = main_sound(view)
    if main is not None:
        _draw_disc(levels, radius, turn, _disc_levels(_heard(view, main)), layout)
    bars = _ray_bars(view, _ray_sounds(view, main))
    if bars.size:
        _draw_rays(levels, radius, turn, bars, layout)
    return levels


def _heard(view: PackView, entry: FileEntry) -> Audio:
    return read_audio(view.folder / entry.path, max_seconds=_MAX_DRAWN_S)


def _disc_levels(audio: Audio) -> Field:
    """How strongly each band sounds at each turn of the disc, 0 to 1, ``[bands, columns]``."""
    hop = max(1, audio.length // _COLUMNS)
    decibels = log_mel_db(audio, n_fft=2048, hop_length=hop, n_mels=_BANDS, ring=True)
    # Every band against its own loudest moment and the whole: hats show beside kicks.
    top = 0.6 * float(decibels.max()) + 0.4 * decibels.max(axis=1, keepdims=True)
    levels: Field = np.clip(1.0 + (decibels - top) / _RANGE_DB, 0.0, 1.0).astype(np.float32)
    return levels**1.3


def _draw_disc(levels: Field, radius: Field, turn: Field, disc: Field, layout: _Layout) -> None:
    """Interpolate `disc` along turn (as a ring) and band, inside the disc's radii."""
    inside = np.nonzero((radius >= layout.hole) & (radius <= layout.disc))
    bands, columns = disc.shape
    depth = (radius[inside] - layout.hole) / (layout.disc - layout.hole)
    row, column = depth * (bands - 1), turn[inside] * columns
    low_row, left = np.minimum(row.astype(np.int64), bands - 2), column.astype(np.int64) % columns
    down, right = row - low_row, column - np.floor(column)
    nearer = disc[low_row, left] * (1 - right) + disc[low_row, (left + 1) % columns] * right
    farther = disc[low_row + 1, left] * (1 - right) + disc[low_row + 1, (left + 1) % columns] * right
    levels[inside] = 0.055 + 0.885 * (nearer * (1 - down) + farther * down)


def _ray_bars(view: PackView, sounds: Sequence[FileEntry]) -> Field:
    """Heights 0 to 1 of all bars around the disc: each sound's envelope, then a gap."""
    if not sounds:
        return np.zeros(0, np.float32)
    per_ray = max(6, min(40, 600 // len(sounds))) if len(sounds) < _MAX_RAYS else _BARS_PER_RAY
    gap = max(1, per_ray // 7)
    return np.concatenate([np.r_[_envelope(_heard(view, entry), per_ray), np.zeros(gap)] for entry in sounds])


def _envelope(audio: Audio, steps: int) -> Field:
    """Level of a sound in `steps` parts of its heard length, its loudest at 1."""
    samples = np.abs(audio.mono().samples[0])
    heard = np.nonzero(samples > 0.02 * samples.max(initial=0.0))[0]
    samples = samples[: int(heard[-1]) + 1] if heard.size else samples
    samples = np.pad(samples, (0, max(0, steps - samples.size)))
    edges = np.linspace(0, samples.size, steps + 1).astype(np.int64)[:-1]
    peaks = np.maximum.reduceat(samples, edges)
    return np.asarray(0.05 + 0.95 * np.sqrt(peaks / max(float(peaks.max()), 1e-9)), np.float32)


def _draw_rays(levels: Field, radius: Field, turn: Field, bars: Field, layout: _Layout) -> None:
    """Bars that point away from the disc, with room between them."""
    reach = (radius >= layout.rays) & (radius <= layout.rays + layout.ray_length)
    place = turn[reach] * bars.size
    number = np.minimum(place.astype(np.int64), bars.size - 1)
    height = (radius[reach] - layout.rays) / layout.ray_length
    hit = (np.abs(place - number - 0.5) < 0.31) & (height <= bars[number])
    levels[reach] = np.where(hit, 0.86 - 0.42 * height, levels[reach])


def _typeset(picture: Image.Image, view: PackView, layout: _Layout) -> None:
    """Name and facts, left below the disc; a name whose letters the font lacks stays away."""
    side = picture.width
    draw, left, room = ImageDraw.Draw(picture), layout.margin * side, (1.0 - 2.0 * layout.margin) * side
    name = _drawable(view.name)
    if name:
        font, name = _fitted(name, size=layout.name_size * side, room=room)
        baseline = (layout.name_top + 0.062) * side
        draw.text((left, baseline), name, fill=round(255 * _TEXT), font=font, anchor="ls")
    facts = "  ·  ".join(part for part in (facts_text(view), counts_text(view.entries)) if part)
    font, facts = _fitted(_drawable(facts), size=layout.line_size * side, room=room)
    draw.text((left, layout.line_top * side), facts, fill=round(255 * _FAINT_TEXT), font=font, anchor="lt")


def _drawable(text: str) -> str:
    """`text` in the letters of Pillow's built-in font: Latin without accents, and a few signs."""
    plain = unicodedata.normalize("NFKD", text.translate(_LETTERS))
    kept = "".join(letter for letter in plain if letter == "·" or (ord(letter) < 127 and letter.isprintable()))
    return kept.strip()


def _fitted(text: str, *, size: float, room: float) -> tuple[ImageFont.FreeTypeFont | ImageFont.ImageFont, str]:
    """The built-in font, as large as `text` fits into `room` pixels but not below half of `size`; then it is cut."""
    font = ImageFont.load_default(size)
    width = font.getlength(text)
    if width > room:
        font = ImageFont.load_default(max(0.5 * size, size * room / width))
    while text and font.getlength(text) > room:
        text = text.removesuffix("...")[:-1].rstrip() + "..."
    return font, text


def _bytes_of(palette: Palette) -> bytes:
    return bytes(value for colour in palette.gradient(256) for value in colour)

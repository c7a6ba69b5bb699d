"""Colours of a pack: one palette for its cover and its page, drawn from its seed and name.

Colours are chosen in OKLCH, where equal lightness looks equally light (Ottosson 2020,
https://bottosson.github.io/posts/oklab/), and reach the contrast that WCAG 2.2 asks of text.
"""

import hashlib
import math
from dataclasses import dataclass
from typing import Final

Rgb = tuple[int, int, int]
TEXT_CONTRAST: Final = 4.5

# Hue of the ground and of the light above it, in degrees; pairs that look well together.
_PAIRS: Final = (
    (265.0, 60.0), (300.0, 35.0), (240.0, 150.0), (200.0, 85.0), (330.0, 70.0), (165.0, 100.0),
    (30.0, 75.0), (280.0, 200.0), (220.0, 20.0), (350.0, 310.0), (130.0, 110.0), (255.0, 335.0),
)  # fmt: skip
_HUE_SPREAD: Final = 14.0


@dataclass(frozen=True)
class Palette:
    """Two hues in degrees: `ground` for dark areas, `glow` for light ones and accents."""

    ground: float
    glow: float

    def gradient(self, steps: int = 256) -> tuple[Rgb, ...]:
        """From nearly black through the ground's hue to the light's, lightness rising evenly."""
        return tuple(self._shade(step / max(1, steps - 1)) for step in range(steps))

    def accent(self, ground: Rgb, *, lightness: float, chroma: float = 0.13) -> Rgb:
        """The colour of the light's hue nearest to `lightness` that is legible on `ground`."""
        step = 0.01 if luminance(ground) < 0.18 else -0.01
        while 0.0 < lightness < 1.0:
            colour = oklch_to_rgb(lightness, chroma, self.glow)
            if contrast(colour, ground) >= TEXT_CONTRAST + 0.1:
                return colour
            lightness += step
        return (255, 255, 255) if step > 0 else (0, 0, 0)

    def _shade(self, level: float) -> Rgb:
        turn = (self.glow - self.ground + 540.0) % 360.0 - 180.0
        hue = self.ground + turn * _smooth((level - 0.25) / 0.6)
        chroma = 0.035 + 0.135 * math.sin(math.pi * min(1.0, level * 0.92 + 0.06)) ** 1.2
        return oklch_to_rgb(0.16 + 0.80 * level**0.9, chroma, hue)


def palette_of(*, seed: int, name: str) -> Palette:
    """The palette of a pack; packs with another seed or name mostly have another one."""
    digest = hashlib.sha256(f"{seed}/{name}".encode("utf-8", "surrogatepass")).digest()
    ground, glow = _PAIRS[digest[0] % len(_PAIRS)]
    turn = (digest[1] / 255.0 - 0.5) * 2.0 * _HUE_SPREAD
    return Palette((ground + turn) % 360.0, (glow + turn) % 360.0)


def oklch_to_rgb(lightness: float, chroma: float, hue: float) -> Rgb:
    """The sRGB colour, with as much of the chroma as sRGB holds.

    Parameters
    ----------
    lightness
        0 to 1.
    chroma
        0 to about 0.37.
    hue
        In degrees.
    """
    while True:
        linear = _oklch_to_linear(lightness, chroma, hue)
        if chroma <= 0.0 or all(-1e-4 <= value <= 1.0001 for value in linear):
            red, green, blue = (round(255.0 * _encode(min(1.0, max(0.0, value)))) for value in linear)
            return red, green, blue
        chroma = max(0.0, chroma - 0.005)


def luminance(colour: Rgb) -> float:
    """Relative luminance 0 to 1 (WCAG 2.2)."""
    red, green, blue = (_decode(value / 255.0) for value in colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: Rgb, other: Rgb) -> float:
    """Contrast ratio 1 to 21 (WCAG 2.2)."""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def rgb_to_hex(colour: Rgb) -> str:
    """Such as ``#10a0ff``."""
    return "#{:02x}{:02x}{:02x}".format(*colour)


def _oklch_to_linear(lightness: float, chroma: float, hue: float) -> tuple[float, float, float]:
    a, b = chroma * math.cos(math.radians(hue)), chroma * math.sin(math.radians(hue))
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    middle = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    return (
        4.0767416621 * long - 3.3077115913 * middle + 0.2309699292 * short,
        -1.2684380046 * long + 2.6097574011 * middle - 0.3413193965 * short,
        -0.0041960863 * long - 0.7034186147 * middle + 1.7076147010 * short,
    )


def _encode(value: float) -> float:
    return float(12.92 * value if value <= 0.0031308 else 1.055 * value ** (1.0 / 2.4) - 0.055)


def _decode(value: float) -> float:
    return float(value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4)


def _smooth(value: float) -> float:
    value = min(1.0, max(0.0, value))
    return value * value * (3.0 - 2.0 * value)

"""Colours of the figures: those of the specifications, and ones told apart by everybody."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from samplegen.errors import UsageError

Colour = str | tuple[float, float, float]
PaletteName = Literal["spec", "colour-blind"]


@dataclass(frozen=True)
class Palette:
    """Every colour a figure uses, as matplotlib understands them.

    `clusters` has one colour for each of the eight possible clusters; `hot` and
    `cold` are the ends of the temperature bar; `colour_map` names matplotlib's map.
    """

    clusters: tuple[Colour, ...]
    models: Mapping[str, Colour]
    hot: Colour
    cold: Colour
    original: Colour
    result: Colour
    mark: Colour
    colour_map: str

    def cluster(self, index: int) -> Colour:
        """Colour of cluster `index`, counted around when there are more than eight."""
        return self.clusters[index % len(self.clusters)]


_SPEC = Palette(
    clusters=(
        (0.25, 0.45, 0.85), (0.85, 0.35, 0.25), (0.25, 0.75, 0.45), (0.75, 0.25, 0.75),
        (0.85, 0.65, 0.15), (0.25, 0.65, 0.85), (0.65, 0.15, 0.35), (0.45, 0.45, 0.25),
    ),
    models=MappingProxyType(
        {"ae_weighted": (0.2, 0.5, 0.8), "ar_smear": (0.7, 0.3, 0.5), "latent": (0.2, 0.65, 0.45)}
    ),
    hot=(0.95, 0.55, 0.10),
    cold=(0.15, 0.30, 0.80),
    original=(0.50, 0.50, 0.50),
    result=(0.15, 0.30, 0.80),
    mark=(0.85, 0.35, 0.25),
    colour_map="magma",
)  # fmt: skip

# Okabe and Ito, "Color Universal Design" (2008); cividis is made for red-green blindness.
_COLOUR_BLIND = Palette(
    clusters=("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000", "#F0E442"),
    models=MappingProxyType({"ae_weighted": "#0072B2", "ar_smear": "#D55E00", "latent": "#009E73"}),
    hot="#E69F00",
    cold="#0072B2",
    original="#8C8C8C",
    result="#0072B2",
    mark="#D55E00",
    colour_map="cividis",
)

PALETTES: Mapping[str, Palette] = MappingProxyType({"spec": _SPEC, "colour-blind": _COLOUR_BLIND})


def palette_of(name: str) -> Palette:
    """The palette called `name`.

    Raises
    ------
    UsageError
        If there is none of that name.
    """
    if name not in PALETTES:
        raise UsageError(f"There is no palette {name!r}. Choose one of: {', '.join(PALETTES)}.")
    return PALETTES[name]

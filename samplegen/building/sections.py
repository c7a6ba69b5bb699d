"""From the sections of a recipe to orders.

A section's seed comes from the recipe's and from what the section asks for, not from its
place, name or count: so a change of one section leaves the sounds of all others as they
are, and more sounds of a section leave those that it had.
"""

import dataclasses
import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from samplegen.building.effects import WithEffects
from samplegen.pack.keys import KEYED_ONE_SHOTS, PITCHED_LOOPS
from samplegen.pack.licence import SOURCE_LICENCE
from samplegen.pack.orders import Order
from samplegen.pack.recipes.effects import to_chain
from samplegen.pack.recipes.types import (
    GeneratorSection,
    HumanizedSection,
    KitSection,
    LoopSection,
    OneShotSection,
    Recipe,
    RiserSection,
    SoundSection,
    TextureSection,
)
from samplegen.pack.requests import LoopRequest, MorphRequest, OneShotRequest, PhaseRequest
from samplegen.post.presets import find_chain

if TYPE_CHECKING:
    from samplegen.engines.alpha_blend import Generator
    from samplegen.post.chains import Chain

# What leaves the noise as it is: more sounds, other effects, another key.
_NOT_SEEDING = frozenset(
    {"name", "line", "count", "formats", "seed", "export_events", "fx", "key", "negative", "guidance_bpm",
     "guidance_text", "amount", "of"}
)  # fmt: skip


@dataclass(frozen=True)
class Part:
    """Sounds that one order makes.

    Parameters
    ----------
    name
        Of the section, with ``/k`` for its k-th kit.
    """

    name: str
    section: SoundSection
    order: Order


@dataclass
class Planner:
    """Makes the orders of one recipe; models are loaded once, when the first order needs them.

    Parameters
    ----------
    out
        Where the pack will lie.
    default_model
        For sections without one, where the recipe names none.
    """

    recipe: Recipe
    out: Path
    default_model: str
    _generators: dict[str, "Generator"] = field(default_factory=dict)
    _seen: dict[str, int] = field(default_factory=dict)

    @property
    def generators(self) -> Mapping[str, "Generator"]:
        """The generators that were loaded, by name."""
        return self._generators

    def generator(self, name: str | None = None, *, steered: bool = False) -> "Generator":
        """The generator of a section, or the recipe's, or the default; where it is to be `steered`, a teacher."""
        from samplegen.engines.alpha_blend import load_generator

        wanted = name or self.recipe.model or self.default_model
        if wanted not in self._generators:
            self._generators[wanted] = load_generator(wanted)
        found = self._generators[wanted]
        return self.generator(found.teacher) if steered and found.teacher is not None else found

    def parts(self) -> Iterator[Part]:
        """Orders of all sections but those that need finished sounds."""
        recipe = self.recipe
        for loops in recipe.loops:
            yield from self._loops(loops)
        for one_shots in recipe.one_shots:
            yield self._one_shots(one_shots)
        for kits in recipe.kits:
            yield from self._kits(kits)
        for risers in recipe.risers:
            yield from self._risers(risers)
        for textures in recipe.textures:
            yield self._textures(textures)

    def humanized(self, section: HumanizedSection, sources: tuple[Path, ...]) -> Part:
        """Takes of `sources`, which lie in the pack, or are the user's own."""
        from samplegen.variations.orders.humanize import HumanizeOrder, HumanizeRequest

        request = HumanizeRequest(
            count=section.count, out=self.out, seed=self._seed(section), inputs=sources, amount=section.amount,
            layers=section.layers, model=self.recipe.model or self.default_model,
            licence=SOURCE_LICENCE if section.source else self.generator().description.licence,
        )  # fmt: skip
        return self._part(section, HumanizeOrder(request, generator=self.generator(steered=True)))

    def _loops(self, section: LoopSection) -> Iterator[Part]:
        from samplegen.pack.loop_order import LoopOrder

        for bpm in section.bpm or self.recipe.bpm:
            seed = self._seed(section, bpm=bpm)
            request = LoopRequest(
                **self._asked(section, seed), count=section.count, bpm=bpm, bars=section.bars,
                meter=section.meter or self.recipe.meter, kind=section.kind,
            )  # fmt: skip
            yield Part(
                section.name,
                section,
                LoopOrder(request, self.generator(section.model, steered=_is_steered(section)), seed=seed),
            )

    def _one_shots(self, section: OneShotSection) -> Part:
        from samplegen.pack.one_shot_order import OneShotOrder

        seed = self._seed(section)
        request = OneShotRequest(**self._asked(section, seed), count=section.count, kinds=section.kinds)
        return Part(
            section.name,
            section,
            OneShotOrder(request, self.generator(section.model, steered=_is_steered(section)), seed=seed),
        )

    def _kits(self, section: KitSection) -> Iterator[Part]:
        from samplegen.pack.one_shot_order import OneShotOrder

        kinds = tuple(kind for kind, count in section.slots.items() for _ in range(count))
        for number in range(1, section.count + 1):
            seed = self._seed(section, kit=number)
            request = OneShotRequest(**self._asked(section, seed), count=len(kinds), kinds=kinds)
            order = OneShotOrder(request, self.generator(section.model, steered=_is_steered(section)), seed=seed)
            yield Part(f"{section.name}/{number}", section, order)

    def _risers(self, section: RiserSection) -> Iterator[Part]:
        from samplegen.variations.orders.riser import RiserOrder, RiserRequest

        for bpm in section.bpm or self.recipe.bpm:
            request = RiserRequest(
                count=section.count, out=self.out, seed=self._seed(section, bpm=bpm), bpm=bpm, bars=section.bars,
                meter=section.meter or self.recipe.meter, inputs=(section.source,) if section.source else (),
                direction=section.direction, pitch=section.pitch, fx=self._chain(section),
            )  # fmt: skip
            yield Part(section.name, section, RiserOrder(request))

    def _textures(self, section: TextureSection) -> Part:
        return self._part(section, self._morph(section) if section.engine == "morph" else self._phase(section))

    def _morph(self, section: TextureSection) -> Order:
        from samplegen.engines.morph_chain.grid import Grid
        from samplegen.engines.morph_chain.presets import settings_for
        from samplegen.pack.morph_order import MorphOrder

        grid = None
        if section.grid is not None:
            numerator, denominator = self.recipe.meter
            bpm = section.bpm or next(iter(self.recipe.bpm), 0.0)
            grid = Grid(bpm, Fraction(section.grid), section.bars, numerator, denominator)
        preset = section.preset.replace("-", "_")
        request = MorphRequest(
            count=section.count, out=self.out, seed=self._seed(section), inputs=(section.source,), preset=preset,
            settings=settings_for(preset or None, **section.set), grid=grid, export_events=section.export_events,
        )  # fmt: skip
        return MorphOrder(request)

    def _phase(self, section: TextureSection) -> Order:
        from samplegen.engines.phase_diffusion.presets import settings_for
        from samplegen.pack.phase_order import PhaseOrder

        preset = section.preset.replace("-", "_")
        request = PhaseRequest(
            count=section.count, out=self.out, seed=self._seed(section), inputs=(section.source,), preset=preset,
            settings=settings_for(preset or None, **section.set),
        )  # fmt: skip
        return PhaseOrder(request)

    def _asked(self, section: GeneratorSection, seed: int) -> dict[str, Any]:
        """What loops, one-shots and kits ask for alike."""
        return {
            "out": self.out, "seed": seed, "model": section.model or self.recipe.model, "style": section.style,
            "prompt": section.prompt, "negative": section.negative, "key": self._key(section),
            "fx": self._chain(section), "guidance_bpm": section.guidance_bpm,
            "guidance_text": section.guidance_text,
        }  # fmt: skip

    def _key(self, section: GeneratorSection) -> str | None:
        """The section's, or the pack's where all that it makes has a key."""
        if section.key is not None:
            return section.key
        loop = isinstance(section, LoopSection) and f"loop_{section.kind}" in PITCHED_LOOPS
        shots = isinstance(section, OneShotSection) and section.kinds and set(section.kinds) <= set(KEYED_ONE_SHOTS)
        return self.recipe.key if loop or shots else None

    def _chain(self, section: SoundSection) -> "Chain | None":
        if section.fx is None:
            return None
        own = self.recipe.effects.get(section.fx)
        if own is None:
            return find_chain(section.fx)
        return to_chain(section.fx, own)

    def _part(self, section: SoundSection, order: Order) -> Part:
        """With the section's chain, where the order knows of none."""
        chain = self._chain(section)
        return Part(section.name, section, order if chain is None else cast(Order, WithEffects(order, chain)))

    def _seed(self, section: SoundSection, **more: object) -> int:
        """31 bits of SHA-256 over what is asked, and over how often the very same was asked before."""
        if section.seed is not None and not more:
            return section.seed
        asked = {
            name: value.name if isinstance(value, Path) else value
            for name, value in dataclasses.asdict(section).items()
            if name not in _NOT_SEEDING
        }
        base = self.recipe.seed if section.seed is None else section.seed
        told = json.dumps([type(section).__name__, base, asked, more], sort_keys=True, default=str)
        again = self._seen[told] = self._seen.get(told, -1) + 1
        return int.from_bytes(hashlib.sha256(f"{told}/{again}".encode()).digest()[:4], "big") >> 1


def _is_steered(section: GeneratorSection) -> bool:
    """Whether it asks for what few-step students refuse."""
    return section.negative is not None or (section.guidance_bpm, section.guidance_text) != (None, None)

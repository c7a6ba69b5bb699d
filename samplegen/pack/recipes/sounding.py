"""Sections that make sounds: loops, one-shots, kits, humanized takes, risers, textures."""

import dataclasses
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal, TypedDict, get_args

from samplegen.errors import UsageError
from samplegen.pack.prompt_facts import Fact
from samplegen.pack.recipes import limits, music
from samplegen.pack.recipes.fields import Table, nearest
from samplegen.pack.recipes.names import check_name
from samplegen.pack.recipes.sources import Sources
from samplegen.pack.recipes.texture_settings import check_grid, check_settings
from samplegen.pack.recipes.types import (
    HumanizedSection,
    InstrumentFormat,
    KitSection,
    LoopSection,
    OneShotSection,
    RiserSection,
    TextureSection,
)
from samplegen.post.presets import PRESETS
from samplegen.units import bars_to_seconds

# A kit that plays most styles, where a recipe names no slots.
DEFAULT_SLOTS: Final[Mapping[str, int]] = {
    "kick": 2, "snare": 2, "clap": 1, "rim": 1, "hat_closed": 2, "hat_open": 1, "tom": 2, "cymbal": 1, "percussion": 4,
}  # fmt: skip
_ENGINES: Final[tuple[Literal["morph", "phase"], ...]] = ("morph", "phase")
INSTRUMENT_FORMATS: Final[tuple[InstrumentFormat, ...]] = get_args(InstrumentFormat)


@dataclass(frozen=True, kw_only=True)
class Surroundings:
    """What the rest of a recipe says that its sections are read by.

    Parameters
    ----------
    bpm, meter
        The pack's.
    chains
        Names of the recipe's own effect chains.
    """

    bpm: tuple[float, ...]
    meter: tuple[int, int]
    chains: Collection[str]
    sources: Sources

    def require_tempo(self, table: Table) -> None:
        """Refuse a section that needs the pack's tempo where there is none."""
        if not self.bpm:
            raise table.error(f"[[{table.title}]] needs a tempo. Give bpm here or in [pack], such as bpm = 128.")


class _Sounds(TypedDict):
    name: str
    line: int
    count: int
    fx: str | None
    seed: int | None


class _Generated(_Sounds):
    prompt: str | None
    negative: str | None
    style: str | None
    key: str | None
    model: str | None
    guidance_bpm: float | None
    guidance_text: float | None


def keys_of(section: type) -> tuple[str, ...]:
    """The keys that a section may have."""
    return tuple(field.name for field in dataclasses.fields(section) if field.name != "line")


def name_of(table: Table) -> str:
    """The section's name; without one its kind and number, such as ``loops-1``."""
    kind, index = table.place
    return table.checked("name", check_name) or f"{kind}-{int(index) + 1}"


def model_of(table: Table) -> str | None:
    """``model``: a name, never a path."""
    return table.checked("model", _check_model)


def seed_of(table: Table) -> int | None:
    """``seed``."""
    return table.optional_integer("seed", low=0, high=limits.MAX_SEED) if table.has("seed") else None


def read_loops(table: Table, around: Surroundings) -> LoopSection:
    """One of ``[[loops]]``; what its prompt says counts as if a key said it."""
    facts = music.facts_of(table)
    bpm, bars = music.tempi_of(table), table.integer("bars", low=1, high=limits.MAX_BARS, fallback=4)
    meter, kind = music.meter_of(table), table.checked("kind", music.read_loop_kind)
    if facts is not None:
        tempo = _agreed(table, "bpm", facts.bpm, list(bpm or around.bpm))
        bpm = bpm or (() if around.bpm or tempo is None else (tempo,))
        bars = _agreed(table, "bars", facts.bars, [bars] if table.has("bars") else []) or bars
        said = _agreed(table, "meter", facts.meter, [meter] if meter else [])
        meter = meter or said
    if not bpm:
        around.require_tempo(table)
    if table.has("key") and kind not in (None, *music.PITCHED_LOOPS):
        raise table.refuse("key", f"only with kind = {' or '.join(music.PITCHED_LOOPS)}; {kind} loops have no key")
    return LoopSection(**_generated(table, around), kind=kind, bpm=bpm, bars=bars, meter=meter)


def read_one_shots(table: Table, around: Surroundings) -> OneShotSection:
    """One of ``[[one_shots]]``."""
    kinds = tuple(_kind(table, place, item) for place, item in table.items("kinds"))
    if len(set(kinds)) != len(kinds):
        raise table.refuse("kinds", "each kind once; raise count for more")
    if table.has("key") and not set(kinds) <= set(music.KEYED_ONE_SHOTS):
        raise table.refuse("key", f"only where all kinds are of {', '.join(music.KEYED_ONE_SHOTS)}")
    return OneShotSection(**_generated(table, around), kinds=kinds)


def read_kit(table: Table, around: Surroundings) -> KitSection:
    """One of ``[[kits]]``."""
    slots = _slots(table)
    if table.has("key") and not set(slots) <= set(music.KEYED_ONE_SHOTS):
        raise table.refuse("key", f"only where all slots are of {', '.join(music.KEYED_ONE_SHOTS)}")
    return KitSection(**_generated(table, around), slots=slots, formats=formats_of(table))


def read_humanized(table: Table, around: Surroundings) -> HumanizedSection:
    """One of ``[[humanized]]``; what `of` means is checked when all sections are known."""
    sounds = _sounds(table, around)
    source, of = around.sources.find(table, section=sounds["name"]), of_in(table)
    if bool(of) == (source is not None):
        raise table.error(
            '[[humanized]] needs either of = ["a section of one-shots"] or source = "a folder of your own", not both.'
        )
    if sounds["count"] > limits.MAX_TAKES:
        raise table.refuse("count", f"1 to {limits.MAX_TAKES} takes of each sound")
    amount = table.number("amount", low=0.0, high=limits.MAX_AMOUNT)
    return HumanizedSection(
        **sounds, of=of, source=source, amount=1.0 if amount is None else amount,
        layers=table.integer("layers", low=1, high=limits.MAX_LAYERS, fallback=1), formats=formats_of(table),
    )  # fmt: skip


def read_riser(table: Table, around: Surroundings) -> RiserSection:
    """One of ``[[risers]]``."""
    sounds, bpm = _sounds(table, around), music.tempi_of(table)
    if not bpm:
        around.require_tempo(table)
    meter, bars = music.meter_of(table), table.integer("bars", low=1, high=limits.MAX_BARS, fallback=4)
    seconds = bars_to_seconds(bars, bpm=min(bpm or around.bpm), beats_per_bar=(meter or around.meter)[0])
    if seconds > limits.MAX_RISER_S:
        raise table.error(f"{bars} bars last {seconds:.0f} s; a riser may last {limits.MAX_RISER_S:g}.", "bars")
    return RiserSection(
        **sounds, bpm=bpm, bars=bars, meter=meter,
        direction=table.choice("direction", ("up", "down", "impact"), fallback="up"),
        pitch=table.number("pitch", low=-limits.MAX_SEMITONES, high=limits.MAX_SEMITONES) or 0.0,
        source=around.sources.find(table, section=sounds["name"]),
    )  # fmt: skip


def read_texture(table: Table, around: Surroundings) -> TextureSection:
    """One of ``[[textures]]``."""
    sounds, engine = _sounds(table, around), table.choice("engine", _ENGINES, fallback="phase")
    source = around.sources.find(table, section=sounds["name"])
    if source is None:
        raise table.error('[[textures]] needs a source, such as source = "@recording" or a file beside the recipe.')
    preset, settings = check_settings(table, engine)
    bpm, bars = table.number("bpm", low=limits.MIN_BPM, high=limits.MAX_BPM), table.integer(
        "bars", low=1, high=limits.MAX_BARS, fallback=4
    )  # fmt: skip
    grid = check_grid(table, engine=engine, bpm=(bpm,) if bpm else around.bpm, bars=bars, meter=around.meter)
    export = table.flag("export_events", fallback=False)
    if export and engine != "morph":
        raise table.refuse("export_events", 'only with engine = "morph", which cuts a recording into events')
    return TextureSection(
        **sounds, source=source, engine=engine, preset=preset, grid=grid, bars=bars, bpm=bpm, export_events=export,
        set=settings,
    )  # fmt: skip


def formats_of(table: Table) -> tuple[InstrumentFormat, ...]:
    """``formats`` of instruments."""
    return table.choices("formats", INSTRUMENT_FORMATS, fallback=INSTRUMENT_FORMATS)


def of_in(table: Table) -> tuple[str, ...]:
    """``of``: names of sections, each once."""
    names = tuple(item for _, item in table.items("of"))
    if not all(isinstance(name, str) for name in names) or len(set(names)) != len(names):
        raise table.refuse("of", "names of sections, each once")
    return names


def _sounds(table: Table, around: Surroundings) -> _Sounds:
    """What all sections of sounds have."""
    fx, known = table.text("fx"), (*PRESETS, *around.chains)
    if fx is not None and fx not in known:
        raise table.error(f"fx = {fx!r} is no effect chain.{nearest(fx, known)} Allowed: {', '.join(known)}.", "fx")
    return {
        "name": name_of(table),
        "line": table.line,
        "count": table.integer("count", low=1, high=limits.MAX_SECTION_SOUNDS, fallback=1),
        "fx": fx,
        "seed": seed_of(table),
    }


def _generated(table: Table, around: Surroundings) -> _Generated:
    """What all sections of a generator's sounds have."""
    music.facts_of(table)  # a prompt that contradicts itself is refused
    return {
        **_sounds(table, around),
        "prompt": table.text("prompt", longest=2000),
        "negative": table.text("negative", longest=2000),
        "style": music.style_of(table),
        "key": music.key_of(table),
        "model": model_of(table),
        "guidance_bpm": table.number("guidance_bpm", low=0.0, high=limits.MAX_SCALE),
        "guidance_text": table.number("guidance_text", low=0.0, high=limits.MAX_SCALE),
    }


def _agreed(table: Table, key: str, fact: Fact[Any] | None, given: list[Any]) -> Any:
    """What a prompt says, None where nothing; it must be what `given` says, if anything."""
    if fact is None:
        return None
    if given and given != [fact.value]:
        raise table.error(f'the prompt says "{fact.words}", but the recipe\'s {key} differs. Leave it out.', "prompt")
    return fact.value


def _kind(table: Table, place: int, item: object) -> str:
    try:
        return music.read_one_shot_kind(item if isinstance(item, str) else "")
    except UsageError as error:
        raise table.error(str(error), "kinds", place) from error


def _slots(table: Table) -> Mapping[str, int]:
    """``slots``: kind to number of sounds."""
    values = table.values.get("slots", DEFAULT_SLOTS)
    if not isinstance(values, dict) or not values:
        raise table.refuse("slots", "a table such as { kick = 2, snare = 2, hat_closed = 1 }")
    slots: dict[str, int] = {}
    for name, number in values.items():
        try:
            kind = music.read_one_shot_kind(name)
        except UsageError as error:
            raise table.error(str(error), "slots", name) from error
        if isinstance(number, bool) or not isinstance(number, int) or not 1 <= number <= limits.MAX_SLOT:
            raise table.error(f"slots has {name} = {number!r:.60}; allowed: 1 to {limits.MAX_SLOT}.", "slots", name)
        slots[kind] = number
    return slots


def _check_model(text: str) -> str:
    plain = text.replace("-", "").replace("_", "").replace(".", "")
    if not plain.isalnum() or not text[0].isalnum() or ".." in text:
        raise UsageError(f"{text!r:.60} is not a model's name but a path. 'samplegen models list' shows the names.")
    return text

"""Roles of rendered loops: what each plays, how often, and which kind of loop a model knows it as."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from samplegen.score.events import Pattern
from samplegen.score.harmony import draw_arpeggio, draw_clear_key, draw_lead, draw_pad, draw_roots, says_its_key
from samplegen.score.melodies import Key, draw_bass, draw_chords
from samplegen.score.patterns import draw_pattern, draw_percussion

_ATTEMPTS = 40
_TOPS = ("snare", "clap", "hat_closed", "hat_open", "tom", "cymbal", "percussion", "rim", "fx")


@dataclass(frozen=True)
class Role:
    """A role's kind, its share of the kind's loops, what captions call it, and words that always apply."""

    kind: str
    share: float
    noun: str
    tags: tuple[str, ...] = ()
    tonal: bool = False
    echoes: float = 0.06
    ducks: float = 0.0


ROLES: Mapping[str, Role] = {
    "drums": Role("loop_drums", 1.0, "drum loop"),
    "tops": Role("loop_tops", 1.0, "top loop"),
    "kick": Role("loop_kick", 1.0, "kick loop", echoes=0.02),
    "percussion": Role("loop_percussion", 1.0, "percussion loop", echoes=0.12),
    "bass": Role("loop_bass", 1.0, "bass loop", tonal=True, echoes=0.03, ducks=0.15),
    "chord": Role("loop_chord", 0.45, "chord loop", ("chord",), tonal=True, echoes=0.2, ducks=0.15),
    "pad": Role("loop_chord", 0.3, "pad loop", ("pad",), tonal=True, echoes=0.1, ducks=0.3),
    "arp": Role("loop_chord", 0.14, "arpeggio loop", ("pluck",), tonal=True, echoes=0.3, ducks=0.1),
    "lead": Role("loop_chord", 0.11, "lead loop", ("lead",), tonal=True, echoes=0.3),
}
LOOP_WEIGHTS: Mapping[str, float] = {
    "loop_drums": 0.36, "loop_tops": 0.12, "loop_kick": 0.07,
    "loop_percussion": 0.11, "loop_bass": 0.13, "loop_chord": 0.21,
}  # fmt: skip


def draw_role(kind: str, *, rng: np.random.Generator) -> str:
    """One of the roles of a kind, by their shares."""
    names = [name for name, role in ROLES.items() if role.kind == kind]
    shares = np.array([ROLES[name].share for name in names])
    return names[int(rng.choice(len(names), p=shares / shares.sum()))]


def draw_role_pattern(
    role: str, style: str, *, rng: np.random.Generator, bars: int, meter: tuple[int, int]
) -> tuple[Pattern, str | None]:
    """What `role` plays in `style`, and the scale of its key where it has one."""
    if not ROLES[role].tonal:
        return _drums(role, style, rng=rng, bars=bars, meter=meter), None
    for _ in range(_ATTEMPTS):
        key = draw_clear_key(rng=rng)
        pattern = _tonal(role, style, rng=rng, bars=bars, meter=meter, key=key)
        if says_its_key(pattern, key):
            break
    return pattern, key.scale


def _tonal(role: str, style: str, *, rng: np.random.Generator, bars: int, meter: tuple[int, int], key: Key) -> Pattern:
    roots = draw_roots(key, rng=rng)
    if role == "lead":
        return draw_lead(style, rng=rng, bars=bars, meter=meter, key=key)
    if role == "bass":
        return draw_bass(style, rng=rng, bars=bars, meter=meter, key=key, roots=roots)
    if role == "chord":
        return draw_chords(style, rng=rng, bars=bars, meter=meter, key=key, roots=roots, arpeggio=False)
    draw = draw_pad if role == "pad" else draw_arpeggio
    return draw(style, rng=rng, bars=bars, meter=meter, key=key, roots=roots)


def _drums(role: str, style: str, *, rng: np.random.Generator, bars: int, meter: tuple[int, int]) -> Pattern:
    if role == "percussion":
        return draw_percussion(style, rng=rng, bars=bars, meter=meter)
    kinds = {"kick": ("kick",), "tops": _TOPS}.get(role)
    return draw_pattern(style, rng=rng, bars=bars, meter=meter, kinds=kinds)

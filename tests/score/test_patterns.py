import numpy as np
import pytest

from samplegen.errors import UsageError
from samplegen.score.events import Pattern
from samplegen.score.patterns import draw_pattern, draw_percussion, euclidean_rhythm
from samplegen.score.styles import LINE_STEPS, STYLE_TABLE, STYLES

METERS = [(4, 4), (3, 4), (5, 4), (7, 8), (6, 8)]


def _draw(style: str, seed: int, **options: object) -> Pattern:
    return draw_pattern(style, rng=np.random.default_rng(seed), bars=2, **options)  # type: ignore[arg-type]


@pytest.mark.parametrize("style", STYLES)
def test_every_line_fills_whole_bars_with_known_symbols(style: str) -> None:
    for layer in STYLE_TABLE[style].layers:
        for line in layer.lines:
            assert len(line) % LINE_STEPS == 0 and set(line) <= set(".Xxog123456789")


@pytest.mark.parametrize("meter", METERS)
@pytest.mark.parametrize("style", STYLES)
def test_events_stay_inside_their_bars(style: str, meter: tuple[int, int]) -> None:
    for seed in range(6):
        for pattern in (
            _draw(style, seed, meter=meter),
            draw_percussion(style, rng=np.random.default_rng(seed), bars=1, meter=meter),
        ):
            assert pattern.events
            assert all(0.0 <= e.start < pattern.beats and 0.0 < e.velocity <= 1.0 for e in pattern.events)
            assert list(pattern.events) == sorted(pattern.events, key=lambda event: event.start)


@pytest.mark.parametrize("style", STYLES)
def test_styles_vary_and_a_seed_repeats(style: str) -> None:
    assert len({_draw(style, seed).events for seed in range(30)}) >= 28
    assert _draw(style, 4) == _draw(style, 4)


def test_styles_keep_their_signature() -> None:
    def share(style: str, kind: str, beat: float) -> float:
        hits = [any(e.kind == kind and e.start == beat for e in _draw(style, seed).events) for seed in range(30)]
        return float(np.mean(hits))

    assert min(share(style, "kick", beat) for style in ("house", "techno") for beat in (0.0, 2.0)) > 0.9
    assert share("dnb", "snare", 1.0) > 0.95 and share("dnb", "kick", 2.5) > 0.9
    assert share("trap", "snare", 2.0) > 0.95 and share("trap", "snare", 1.0) < 0.05
    assert share("dub", "rim", 2.0) > 0.5 and share("dub", "kick", 1.0) < 0.5


def test_only_the_asked_kinds_play() -> None:
    for seed in range(20):
        assert _draw("house", seed, kinds=("kick",)).layers == ("kick",)
        assert "kick" not in _draw("dnb", seed, kinds=("snare", "hat_closed", "tom")).layers


def test_trap_rolls_faster_than_sixteenths_and_some_loops_end_in_a_fill() -> None:
    drawn = [draw_pattern("trap", rng=np.random.default_rng(seed), bars=4) for seed in range(20)]
    straight = [event.start for pattern in drawn if pattern.swing == 0.5 for event in pattern.events]
    assert any((start * 4.0) % 1.0 > 0.01 for start in straight)
    assert 4 <= sum("fill" in pattern.tags for pattern in drawn) <= 18


def test_swing_lies_between_half_and_two_thirds() -> None:
    swings = {_draw("hiphop", seed).swing for seed in range(40)}
    assert 0.5 in swings and len(swings) > 5 and max(swings) <= 0.66


@pytest.mark.parametrize(
    ("hits", "steps", "expected"), [(3, 8, "x..x..x."), (4, 16, "x...x...x...x..."), (5, 8, "x.x.xx.x"), (0, 4, "....")]
)
def test_euclidean_rhythms(hits: int, steps: int, expected: str) -> None:
    rhythm = "".join("x" if hit else "." for hit in euclidean_rhythm(hits, steps=steps))
    assert rhythm.count("x") == hits
    assert any(rhythm[k:] + rhythm[:k] == expected for k in range(steps))


def test_unknown_styles_are_refused() -> None:
    with pytest.raises(UsageError, match="polka.*house"):
        _draw("polka", 0)

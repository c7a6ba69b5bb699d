from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from samplegen.errors import InputError
from samplegen.pack.arrangement import arrange, key_signature, track_of
from samplegen.pack.song import Arrangement, Grid, Placed
from tests.pack.projects.views import full_pack, make_entry, make_view

NOWHERE = Path("nowhere")


@pytest.mark.parametrize(
    ("bpm", "meter", "quarters", "quarter_bpm", "bar_s"),
    [
        (120, (4, 4), 4, 120, 2),
        (87.5, (7, 8), Fraction(7, 2), Fraction(175, 4), Fraction(24, 5)),
        (180, (7, 8), Fraction(7, 2), 90, Fraction(7, 3)),
        (60, (3, 2), 6, 120, 3),
    ],
)
def test_bpm_counts_the_meters_beat_and_daws_count_quarters(
    bpm: float, meter: tuple[int, int], quarters: Fraction, quarter_bpm: Fraction, bar_s: Fraction
) -> None:
    grid = Grid(Fraction(str(bpm)), meter)
    assert (grid.quarters_per_bar, grid.quarter_bpm, grid.bar_s) == (quarters, quarter_bpm, bar_s)
    assert grid.quarters_per_bar * 60 / grid.quarter_bpm == grid.bar_s


def by_track(arrangement: Arrangement) -> dict[str, list[Placed]]:
    return {track: [one for one in arrangement.placed if one.track == track] for track in arrangement.tracks}


def names(arrangement: Arrangement, section: int) -> dict[str, str]:
    part = arrangement.sections[section]
    return {one.track: one.entry.path for one in arrangement.placed if one.start == part.start}


def check(arrangement: Arrangement) -> None:
    """What holds for every arrangement."""
    for placed in by_track(arrangement).values():
        assert all(one.start + one.bars <= after.start for one, after in pairwise(placed))
    for one in arrangement.placed:
        assert 0 <= one.start and one.start + one.bars <= arrangement.bars
        assert 0 <= one.fade_in + one.fade_out <= one.bars
        if one.entry.bpm:
            assert (Fraction(str(one.entry.bpm)), one.entry.meter) == (arrangement.grid.bpm, arrangement.grid.meter)
    for section in arrangement.sections:
        sounding = [one for one in arrangement.placed if one.start == section.start and one.is_loop]
        assert sounding, f"nothing plays in the {section.name}"
        assert len({key_signature(one.entry.key) for one in sounding} - {None}) <= 1
        assert not {"drums", "kick"} <= {one.track for one in sounding}


def test_a_full_pack_fills_the_sections() -> None:
    (arrangement,) = arrange(full_pack(NOWHERE))
    check(arrangement)
    assert [section.name for section in arrangement.sections] == ["intro", "build", "drop", "break", "drop", "outro"]
    assert [section.start for section in arrangement.sections] == [0, 8, 16, 24, 32, 40]
    assert arrangement.bars == 48
    assert set(names(arrangement, 2)) == {"drums", "tops", "bass", "chord", "impacts"}
    assert names(arrangement, 2)["drums"] != names(arrangement, 4)["drums"]
    assert "drums" not in names(arrangement, 3)


def test_risers_end_on_the_drops_and_impacts_stand_there() -> None:
    (arrangement,) = arrange(full_pack(NOWHERE))
    tracks = by_track(arrangement)
    rises = [one for one in tracks["risers"] if one.entry.category == "riser"]
    assert [one.start + one.bars for one in rises] == [16, 32]
    assert [one.start for one in tracks["risers"] if one.entry.category == "downlifter"] == [24, 40]
    assert [(one.start, one.entry.path) for one in tracks["impacts"]] == [
        (16, "Sounds/boom.wav"), (32, "Sounds/boom.wav")
    ]  # fmt: skip


def test_a_riser_that_is_too_long_or_of_another_tempo_stays_out() -> None:
    entries = [make_entry("loop"), make_entry("long", "riser", "riser", bars=16)]
    entries.append(make_entry("other", "riser", "riser", bpm=140.0))
    (arrangement,) = arrange(make_view(NOWHERE, entries))
    assert "risers" not in arrangement.tracks


def test_crashes_stand_in_for_impacts_but_takes_do_not() -> None:
    take = make_entry("take", "one_shot", "cymbal", parameters={"take": 1, "source": "crash"})
    (arrangement,) = arrange(make_view(NOWHERE, [make_entry("loop"), take, make_entry("crash", "one_shot", "cymbal")]))
    impacts = by_track(arrangement)["impacts"]
    assert {one.entry.path for one in impacts} == {"Sounds/crash.wav"}
    assert impacts[0].bars == Fraction(20_000, 44_100) / 2


def test_a_texture_longer_than_its_section_fades_out_over_a_bar() -> None:
    (arrangement,) = arrange(full_pack(NOWHERE))
    textures = by_track(arrangement)["textures"]
    assert [(one.start, one.bars, one.fade_out) for one in textures] == [(0, 8, 1), (24, 8, 1), (40, 8, 1)]


def test_loops_fade_only_where_they_begin_or_break_off() -> None:
    bass = [make_entry("bass", category="bass")]
    (arrangement,) = arrange(make_view(NOWHERE, bass))
    edges = [(one.fade_in > 0, one.fade_out > 0) for one in arrangement.placed]
    assert edges == [(True, False), *[(False, False)] * 4, (False, True)]
    (arrangement,) = arrange(make_view(NOWHERE, [make_entry("kick", category="kick", bars=16)]))
    assert [(one.fade_in > 0, one.fade_out > 0) for one in arrangement.placed] == [(False, True)] * 6


def test_loops_that_fit_whole_are_preferred() -> None:
    entries = [make_entry(f"{bars}", bars=bars) for bars in (16, 3, 1)]
    (arrangement,) = arrange(make_view(NOWHERE, entries))
    assert {one.entry.path for one in arrangement.placed} == {"Sounds/1.wav"}


def test_unlike_keys_are_not_stacked_and_relative_ones_are() -> None:
    bass, chord = make_entry("bass", category="bass", key="Am"), make_entry("chord", category="chord", key="F#")
    (arrangement,) = arrange(make_view(NOWHERE, [bass, chord]))
    assert names(arrangement, 2) == {"bass": "Sounds/bass.wav"}
    assert names(arrangement, 3) == {"chord": "Sounds/chord.wav"}
    relative = make_entry("relative", category="chord", key="C")
    (arrangement,) = arrange(make_view(NOWHERE, [bass, chord, relative]))
    assert names(arrangement, 2) == {"bass": "Sounds/bass.wav", "chord": "Sounds/relative.wav"}


def test_the_packs_own_key_comes_first() -> None:
    basses = [make_entry(key.replace("#", "s"), category="bass", key=key) for key in ("C", "C", "F#")]
    (arrangement,) = arrange(make_view(NOWHERE, basses, key="F#"))
    assert {one.entry.key for one in arrangement.placed} == {"F#"}


@pytest.mark.parametrize(
    ("one", "other", "same"), [("Am", "C", True), ("F#m", "A", True), ("Bb", "A#", True), ("A", "Am", False)]
)
def test_signatures(one: str, other: str, same: bool) -> None:
    assert (key_signature(one) == key_signature(other)) is same


@pytest.mark.parametrize(
    ("category", "track"),
    [("loop_kick", "kick"), ("texture", "textures"), ("perc", "percussion"), ("vocal", "loops"), ("risers", "loops")],
)
def test_tracks(category: str, track: str) -> None:
    assert track_of(make_entry("x", category=category)) == track


def test_every_tempo_and_meter_has_an_arrangement_of_its_own() -> None:
    entries = [make_entry("a", bpm=174.0), make_entry("b", bpm=87.0), make_entry("c", bpm=174.0, meter=(7, 8))]
    arrangements = arrange(make_view(NOWHERE, entries))
    assert [(float(one.grid.bpm), one.grid.meter) for one in arrangements] == [
        (174.0, (4, 4)), (87.0, (4, 4)), (174.0, (7, 8))
    ]  # fmt: skip
    assert [{placed.entry.path for placed in one.placed} for one in arrangements] == [
        {"Sounds/a.wav"}, {"Sounds/b.wav"}, {"Sounds/c.wav"}
    ]  # fmt: skip


def test_the_seed_decides_and_equal_seeds_agree() -> None:
    view = full_pack(NOWHERE)
    entries = [make_entry(f"d{number}") for number in range(20)]
    chosen = [arrange(make_view(NOWHERE, entries, seed=seed))[0].placed for seed in (1, 1, 2)]
    assert chosen[0] == chosen[1] != chosen[2]
    assert arrange(view) == arrange(view)


def test_hundreds_of_loops_and_a_single_one() -> None:
    (arrangement,) = arrange(make_view(NOWHERE, [make_entry(f"d{number}") for number in range(300)]))
    check(arrangement)
    assert len(arrangement.loops["drums"]) == 300 and len(arrangement.used) == 2
    (arrangement,) = arrange(make_view(NOWHERE, [make_entry("only", category="bass", key="Am")]))
    check(arrangement)


def test_without_loops_the_error_says_where() -> None:
    view = make_view(NOWHERE, [make_entry("kick", "one_shot", "kick")])
    with pytest.raises(InputError, match=r"The section x has no loops to arrange"):
        arrange(view, place="The section x")


@st.composite
def packs(draw: st.DrawFn) -> list[Any]:
    categories = st.sampled_from(("drums", "tops", "kick", "percussion", "bass", "chord", "vocal", "texture"))
    keys = st.sampled_from((None, "Am", "C", "F#", "Bb", "Gm"))
    meter = draw(st.sampled_from(((4, 4), (7, 8), (3, 4))))
    loops = draw(st.lists(st.tuples(categories, keys, st.sampled_from((1, 2, 3, 4, 8, 16))), min_size=1, max_size=30))
    entries = [
        make_entry(f"l{number}", category=category, key=key, bars=bars, meter=meter)
        for number, (category, key, bars) in enumerate(loops)
    ]
    risers = draw(
        st.lists(st.tuples(st.sampled_from(("riser", "downlifter", "impact")), st.integers(1, 12)), max_size=5)
    )
    entries += [make_entry(f"r{n}", "riser", kind, bars=bars, meter=meter) for n, (kind, bars) in enumerate(risers)]
    lengths = draw(st.lists(st.integers(1, 3_000_000), max_size=3))
    return entries + [make_entry(f"t{n}", "texture", "phase", length=length) for n, length in enumerate(lengths)]


@settings(max_examples=30, deadline=None)
@given(packs(), st.integers(0, 99), st.sampled_from(((8,) * 6, (4, 4, 8, 4, 8, 4), (1,) * 6)))
def test_any_pack_makes_a_sound_arrangement(entries: list[Any], seed: int, section_bars: tuple[int, ...]) -> None:
    for arrangement in arrange(make_view(NOWHERE, entries, seed=seed), section_bars=section_bars):
        check(arrangement)

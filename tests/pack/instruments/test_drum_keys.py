from pathlib import Path

import pytest

from samplegen.pack.instruments.drum_keys import KEYS, MOST_SOUNDS, assign_keys, deal_kits, slot_of
from samplegen.pack.instruments.voices import Voice, voices_of
from tests.pack.instruments.packs import entry


def voices(*categories: str) -> list[Voice]:
    return voices_of(entry(f"{category}-{number}", category=category) for number, category in enumerate(categories))


def keys(*categories: str) -> dict[str, int]:
    at = assign_keys(voices(*categories), height=lambda voice: float(voice.label.split("-")[1]))
    return {voice.label: key for key, voice in at.items()}


def test_first_sounds_lie_on_the_keys_of_general_midi() -> None:
    found = keys("kick", "rim", "snare", "clap", "hat_closed", "hat_open", "cymbal", "percussion", "tom")
    assert list(found.values()) == sorted(found.values())
    assert found == {
        "kick-0": 36, "rim-1": 37, "snare-2": 38, "clap-3": 39, "hat_closed-4": 42, "tom-8": 47, "hat_open-5": 46,
        "cymbal-6": 49, "percussion-7": 60,
    }  # fmt: skip


def test_second_sounds_lie_beside_and_further_ones_behind_the_percussion() -> None:
    found = keys("kick", "kick", "kick", "hat_closed", "hat_closed", "hat_closed", "percussion", "bass")
    assert found == {
        "kick-0": 36, "kick-1": 35, "kick-2": 62, "hat_closed-3": 42, "hat_closed-4": 44, "hat_closed-5": 63,
        "percussion-6": 60, "bass-7": 61,
    }  # fmt: skip


@pytest.mark.parametrize(
    "count, expected", [(1, [47]), (2, [43, 48]), (3, [43, 47, 50]), (6, [41, 43, 45, 47, 48, 50])]
)
def test_toms_spread_from_low_to_high(count: int, expected: list[int]) -> None:
    heights = [float(count - number) for number in range(count)]  # the first is the highest
    tones = voices(*["tom"] * count)
    found = assign_keys(tones, height=lambda voice: heights[tones.index(voice)])
    assert list(found) == expected
    assert list(found.values()) == tones[::-1]


def test_a_ride_is_told_from_a_crash_by_its_name() -> None:
    (ride,) = voices_of([entry("SG_dark-ride_1", category="cymbal")])
    (crash,) = voices_of([entry("SG_bridesmaid_1", category="cymbal")])
    assert (slot_of(ride), slot_of(crash)) == ("ride", "crash")


def test_no_two_sounds_share_a_key_and_none_is_lost() -> None:
    many = voices(*list(KEYS) * 40)
    kits = deal_kits(many)
    assert sum(map(len, kits)) == len(many) and max(map(len, kits)) <= MOST_SOUNDS
    for kit in kits:
        assert sorted(voice.label for voice in assign_keys(kit, height=lambda _: 0.0).values()) == sorted(
            voice.label for voice in kit
        )
        assert {slot_of(voice) for voice in kit} == set(map(slot_of, many))


def test_entries_need_no_files(tmp_path: Path) -> None:
    assert deal_kits([]) == []

"""Reading option values; the refusals are tested on the commands in test_app."""

import pytest

from samplegen.cli.options import parse_bars, parse_bpm, parse_count, parse_key, parse_meter, parse_minutes, parse_seed
from samplegen.errors import UsageError
from samplegen.pack.sound import Tags


@pytest.mark.parametrize(
    "text, bpm", [("60", 60.0), ("87.5", 87.5), ("174.3", 174.3), ("200", 200.0), ("1.2e2", 120.0)]
)
def test_bpm(text: str, bpm: float) -> None:
    assert parse_bpm(text) == bpm


@pytest.mark.parametrize("text", ["", "59.99", "200.01", "inf", "128bpm", "1,5", "0x80"])
def test_bpm_refused(text: str) -> None:
    with pytest.raises(UsageError, match="60 to 200"):
        parse_bpm(text)


@pytest.mark.parametrize("text, meter", [("3/4", (3, 4)), (" 7 / 8 ", (7, 8)), ("16/16", (16, 16)), ("1/2", (1, 2))])
def test_meter(text: str, meter: tuple[int, int]) -> None:
    assert parse_meter(text) == meter


@pytest.mark.parametrize("text", ["", "4", "4/", "/4", "4/3", "0/4", "17/4", "-3/4", "4/4/4", "4.0/4", "9999999999/4"])
def test_meter_refused(text: str) -> None:
    with pytest.raises(UsageError, match="such as 4/4"):
        parse_meter(text)


@pytest.mark.parametrize(
    "text, key",
    [
        ("Am", "Am"),
        ("a minor", "Am"),
        ("C", "C"),
        ("c major", "C"),
        ("F#min", "F#m"),
        ("Bb", "Bb"),
        ("E♭m", "Ebm"),
        ("bm", "Bm"),
    ],
)
def test_key_is_what_tags_accept(text: str, key: str) -> None:
    assert parse_key(text) == key
    assert Tags(kind="one_shot", category="bass", key=key).root is not None


@pytest.mark.parametrize("text", ["", "H", "A##", "Am7", "minor", "C dorian"])
def test_key_refused(text: str) -> None:
    with pytest.raises(UsageError, match="Write it like"):
        parse_key(text)


def test_whole_numbers_stay_exact() -> None:
    assert parse_seed(str(2**63 - 1)) == 2**63 - 1
    assert parse_bars("16") == 16 and parse_count("8") == 8


@pytest.mark.parametrize("text", [str(2**63), "1e3", "0x10", "٣", "9" * 5000])
def test_seed_refused(text: str) -> None:
    with pytest.raises(UsageError, match="--seed"):
        parse_seed(text)


@pytest.mark.parametrize("text", ["0", "-1", "nan", "inf", "soon"])
def test_minutes_refused(text: str) -> None:
    with pytest.raises(UsageError, match="above 0"):
        parse_minutes(text)

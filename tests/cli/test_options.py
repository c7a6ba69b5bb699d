"""Reading option values; the refusals are tested on the commands in test_app."""

from pathlib import Path

import pytest

from samplegen.cli.options import (
    parse_bars,
    parse_bpm,
    parse_count,
    parse_guidance_bpm,
    parse_guidance_text,
    parse_key,
    parse_like,
    parse_meter,
    parse_minutes,
    parse_seed,
    parse_share,
)
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


@pytest.mark.parametrize(
    ("text", "path", "weight"),
    [
        ("a.wav", "a.wav", 1.0),
        ("a b.wav:0.5", "a b.wav", 0.5),
        ("C:\\kick.wav", "C:\\kick.wav", 1.0),
        ("C:\\kick.wav:2", "C:\\kick.wav", 2.0),
        ("a:b", "a:b", 1.0),
        (":3", ":3", 1.0),
    ],
)
def test_like(text: str, path: str, weight: float) -> None:
    assert parse_like(text) == (Path(path), weight)


def test_a_file_that_looks_like_a_weight_is_a_file(tmp_path: Path) -> None:
    odd = tmp_path / "kick:3"
    odd.write_bytes(b"")
    assert parse_like(str(odd)) == (odd, 1.0)


@pytest.mark.parametrize("text", ["a.wav:0", "a.wav:-1", "a.wav:101", " "])
def test_like_refused(text: str) -> None:
    with pytest.raises(UsageError, match="--like"):
        parse_like(text)


def test_scales_and_shares() -> None:
    assert (parse_guidance_bpm("0"), parse_guidance_text("20"), parse_share("0.25")) == (0.0, 20.0, 0.25)
    for text in ("20.1", "-0.1", "nan", "much"):
        with pytest.raises(UsageError, match="--guidance-text .* from 0 to 20"):
            parse_guidance_text(text)
    with pytest.raises(UsageError, match="--like-weight '2' is not a number from 0 to 1"):
        parse_share("2")

"""Lists of events: every way to write them, what is passed over, and errors with their line and value."""

import json
from pathlib import Path

import pytest

from samplegen.engines.on_the_fly.events import Event
from samplegen.errors import InputError
from samplegen.pack import event_lists
from samplegen.pack.event_lists import EventLine, read_event_list


def written(folder: Path, text: str | bytes) -> Path:
    path = folder / "events.txt"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


@pytest.mark.parametrize(
    "text",
    [
        "0.5,1.25\n2,3",
        "start,end,label\n0.5, 1.25, kick\n2,3,snare, loud\n",
        '"Start (s)";"End (s)"\r\n"0.5";"1.25"\r\n2;3\r\n',
        "0.5 1.25\n\n  2   3  \n",
        "# mine\n0.500000\t1.250000\tkick one\n\\\t100.0\t2000.0\n2.000000\t3.000000\t\n",
        '{"start": 0.5, "end": 1.25, "label": "a"}\n{"end": 3, "start": 2}\n',
        "[0.5, 1.25]\n[2, 3]",
        "\ufeff0.5 1.25\n2 3",
    ],
)
def test_every_way_to_write_a_list(tmp_path: Path, text: str) -> None:
    found = read_event_list(written(tmp_path, text))
    assert [(line.start_s, line.end_s) for line in found.lines] == [(0.5, 1.25), (2.0, 3.0)]
    assert found.on(sample_rate=1000, length=3000) == (Event(500, 1250), Event(2000, 3000))
    assert found.sha256 == read_event_list(written(tmp_path, "0.5 1.25\n2 3")).sha256


def test_lines_are_those_of_the_file(tmp_path: Path) -> None:
    assert read_event_list(written(tmp_path, "# a\n\n2 3\n0 1")).lines == (
        EventLine(3, 2.0, 3.0),
        EventLine(4, 0.0, 1.0),
    )


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("kick 1", "'kick 1' is no event"),
        ("1", "'1' is no event"),
        ("start,end", "'start,end' is no event"),  # a heading stands first
        ("nan 1", "'nan 1' is no event"),
        ("0 inf", "'0 inf' is no event"),
        ("0 1e300", "'0 1e300' is no event"),
        ("[1]", r"'\[1\]' is no event"),
        ("[true, 2]", r"'\[true, 2\]' is no event"),
        ("[[0, 1], [1, 2]]", "is no event"),
        ('{"start": 1}', "is no event"),
        ('{"start": "1", "end": "2"}', "is no event"),
        ("{", "'{' is no event"),
        ("x" * 500, "'x{60}…' is no event"),
        ("-0.5 1", "starts at -0.5 s, before the recording"),
        ("2 1", "ends at 1 s, not behind its start at 2 s"),
        ("1.5\t1.5\tpoint", "ends at 1.5 s, not behind its start at 1.5 s"),
    ],
)
def test_a_line_that_is_no_event(tmp_path: Path, line: str, said: str) -> None:
    with pytest.raises(InputError, match=f"events.txt, line 2: .*{said}") as caught:
        read_event_list(written(tmp_path, f"0 1\n{line}\n"))
    assert str(caught.value).count(". ") <= 1 and len(str(caught.value)) < 250 + len(str(tmp_path))


def test_files_that_are_no_lists(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for text in ("", "\n# nothing\n", "start,end\n"):
        with pytest.raises(InputError, match="holds no event"):
            read_event_list(written(tmp_path, text))
    with pytest.raises(InputError, match="not text in UTF-8"):
        read_event_list(written(tmp_path, b"RIFF\xff\xfe\x00\x00"))
    with pytest.raises(InputError, match="Cannot read .*missing.csv: No such file"):
        read_event_list(tmp_path / "missing.csv")
    with pytest.raises(InputError, match="Cannot read"):
        read_event_list(tmp_path)
    monkeypatch.setattr(event_lists, "MAX_BYTES", 10)
    with pytest.raises(InputError, match="too long"):
        read_event_list(written(tmp_path, "0 1\n" * 3))


def test_events_outside_the_recording(tmp_path: Path) -> None:
    late = read_event_list(written(tmp_path, json.dumps([0, 1]) + "\n2 3.01"))
    with pytest.raises(InputError, match="line 2: the event from 2 to 3.01 s reaches over .* which lasts 3.000 s"):
        late.on(sample_rate=1000, length=3000)
    tiny = read_event_list(written(tmp_path, "1.0001 1.0002"))
    with pytest.raises(InputError, match="line 1: .* holds no sample of the recording at 1000 Hz"):
        tiny.on(sample_rate=1000, length=3000)


def test_an_end_that_was_rounded_up_is_the_end(tmp_path: Path) -> None:
    assert read_event_list(written(tmp_path, "0 3.001")).on(sample_rate=1000, length=3000) == (Event(0, 3000),)

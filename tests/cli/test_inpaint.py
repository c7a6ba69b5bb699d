"""Options of inpaint, extend and transition that say nothing sensible are refused before anything is loaded."""

import pytest

from samplegen.cli.app import run


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (["inpaint", "a.wav", "--gap", "1-2"], "is not a gap"),
        (["inpaint", "--gap", "1:2"], "Name at least one recording"),
        (["inpaint", "a.wav", "--gap", "1:2", "--meter", "4"], "is not a meter"),
        (["extend", "a.wav", "--bars", "0"], "outside 1 to 64"),
        (["extend", "a.wav"], "Say how long"),
        (["transition", "a.wav", "b.wav", "--bpm", "120:x"], "is not a number"),
        (["transition", "a.wav", "b.wav", "--keep", "99"], "outside 0 to 16"),
        (["transition", "a.wav"], "Missing argument"),
    ],
)  # fmt: skip
def test_options_are_checked(capsys: pytest.CaptureFixture[str], line: list[str], why: str) -> None:
    assert run(line) == 2
    assert why in capsys.readouterr().err

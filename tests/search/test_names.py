import pytest

from samplegen.search.names import bpm_of, is_loop, parts_of, spoken


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("DustyRims_02", " dusty rim 02 "),
        ("hi-hats open", " hihat open "),
        ("BD808", " bd 808 "),
        ("TR-808 kick", " 808 kick "),
        ("Café_120bpm", " cafe "),
        ("", "  "),
        ("\udcff\n", "  "),
    ],
)
def test_words_of_a_name(name: str, said: str) -> None:
    assert spoken(name) == said


def test_parts_go_from_near_to_far() -> None:
    assert parts_of("Drums/Kicks/kick.01.wav") == ["kick.01", "Kicks", "Drums"]


@pytest.mark.parametrize(
    ("path", "seconds", "tagged", "loop"),
    [
        ("kick.wav", 0.3, None, False),
        ("drums/top loop.wav", 0.3, None, True),
        ("Loops/One Shots/kick.wav", 9.0, None, False),
        ("One Shots/break_01.wav", 1.0, None, True),
        ("pad.wav", 9.0, None, True),
        ("pad.wav", 9.0, False, False),
        ("thing.wav", 2.0, True, True),
        ("groovebox.wav", 0.4, None, False),
        ("perc_95bpm.wav", 0.4, None, True),
    ],
)
def test_loops_are_told_by_name_then_tag_then_length(
    path: str, seconds: float, tagged: bool | None, loop: bool
) -> None:
    assert is_loop(path, duration_s=seconds, tagged=tagged) is loop


@pytest.mark.parametrize(
    ("path", "loop", "tagged", "bpm"),
    [
        ("loop_128bpm.wav", True, None, 128.0),
        ("BPM 174.5/loop.wav", True, 90.0, 174.5),
        ("loop_95.wav", True, None, 95.0),
        ("loop_95.wav", True, 97.0, 97.0),
        ("kick_95.wav", False, None, None),
        ("loop_909.wav", True, None, None),
        ("loop.wav", True, 128.0, 128.0),
        ("loop.wav", True, 0.0, None),
    ],
)
def test_tempo(path: str, loop: bool, tagged: float | None, bpm: float | None) -> None:
    assert bpm_of(path, loop=loop, tagged=tagged) == bpm

"""Prompts: facts, tags by role, and what is left; nothing a user types ends in a traceback."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from samplegen.errors import UsageError
from samplegen.pack.prompt_facts import Fact
from samplegen.pack.prompts import MAX_WORDS, quoted, settle, settle_choice, understand


def test_a_whole_prompt() -> None:
    prompt = understand("Dark rolling techno drums with shaker at 132 bpm, 4 bars in 7/8, F#m")
    assert (prompt.bpm and prompt.bpm.value, prompt.bars and prompt.bars.value) == (132.0, 4)
    assert (prompt.meter and prompt.meter.value, prompt.key and prompt.key.value) == ((7, 8), "F#m")
    assert (prompt.loop_kinds, prompt.styles, prompt.words) == (("loop_drums",), ("techno",), ("shaker", "dark"))
    assert (prompt.unknown, prompt.text) == (("rolling",), "Dark rolling techno drums with shaker")


@pytest.mark.parametrize(
    ("text", "kinds", "loop_kinds"),
    [
        ("kicks", ("kick",), ()),
        ("open hats and claps", ("clap", "hat_open"), ()),
        ("short punchy 909 kicks, dry", ("kick",), ()),
        ("drum loops", (), ("loop_drums",)),
        ("top loop", (), ("loop_tops",)),
        ("drum and bass", (), ()),
        ("no kick, shakers", (), ("loop_tops",)),
    ],
)
def test_kinds(text: str, kinds: tuple[str, ...], loop_kinds: tuple[str, ...]) -> None:
    prompt = understand(text)
    assert (prompt.kinds, prompt.loop_kinds) == (kinds, loop_kinds)


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("kick one shot", "one_shot"), ("kick one-shots", "one_shot"), ("a single hit", "one_shot"),
        ("drum loop", "loop"), ("toploops", "loop"), ("kick", None), ("loopy lead", None),
        ("one-shot from a drum loop", None),
    ],
)  # fmt: skip
def test_one_shot_or_loop(text: str, form: str | None) -> None:
    found = understand(text).form
    assert (found and found[0]) == form


def test_what_is_denied_is_no_tag() -> None:
    assert understand("snare without the reverb, not noisy, no any distortion").words == ()
    assert understand("snare with reverb").words == ("wet",)


@pytest.mark.parametrize("text", ["", "   ", "\n\t"])
def test_an_empty_prompt_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="--morph-to is empty"):
        understand(text, option="--morph-to")


@pytest.mark.parametrize(
    ("text", "unknown"), [("🥁🔥", ()), ("キック ドラム", ("キック", "ドラム")), ("барабан", ("барабан",))]
)
def test_other_scripts_and_emoji_are_words_nobody_knows(text: str, unknown: tuple[str, ...]) -> None:
    prompt = understand(text)
    assert prompt.tags == () and prompt.unknown == unknown
    assert bool(prompt.text) == bool(unknown)


def test_wide_digits_are_digits() -> None:
    assert understand("１２０ＢＰＭ kick").bpm == Fact(120.0, "120BPM")


def test_a_long_prompt_is_cut_with_a_note() -> None:
    prompt = understand("dark " * 9_999 + "120 bpm")
    assert prompt.notes == (f"--prompt is too long: only its first {MAX_WORDS} words count.",)
    assert prompt.text.split() == ["dark"] * MAX_WORDS and prompt.bpm is None
    assert len(understand("x" * 1_000_000).text) == 2_000
    assert understand("dark " * MAX_WORDS).notes == ()


def test_options_and_prompts_must_agree() -> None:
    found = Fact(120.0, "120 bpm")
    assert settle("--bpm", None, None, fallback=100.0, show="") == 100.0
    assert settle("--bpm", None, found, fallback=100.0, show="") == 120.0
    assert settle("--bpm", 128.0, None, fallback=100.0, show="128") == 128.0
    assert settle("--bpm", 120.0, found, fallback=100.0, show="120") == 120.0
    with pytest.raises(UsageError, match='The prompt says "120 bpm", but --bpm is 128. Leave one'):
        settle("--bpm", 128.0, found, fallback=100.0, show="128")


def test_choices_and_prompts_must_overlap() -> None:
    assert settle_choice("--kind", (), ("kick",)) == ("kick",)
    assert settle_choice("--kind", ("kick", "snare"), ("kick",)) == ("kick", "snare")
    with pytest.raises(UsageError, match='says "bass", but --kind is drums'):
        settle_choice("--kind", ("loop_drums",), ("loop_bass",))


def test_quotations_are_short() -> None:
    assert quoted("a\nb") == '"a b"' and len(quoted("dark " * 100)) <= 64


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=60) | st.text(alphabet="aAbBmM#♭1278/ .,-bpminorbars", max_size=40))
def test_any_text_is_understood_or_refused(text: str) -> None:
    try:
        prompt = understand(text)
    except UsageError:
        return
    assert len(prompt.text) <= 2_000


@pytest.mark.parametrize(
    ("given", "left", "denied"),
    [
        ("snare, not bright", "snare", '"not bright"'),
        ("kick, no distortion, not too long", "kick", '"no distortion" and "not too long"'),
        ("non-metallic rim", "rim", '"non-metallic"'),
    ],
)
def test_what_is_denied_is_not_asked_for(given: str, left: str, denied: str) -> None:
    prompt = understand(given)
    assert prompt.text == left and denied in prompt.notes[0] and "--negative" in prompt.notes[0]


@pytest.mark.parametrize(
    "given", ["snare, no reverb", "drum loop without the kick", "drums no swing", "tops, no hi-hats", "nocturnal kick"]
)
def test_what_captions_say_with_no_stays(given: str) -> None:
    assert understand(given).text == given and not understand(given).notes

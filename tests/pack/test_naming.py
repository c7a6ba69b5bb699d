"""Names follow the template, hold only allowed characters, and never collide."""

import itertools

import pytest

from samplegen.errors import UsageError
from samplegen.pack.naming import (
    DEFAULT_TEMPLATE,
    TEMPLATES,
    bpm_to_text,
    check_prefix,
    check_template,
    is_splice_name,
    pick_words,
    slug,
    sound_name,
)
from samplegen.pack.sound import Tags
from samplegen.pack.words import WORDS

LOOP = Tags(kind="loop", category="kick", bpm=128, bars=4, key="Am")


def test_the_default_template() -> None:
    assert sound_name(LOOP, word="anvil") == "SG_128_kick_loop_anvil_Am.wav"


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        (Tags(kind="one_shot", category="hat_closed"), "SG_hat-closed_one-shot_anvil.wav"),
        (Tags(kind="loop", category="loop_drums", bpm=87.5, bars=1), "SG_87-5_drums_loop_anvil.wav"),
        (Tags(kind="loop", category="bass", bpm=174.3, bars=2, key="F#m"), "SG_174-3_bass_loop_anvil_F#m.wav"),
        (Tags(kind="riser", category="riser", bpm=132, bars=4), "SG_132_riser_anvil.wav"),
        (Tags(kind="texture", category="Été / brûlé"), "SG_Ete-brule_texture_anvil.wav"),
    ],
)
def test_empty_fields_vanish_with_their_underscore(tags: Tags, expected: str) -> None:
    assert sound_name(tags, word="anvil") == expected


def test_a_template_of_ones_own() -> None:
    name = sound_name(LOOP, word="moss", template="{word}-{genre}-{bars}bars_{meter}", prefix="")
    assert name == "moss-4bars_4-4.wav"


@pytest.mark.parametrize(
    ("template", "message"),
    [
        ("{prefix}_{tempo}_{word}", r"unknown field \{tempo\}.*\{bpm\}"),
        ("{word.__class__}", "unknown field"),
        ("{word!r}", "unknown field"),
        ("{word:>9999999}", "unknown field"),
        ("{}", "unknown field"),
        ("{word", "cannot be read"),
        ("../{word}", "may hold only"),
        ("a b{word}", "may hold only"),
        ("{prefix}_{bpm}", r"needs \{word\}"),
    ],
)
def test_a_bad_template_is_refused(template: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        check_template(template)


@pytest.mark.parametrize("prefix", ["../x", "a b", "a/b", "é", "x" * 41, "C:\\"])
def test_a_bad_prefix_is_refused(prefix: str) -> None:
    with pytest.raises(UsageError, match="prefix"):
        check_prefix(prefix)


@pytest.mark.parametrize("category", ["../../etc/passwd", "a\\b", "con\0", "..", "🥁 drum"])
def test_no_field_leaves_the_folder(category: str) -> None:
    name = sound_name(Tags(kind="one_shot", category=category), word="moss")
    assert is_splice_name(name.removesuffix(".wav"))


def test_a_name_that_is_too_long_is_refused() -> None:
    with pytest.raises(UsageError, match="not usable"):
        sound_name(Tags(kind="one_shot", category="x" * 200), word="moss")


@pytest.mark.parametrize(
    ("bpm", "text"),
    [(128, "128"), (128.0, "128"), (87.5, "87-5"), (174.3, "174-3"), (100, "100"), (66.666666, "66-667")],
)
def test_tempi_in_names(bpm: float, text: str) -> None:
    assert bpm_to_text(bpm) == text


def test_words_are_many_short_distinct_and_plain() -> None:
    assert len(WORDS) >= 300 and len(set(WORDS)) == len(WORDS)
    assert all(word.isascii() and word.isalpha() and word.islower() and 2 < len(word) < 11 for word in WORDS)


def test_words_never_repeat_and_depend_on_the_seed() -> None:
    count = len(WORDS) * 3
    first = list(itertools.islice(pick_words(seed=1), count))
    assert len(set(first)) == count
    assert all(is_splice_name(word) for word in first)
    assert first == list(itertools.islice(pick_words(seed=1), count))
    assert first != list(itertools.islice(pick_words(seed=2), count))


def test_taken_words_are_left_out() -> None:
    first, second = itertools.islice(pick_words(seed=3), 2)
    assert next(pick_words(seed=3, taken=[first])) == second


def test_slug_keeps_sharps() -> None:
    assert slug("C#m / bright_") == "C#m-bright"


@pytest.mark.parametrize(
    ("tags", "template", "expected"),
    [
        (LOOP, "splice", "SG_128_kick_loop_anvil_Am.wav"),
        (LOOP, "loopmasters", "SG_KickLoop_128_Am_Anvil.wav"),
        (Tags(kind="loop", category="loop_drums", bpm=132, bars=4), "loopmasters", "SG_DrumLoop_132_Anvil.wav"),
        (Tags(kind="one_shot", category="hat_closed"), "loopmasters", "SG_ClosedHat_Anvil.wav"),
        (Tags(kind="one_shot", category="fx"), "loopmasters", "SG_FX_Anvil.wav"),
        (Tags(kind="riser", category="riser", bpm=132, bars=4), "loopmasters", "SG_Riser_132_Anvil.wav"),
        (Tags(kind="riser", category="impact", bpm=132, bars=4), "loopmasters", "SG_Impact_132_Anvil.wav"),
        (Tags(kind="texture", category="phase"), "loopmasters", "SG_PhaseTexture_Anvil.wav"),
        (LOOP, "tempo-first", "128_Am_kick_loop_anvil.wav"),
        (LOOP, "plain", "kick_loop_128_Am_anvil.wav"),
        (LOOP, "short", "kick_anvil.wav"),
    ],
)
def test_templates_by_name(tags: Tags, template: str, expected: str) -> None:
    assert sound_name(tags, word="anvil", template=template) == expected
    assert is_splice_name(expected.removesuffix(".wav"))


def test_pairs_of_words_are_joined_in_capitals() -> None:
    assert sound_name(LOOP, word="ember-quartz", template="loopmasters") == "SG_KickLoop_128_Am_EmberQuartz.wav"


def test_every_named_template_is_usable_and_a_name_stands_for_its_template() -> None:
    assert all(check_template(name) == check_template(text) for name, text in TEMPLATES.items())
    assert TEMPLATES["splice"] == DEFAULT_TEMPLATE


def test_an_unknown_template_name_says_which_there_are() -> None:
    with pytest.raises(UsageError, match=r"no name template 'loopmaster'\. Did you mean 'loopmasters'\?.*splice"):
        check_template("loopmaster")

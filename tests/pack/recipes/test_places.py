"""Lines are found in every form that TOML allows."""

import tomllib

import pytest

from samplegen.pack.recipes.places import Places

TEXT = '''\
# [not a table]
[pack]
name = "a # [x] = 'y'"
bpm = [
  120,  # one
  130.5,
]
"odd key" = """
[[loops]]
name = "inside a text"
""""
after = 1

[[loops]]
kind = "drums"
  [loops.set]
  a.b = { x = 1, y = { z = 2 }, "q" = [ { m = 1 },
    { n = 2 } ], w = 3 }
[[loops]]
[[effects.glue.effect]]
type = 'X'
[[ effects . "glue" . effect ]]
type = \'\'\'Y
[pack]\'\'\'
gain = -1.5e3
'''
LINES = [
    (("pack",), 2),
    (("pack", "name"), 3),
    (("pack", "bpm"), 4),
    (("pack", "bpm", 0), 5),
    (("pack", "bpm", 1), 6),
    (("pack", "odd key"), 8),
    (("pack", "after"), 12),
    (("loops", 0), 14),
    (("loops", 0, "kind"), 15),
    (("loops", 0, "set"), 16),
    (("loops", 0, "set", "a", "b", "x"), 17),
    (("loops", 0, "set", "a", "b", "y", "z"), 17),
    (("loops", 0, "set", "a", "b", "q", 1, "n"), 18),
    (("loops", 0, "set", "a", "b", "w"), 18),
    (("loops", 1), 19),
    (("effects", "glue", "effect", 0, "type"), 21),
    (("effects", "glue", "effect", 1), 22),
    (("effects", "glue", "effect", 1, "gain"), 25),
]


def test_the_text_is_toml() -> None:
    assert set(tomllib.loads(TEXT)) == {"pack", "loops", "effects"}


@pytest.mark.parametrize(("place", "line"), LINES, ids=str)
@pytest.mark.parametrize("ending", ["\n", "\r\n"], ids=["unix", "windows"])
def test_lines_of_keys_and_elements(place: tuple[str | int, ...], line: int, ending: str) -> None:
    assert Places(TEXT.replace("\n", ending)).line_of(*place) == line


def test_what_is_missing_stands_where_its_table_does() -> None:
    places = Places(TEXT)
    assert places.line_of("loops", 1, "bpm") == 19
    assert places.line_of("nothing") == 1


def test_a_text_without_a_final_line_end() -> None:
    assert Places("a = 1\nb = [1,\n2]").line_of("b", 1) == 3

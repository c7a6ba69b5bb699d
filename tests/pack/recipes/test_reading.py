"""What a recipe says is read completely; what is wrong in it is named with line and value."""

import os
from pathlib import Path

import numpy as np
import pytest
import soundfile

from samplegen.errors import InputError
from samplegen.pack.recipes.effects import to_chain
from samplegen.pack.recipes.limits import planned_sounds
from samplegen.pack.recipes.reading import read_recipe
from samplegen.pack.recipes.sounding import DEFAULT_SLOTS

PACK = '[pack]\nname = "P"\nbpm = 120\n'  # three lines
LOOPS = "[[loops]]\n"
EVERYTHING = """\
[pack]
name = "Anvil"
prefix = "AT"
artist = "me"
description = "Two\\nlines."
bpm = [120, 132.5]
meter = "7/8"
key = "f# minor"
seed = 7
model = "my-model"
licence = "CC0-1.0"
template = "loopmasters"
hardware = true
artwork = false
audition = false
demo = false
apple_loops = true

[[loops]]
kind = "loop_bass"
count = 3
bars = 2
bpm = 90
meter = "3/4"
key = "Bb"
fx = "glue"
seed = 4
prompt = "deep"
negative = "bright"
style = "house"
model = "other"
guidance_bpm = 2
guidance_text = 3.5

[[loops]]
name = "drums"
prompt = "2 bar drum loop"

[[one_shots]]
name = "hits"
count = 4
kinds = ["kick", "hat-closed"]

[[kits]]
slots = { kick = 2, snare = 1 }
count = 2
formats = ["sfz"]

[[kits]]

[[humanized]]
of = ["hits", "kits-1"]
count = 3
layers = 2
amount = 0.5

[[humanized]]
source = "@hits"

[[risers]]
direction = "down"
pitch = -12
bars = 8
source = "rain.wav"

[[textures]]
source = "rain.wav"
engine = "morph"
preset = "plasma_burst"
grid = "2/16"
bpm = 100
bars = 2
export_events = true
set = { learning_steps = 20, top_k = "auto" }

[[textures]]
source = "rain.wav"
preset = "veil"

[[instruments]]
kind = "round_robin"
of = ["humanized-1"]
formats = ["bitwig"]

[[midi]]
kind = "pattern"
count = 5
style = "dnb"
bars = 2
humanize = 0.5

[[midi]]
of = "drums"

[[projects]]
formats = ["reaper"]
of = ["drums", "textures-1", "risers-1"]

[effects.glue]
input_peak_db = -3
[[effects.glue.effect]]
type = "Compressor"
ratio = 2
"""


def record(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, np.zeros(4410, np.float32), 44_100, "PCM_16")
    return path


def write(folder: Path, text: str) -> Path:
    path = folder / "x.toml"
    path.write_text(text, "utf-8")
    return path


def error_of(folder: Path, text: str, **inputs: Path) -> str:
    path = write(folder, text)
    with pytest.raises(InputError) as caught:
        read_recipe(path, inputs=inputs)
    message = str(caught.value)
    assert "\n" not in message and len(message) < 800
    return message.replace(str(path), "x.toml")


def test_everything(tmp_path: Path) -> None:
    rain = record(tmp_path / "rain.wav")
    hits = record(tmp_path / "elsewhere" / "kick.wav").parent
    recipe = read_recipe(write(tmp_path, EVERYTHING), inputs={"hits": hits})
    assert (recipe.name, recipe.prefix, recipe.artist, recipe.description) == ("Anvil", "AT", "me", "Two\nlines.")
    assert (recipe.bpm, recipe.meter, recipe.key, recipe.seed) == ((120.0, 132.5), (7, 8), "F#m", 7)
    assert (recipe.model, recipe.licence) == ("my-model", "CC0-1.0")
    assert recipe.template == "{prefix}_{Sound}_{bpm}_{key}_{Word}"
    assert (recipe.hardware, recipe.artwork, recipe.audition, recipe.demo, recipe.apple_loops) == (
        True, False, False, False, True,
    )  # fmt: skip
    bass, drums = recipe.loops
    assert (bass.name, bass.line, bass.kind, bass.count, bass.bars, bass.bpm) == ("loops-1", 19, "bass", 3, 2, (90.0,))
    assert (bass.meter, bass.key, bass.fx, bass.seed, bass.style) == ((3, 4), "Bb", "glue", 4, "house")
    assert (bass.prompt, bass.negative, bass.model) == ("deep", "bright", "other")
    assert (bass.guidance_bpm, bass.guidance_text) == (2.0, 3.5)
    assert (drums.name, drums.kind, drums.bars, drums.bpm, drums.meter) == ("drums", None, 2, (), None)
    assert recipe.one_shots[0].kinds == ("kick", "hat_closed")
    assert recipe.kits[0].slots == {"kick": 2, "snare": 1} and recipe.kits[0].formats == ("sfz",)
    assert recipe.kits[1].slots == DEFAULT_SLOTS and recipe.kits[1].name == "kits-2"
    takes, own = recipe.humanized
    assert (takes.of, takes.count, takes.layers, takes.amount) == (("hits", "kits-1"), 3, 2, 0.5)
    assert (own.source, own.of, own.amount) == (hits, (), 1.0)
    riser = recipe.risers[0]
    assert (riser.direction, riser.pitch, riser.bars, riser.source) == ("down", -12.0, 8, rain)
    morph, veil = recipe.textures
    assert (morph.engine, morph.preset, morph.grid, morph.bpm, morph.bars) == ("morph", "plasma-burst", "1/8", 100.0, 2)
    assert morph.export_events and morph.set == {"learning_steps": 20, "top_k": "auto"}
    assert (veil.engine, veil.preset, veil.grid, veil.set) == ("phase", "veil", None, {})
    assert (recipe.instruments[0].kind, recipe.instruments[0].formats) == ("round_robin", ("bitwig",))
    pattern, played = recipe.midi
    assert (pattern.kind, pattern.count, pattern.style, pattern.bars, pattern.humanize) == ("pattern", 5, "dnb", 2, 0.5)
    assert (played.kind, played.of) == ("transcription", ("drums",))
    assert recipe.projects[0].of == ("drums", "textures-1", "risers-1")
    assert to_chain("glue", recipe.effects["glue"]).effects[0].values["ratio"] == 2.0
    assert recipe.path == tmp_path / "x.toml"


def test_how_many_sounds_it_plans(tmp_path: Path) -> None:
    record(tmp_path / "rain.wav")
    hits = record(tmp_path / "elsewhere" / "kick.wav").parent
    recipe = read_recipe(write(tmp_path, EVERYTHING), inputs={"hits": hits})
    planned = planned_sounds(recipe, files={"humanized-2": 5})
    assert planned["loops-1"] == 3 and planned["drums"] == 2  # the second at both tempi of the pack
    assert planned["kits-1"] == 6 and planned["humanized-1"] == 3 * 2 * (4 + 6) and planned["humanized-2"] == 5


def test_the_smallest_recipe_and_defaults(tmp_path: Path) -> None:
    recipe = read_recipe(write(tmp_path, PACK + LOOPS))
    assert (recipe.prefix, recipe.meter, recipe.template, recipe.seed) == ("SG", (4, 4), None, 1)
    assert recipe.loops[0].name == "loops-1" and recipe.loops[0].count == 1 and recipe.artwork


def test_a_byte_order_mark_and_windows_line_ends_are_fine(tmp_path: Path) -> None:
    path = tmp_path / "x.toml"
    path.write_bytes(b"\xef\xbb\xbf" + (PACK + LOOPS).replace("\n", "\r\n").encode())
    assert read_recipe(path).loops[0].line == 4


def test_an_empty_prefix_is_one(tmp_path: Path) -> None:
    assert read_recipe(write(tmp_path, PACK + 'prefix = ""\n' + LOOPS)).prefix == ""


def test_a_prompt_may_say_the_tempo(tmp_path: Path) -> None:
    recipe = read_recipe(
        write(tmp_path, '[pack]\nname = "P"\n[[loops]]\nprompt = "8 bars of techno at 140 bpm in 3/4"')
    )
    assert (recipe.loops[0].bpm, recipe.loops[0].bars, recipe.loops[0].meter) == ((140.0,), 8, (3, 4))


WRONG = [
    # line, recipe, what the message holds
    (1, "", ["makes no sound", "[[loops]]"]),
    (1, PACK, ["makes no sound"]),
    (1, "[[loops]]\nbpm = 120", ["[pack] needs a name"]),
    (4, PACK + "nmae = 1\n" + LOOPS, ["unknown key 'nmae'", "Did you mean 'name'?", "Allowed:"]),
    (5, PACK + LOOPS + "cuont = 3", ["unknown key 'cuont' in loops", "Did you mean 'count'?"]),
    (4, PACK + "[[loop]]", ["unknown section 'loop'", "Did you mean 'loops'?"]),
    (4, PACK + "[loops]\ncount = 1", ["Write [[loops]], with two brackets"]),
    (4, PACK + "loops = 3\n[[loops]]", ["unknown key 'loops'"]),
    (5, PACK + LOOPS + "count = 1000000000", ["count is 1000000000", "1 to 10000"]),
    (5, PACK + LOOPS + "count = 0", ["count is 0"]),
    (5, PACK + LOOPS + "count = true", ["count is true", "whole number"]),
    (5, PACK + LOOPS + "count = 2.0", ["count is 2.0", "whole number"]),
    (5, PACK + LOOPS + "count = '3'", ["count is '3'", "whole number"]),
    (5, PACK + LOOPS + "count = 0x" + "f" * 5000, ["count is a value too large"]),
    (5, PACK + LOOPS + "count = " + "9" * 5000, ["too many digits"]),
    (3, '[pack]\nname = "P"\nbpm = nan\n' + LOOPS, ["bpm is nan", "60 to 200"]),
    (3, '[pack]\nname = "P"\nbpm = inf\n' + LOOPS, ["bpm is inf"]),
    (3, '[pack]\nname = "P"\nbpm = true\n' + LOOPS, ["bpm is true"]),
    (3, '[pack]\nname = "P"\nbpm = "120"\n' + LOOPS, ["bpm is '120'"]),
    (3, '[pack]\nname = "P"\nbpm = []\n' + LOOPS, ["bpm is []"]),
    (3, '[pack]\nname = "P"\nbpm = [120, 120]\n' + LOOPS, ["bpm is [120, 120]", "different"]),
    (5, '[pack]\nname = "P"\nbpm = [\n120,\n201]\n' + LOOPS, ["bpm is 201", "60 to 200"]),
    (3, '[pack]\nname = "P"\n' + LOOPS, ["[[loops]] needs a tempo", "[pack]"]),
    (3, '[pack]\nname = "P"\n[[risers]]', ["[[risers]] needs a tempo"]),
    (5, '[pack]\nname = "P"\n[[one_shots]]\n\n[[midi]]\nkind = "pattern"', ["[[midi]] needs a tempo"]),
    (4, PACK + 'meter = "4/0"\n' + LOOPS, ["'4/0' is not a meter", "7/8"]),
    (4, PACK + "meter = 4\n" + LOOPS, ["meter is 4", "text"]),
    (4, PACK + 'key = "H"\n' + LOOPS, ["'H' is not a key", "Am"]),
    (4, PACK + "seed = -1\n" + LOOPS, ["seed is -1"]),
    (4, PACK + 'prefix = "../x"\n' + LOOPS, ["prefix '../x' is not allowed"]),
    (4, PACK + 'template = "../{word}"\n' + LOOPS, ["template", "may hold only"]),
    (4, PACK + 'template = "splyce"\n' + LOOPS, ["Did you mean 'splice'?"]),
    (4, PACK + 'demo = "no"\n' + LOOPS, ["demo is 'no'", "true or false"]),
    (4, PACK + 'artist = "a\\u0000b"\n' + LOOPS, ["artist is", "control characters"]),
    (4, PACK + "licence = 2026-01-01\n" + LOOPS, ["licence is datetime"]),
    (4, PACK + 'model = "../evil"\n' + LOOPS, ["'../evil'", "not a model's name but a path"]),
    (4, PACK + 'model = "a\\\\b"\n' + LOOPS, ["not a model's name"]),
    (4, PACK + 'model = ".."\n' + LOOPS, ["not a model's name"]),
    (5, PACK + LOOPS + 'model = "/etc"', ["'/etc'", "path"]),
    (5, PACK + LOOPS + 'kind = "kik"', ["'kik' is no kind of loop", "Did you mean 'kick'?"]),
    (5, PACK + LOOPS + 'style = "tekno"', ["style is 'tekno'", "Did you mean 'techno'?"]),
    (5, PACK + LOOPS + "bars = 65", ["bars is 65", "1 to 64"]),
    (5, PACK + LOOPS + 'fx = "punsh"', ["'punsh' is no effect chain", "Did you mean 'punch'?"]),
    (5, PACK + LOOPS + 'fx = "../chain.toml"', ["no effect chain"]),
    (6, PACK + LOOPS + 'kind = "drums"\nkey = "Am"', ["key is 'Am'", "bass or chord"]),
    (5, PACK + LOOPS + 'prompt = "techno at 130 bpm"', ['says "at 130 bpm"', "bpm differs"]),
    (6, PACK + LOOPS + 'bars = 4\nprompt = "2 bar loop"', ['says "2 bar"', "bars differs"]),
    (5, PACK + LOOPS + 'prompt = "100 bpm and 120 bpm"', ["two tempi"]),
    (6, PACK + "[[one_shots]]\nkinds = ['kick',\n'snair']", ["'snair' is no kind of one-shot", "'snare'"]),
    (5, PACK + "[[one_shots]]\nkinds = ['kick', 'kick']", ["each kind once"]),
    (5, PACK + "[[one_shots]]\nkinds = [1]", ["no kind of one-shot"]),
    (5, PACK + "[[one_shots]]\nkinds = []", ["kinds is []"]),
    (6, PACK + "[[one_shots]]\nkinds = ['bass', 'snare']\nkey = 'Am'", ["key is 'Am'", "bass"]),
    (5, PACK + "[[kits]]\nslots = { kick = 0 }", ["kick = 0", "1 to 64"]),
    (5, PACK + "[[kits]]\nslots = { kik = 1 }", ["'kik'", "'kick'"]),
    (5, PACK + "[[kits]]\nslots = { kick = true }", ["kick = True"]),
    (5, PACK + "[[kits]]\nslots = 3", ["slots is 3", "a table"]),
    (5, PACK + "[[kits]]\nformats = ['kontakt']", ["formats is 'kontakt'", "sfz"]),
    (5, PACK + "[[risers]]\ndirection = 'sideways'", ["direction is 'sideways'", "impact"]),
    (5, PACK + "[[risers]]\npitch = 400", ["pitch is 400", "-36 to 36"]),
    (6, PACK + "[[risers]]\nbars = 64\nbpm = 20", ["bpm is 20"]),
    (5, '[pack]\nname = "P"\nbpm = 60\n[[risers]]\nbars = 64\nmeter = "9/8"', ["64 bars last 576 s", "300"]),
    (5, PACK + "[[midi]]\nof = ['x']\n[[one_shots]]", ["no section is called", "none"]),
    (4, PACK + "[[midi]]\n[[one_shots]]", ["[[midi]] has nothing to use", "[[loops]]"]),
    (4, PACK + "[[instruments]]\n[[loops]]", ["nothing to use", "[[one_shots]] or [[kits]]"]),
    (4, PACK + "[[projects]]\n[[one_shots]]", ["nothing to use", "loops"]),
    (6, PACK + LOOPS + "[[midi]]\nstyle = 'dnb'", ["style is 'dnb'", "only with kind"]),
    (7, PACK + LOOPS + "[[midi]]\nkind = 'pattern'\nof = ['loops-1']", ["of is ['loops-1']"]),
    (6, PACK + LOOPS + "[[projects]]\nformats = ['reaper', 'reaper']", ["each of dawproject, reaper once"]),
    (4, PACK + "[effects.punch]\n[[loops]]", ["'punch' is the name of a chain of samplegen's"]),
    (4, PACK + "[effects.glue]\n[[loops]]", ["[[effects.glue.effect]]"]),
    (6, PACK + "[[effects.glue.effect]]\ntype = 'Gain'\n[[effects.glue.effect]]\ntype = 'Gian'\n" + LOOPS, ["'Gian'"]),
    (4, PACK + "[[effects.glue.effect]]\ntype = 'Gain'\ngain_db = nan\n" + LOOPS, ["gain_db is nan"]),
    (4, PACK + "[[effects.glue.effect]]\ngain_db = 1\n" + LOOPS, ["needs a type"]),
    (4, PACK + '[effects."a/b"]\n' + LOOPS, ["character that files cannot have"]),
    (1, "effects = 3\n" + PACK + LOOPS, ["effects holds"]),
    (1, "pack = 3\n" + LOOPS, ["pack is 3"]),
    (4, PACK + "bpm = 130\n" + LOOPS, ["not valid TOML"]),
    (5, PACK + LOOPS + "count = ", ["not valid TOML"]),
    (4, PACK + "x = " + "[" * 3000 + "]" * 3000, ["nested too deep"]),
    (4, PACK + "a." * 10_000 + "b = 1\n" + LOOPS, ["more than 200 parts"]),
    (4, PACK + "x = { " + '"a" . b.' * 10_000 + "b = 1 }", ["more than 200 parts"]),
    (
        4,
        PACK + "[[effects.glue.effect]]\ntype = 'Gain'\ngain_db = 0x" + "f" * 9000 + "\n" + LOOPS,
        ["no effect can use"],
    ),
    (4, PACK + "[" + "a." * 10_000 + "b]\n" + LOOPS, ["more than 200 parts"]),
]


@pytest.mark.parametrize(("line", "text", "expected"), WRONG, ids=lambda value: str(value)[-40:])
def test_what_is_wrong_is_named_with_its_line(tmp_path: Path, line: int, text: str, expected: list[str]) -> None:
    message = error_of(tmp_path, text)
    assert message.startswith(f"x.toml:{line}: "), message
    assert all(part in message for part in expected), message


@pytest.mark.parametrize(
    "name",
    ["a/b", "..\\\\x", "a\\u0007b", "x" * 81, "CON", "com1.wav", "..", ".hidden", "end.", "a:b", "", "  ", "-rf", "@a"],
)
@pytest.mark.parametrize("place", ["pack", "section"])
def test_names_that_no_file_can_have(tmp_path: Path, name: str, place: str) -> None:
    pack = PACK.replace('"P"', f'"{name}"') if place == "pack" else PACK
    text = pack + LOOPS + (f'name = "{name}"\n' if place == "section" else "")
    line = 2 if place == "pack" else 5
    assert error_of(tmp_path, text).startswith(f"x.toml:{line}: name ")


def test_a_name_may_be_there_once_only(tmp_path: Path) -> None:
    message = error_of(tmp_path, PACK + LOOPS + "name = 'Drums'\n[[kits]]\nname = 'drums'")
    assert message == "x.toml:7: the name 'drums' is taken by the [[loops]] of line 4. Choose another."
    assert "x.toml:6" in error_of(tmp_path, PACK + LOOPS + LOOPS + "name = 'loops-1'")


REFERENCES = [
    ("[[humanized]]\nname = 'a'\nof = ['a']", 6, "which is this section itself"),
    (
        "[[humanized]]\nname = 'a'\nof = ['b']\n[[humanized]]\nname = 'b'\nof = ['a']",
        6,
        "but that is a circle: a of b of a",
    ),
    (
        "[[humanized]]\nname='a'\nof=['b']\n[[humanized]]\nname='b'\nof=['c']\n[[humanized]]\nname='c'\nof=['a']",
        6,
        "a of b of c of a",
    ),
    ("[[kits]]\n[[humanized]]\nof = ['kits-1']\n[[humanized]]\nof = ['humanized-1']", 8, "one of [[humanized]]"),
    ("[[loops]]\n[[humanized]]\nof = ['loops-1']", 6, "one of [[loops]]; [[humanized]] can be made of [[one_shots]]"),
    ("[[kits]]\n[[humanized]]\nof = ['kit-1']", 6, "Did you mean 'kits-1'?"),
    ("[[kits]]\n[[instruments]]\nkind = 'round_robin'\nof = ['kits-1']", 7, "can be made of [[humanized]]"),
    ("[[loops]]\n[[midi]]\nof = ['midi-1']", 6, "this section itself"),
    ("[[loops]]\n[[projects]]\nof = ['loops-1', 'loops-1']", 6, "each once"),
    ("[[loops]]\n[[projects]]\nof = [3]", 6, "names of sections"),
    ("[[humanized]]", 4, "needs either of"),
    ("[[kits]]\n[[humanized]]\nof = ['kits-1']\nsource = 'rain.wav'", 5, "not both"),
    ("[[textures]]\nsource = 'rain.wav'\n[[projects]]\nof = ['textures-1']", 7, "no tempo. Give that section a grid"),
]


@pytest.mark.parametrize(("text", "line", "expected"), REFERENCES, ids=lambda value: str(value)[-30:])
def test_references(tmp_path: Path, text: str, line: int, expected: str) -> None:
    record(tmp_path / "rain.wav")
    message = error_of(tmp_path, PACK + text)
    assert message.startswith(f"x.toml:{line}: ") and expected in message, message


def test_amounts_multiply(tmp_path: Path) -> None:
    kits = "[[kits]]\ncount = 100\nslots = { kick = 10 }\n[[humanized]]\nof = ['kits-1']\n"
    message = error_of(tmp_path, PACK + kits + "count = 100\nlayers = 2")
    assert message.startswith("x.toml:7: humanized-1 asks for 200000 sounds; a section may have 10000.")
    message = error_of(tmp_path, PACK + "[[loops]]\ncount = 10000\n" * 6)
    assert message.startswith("x.toml:1: the recipe asks for 60000 sounds; a pack may have 50000.")
    assert "more than 500 sections" in error_of(tmp_path, PACK + LOOPS * 501)


TEXTURE = PACK + "[[textures]]\nsource = 'rain.wav'\n"
TEXTURES = [
    ("preset = 'vail'", "Did you mean 'veil'?"),
    ("preset = 'plasma-burst'", "none of engine phase"),
    ("engine = 'fft'", "engine is 'fft'"),
    ("grid = '1/8'", 'only with engine = "morph"'),
    ("bars = 4", "only with a grid"),
    ("export_events = true", 'only with engine = "morph"'),
    ("set = { temprature = 1 }", "Did you mean 'temperature'?"),
    ("set = { seed = 1 }", "no setting 'seed'"),
    ("set = { temperature = 'hot' }", "temperature = 'hot'"),
    ("set = { preserve_transients = 1 }", "preserve_transients = 1"),
    ("set = { diffusion_steps = 2.5 }", "diffusion_steps = 2.5"),
    ("set = { temperature = inf }", "temperature = inf"),
    ("set = { window_size = 1000000000 }", "window_size = 1000000000"),
    ("set = { coherence = 'x' }", "set cannot be used"),
    ("set = { hop_size = { a = 1 } }", "hop_size = {'a': 1}"),
    ("set = 3", "set is 3"),
]


@pytest.mark.parametrize(("line", "expected"), TEXTURES, ids=lambda value: str(value)[-30:])
def test_textures(tmp_path: Path, line: str, expected: str) -> None:
    record(tmp_path / "rain.wav")
    message = error_of(tmp_path, TEXTURE + line)
    assert message.startswith("x.toml:6: ") and expected in message, message


@pytest.mark.parametrize("grid", ["3/16", "0/8", "x", "1/0", "1", "²/8"])
def test_grids_divide_a_bar(tmp_path: Path, grid: str) -> None:
    record(tmp_path / "rain.wav")
    assert error_of(tmp_path, TEXTURE + f"engine = 'morph'\ngrid = '{grid}'").startswith("x.toml:7: grid ")


def test_a_grid_needs_one_tempo(tmp_path: Path) -> None:
    record(tmp_path / "rain.wav")
    text = TEXTURE.replace("120", "[120, 130]") + "engine = 'morph'\ngrid = '1/8'"
    assert "a grid needs one tempo" in error_of(tmp_path, text)
    assert read_recipe(write(tmp_path, text + "\nbpm = 130")).textures[0].bpm == 130.0


@pytest.mark.parametrize(
    "source",
    ["../rain.wav", "a/../../rain.wav", "/etc/passwd", "C:\\\\x.wav", "\\\\\\\\host\\\\x", "..\\\\x", "~/x.wav", "C:x"],
)
def test_no_path_leaves_the_recipes_folder(tmp_path: Path, source: str) -> None:
    record(tmp_path / "rain.wav")
    folder = tmp_path / "inner"
    folder.mkdir()
    message = error_of(folder, PACK + f'[[textures]]\nsource = "{source}"')
    assert message.startswith("x.toml:5: source is ") and "inside the recipe's folder" in message


@pytest.mark.skipif(os.name == "nt", reason="links need rights on Windows")
def test_no_link_leads_out(tmp_path: Path) -> None:
    outside, folder = record(tmp_path / "rain.wav"), tmp_path / "inner"
    (folder / "hits").mkdir(parents=True)
    (folder / "rain.wav").symlink_to(outside)
    (folder / "hits" / "kick.wav").symlink_to(outside)
    (folder / "up").symlink_to(tmp_path)
    (folder / "round.wav").symlink_to(folder / "round.wav")
    for source in ("rain.wav", "hits", "up/rain.wav", "round.wav"):
        message = error_of(folder, PACK + f"[[textures]]\nsource = '{source}'")
        assert message.startswith("x.toml:5: ") and "leads out of the recipe's folder" in message, message


def test_recordings_that_are_missing(tmp_path: Path) -> None:
    text = PACK + "[[textures]]\nsource = '@rain'"
    message = error_of(tmp_path, text)
    assert message.startswith("x.toml:5: the recipe needs a recording called 'rain'") and "--input rain=PATH" in message
    assert "Did you mean 'rian'?" in error_of(tmp_path, text, rian=tmp_path)
    assert "no file or folder" in error_of(tmp_path, text, rain=tmp_path / "nowhere.wav")
    (tmp_path / "empty").mkdir()
    assert "holds no audio" in error_of(tmp_path, text, rain=tmp_path / "empty")
    assert "there is no file" in error_of(tmp_path, PACK + "[[textures]]\nsource = 'nowhere.wav'")
    assert "a name of letters" in error_of(tmp_path, PACK + "[[textures]]\nsource = '@../x'")
    assert "needs a source" in error_of(tmp_path, PACK + "[[textures]]")
    rain = record(tmp_path / "rain.wav")
    assert "no use for --input wind=" in error_of(tmp_path, text, rain=rain, wind=rain)


def test_files_that_are_no_recipes(tmp_path: Path) -> None:
    for path, expected in [(tmp_path, "is a folder"), (tmp_path / "no.toml", "not there"), (Path("a\0b"), "a\0b")]:
        with pytest.raises(InputError, match=expected):
            read_recipe(path)
    large, latin = tmp_path / "large.toml", tmp_path / "latin.toml"
    large.write_bytes(b"#" * 1_000_001)
    latin.write_bytes(b'[pack]\nname = "caf\xe9"\n')
    with pytest.raises(InputError, match="larger than 1000 kB"):
        read_recipe(large)
    with pytest.raises(InputError, match=r"latin\.toml:2: not UTF-8"):
        read_recipe(latin)


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="has no endless file")
def test_an_endless_file_is_not_read() -> None:
    with pytest.raises(InputError, match="/dev/zero is not there"):
        read_recipe(Path("/dev/zero"))

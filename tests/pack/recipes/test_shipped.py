"""The recipes that come with samplegen can be read, fit the bundled model and show what there is."""

import json
from pathlib import Path

import pytest

from samplegen.pack.prompts import settle_choice, understand
from samplegen.pack.recipes.limits import planned_sounds
from samplegen.pack.recipes.reading import read_recipe
from samplegen.pack.recipes.types import GeneratorSection, LoopSection, OneShotSection, Recipe
from tests.pack.recipes.test_reading import record

ROOT = Path(__file__).parents[3]
RECIPES = sorted((ROOT / "packs").glob("*.toml"))
OWN_SOUNDS = {"recording", "folder"}
HITS_IN_THE_FOLDER = 8


def read(path: Path, folder: Path) -> Recipe:
    """The recipe, given what it asks for."""
    for number in range(HITS_IN_THE_FOLDER):
        record(folder / f"hit-{number}.wav")
    given = {"recording": folder / "hit-0.wav", "folder": folder}
    text = path.read_text("utf-8")
    return read_recipe(path, inputs={name: given[name] for name in OWN_SOUNDS if f'"@{name}"' in text})


def test_there_are_eight_at_least() -> None:
    names = {path.stem for path in RECIPES}
    assert names >= {
        "techno-132", "house-124", "breakbeat-140", "drum-and-bass-174", "hip-hop-88", "ambient-textures",
        "odd-meter-7-8", "foley-kit",
    }  # fmt: skip


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.stem)
def test_each_can_be_read_and_is_a_pack_of_a_useful_size(path: Path, tmp_path: Path) -> None:
    recipe = read(path, tmp_path / "sounds")
    files = {section.name: HITS_IN_THE_FOLDER for section in recipe.sections() if "@folder" in path.read_text()}
    assert 50 <= sum(planned_sounds(recipe, files=files).values()) <= 135
    assert recipe.description and path.read_text("utf-8").startswith("# ")
    assert f"samplegen pack build packs/{path.name}" in path.read_text("utf-8")


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.stem)
def test_each_fits_the_bundled_model(path: Path, tmp_path: Path) -> None:
    model = json.loads((ROOT / "models" / "generator-drums-44k" / "config.json").read_text())["description"]
    recipe = read(path, tmp_path / "sounds")
    for section in recipe.sections():
        if not isinstance(section, GeneratorSection):
            continue
        prompt = understand(section.prompt) if section.prompt else None
        assert section.style is None or section.style in model["styles"]
        settle_choice("--style", (section.style,) if section.style else (), prompt.styles if prompt else ())
        if isinstance(section, LoopSection):
            assert f"loop_{section.kind}" in model["loop_kinds"]
            settle_choice("--kind", (f"loop_{section.kind}",), prompt.loop_kinds if prompt else ())
            assert all(model["low_bpm"] <= bpm <= model["high_bpm"] for bpm in section.bpm or recipe.bpm)
        if isinstance(section, OneShotSection):
            assert set(section.kinds) <= set(model["kinds"])
            settle_choice("--kind", section.kinds, prompt.kinds if prompt else ())
        if prompt:
            assert not prompt.unknown, f"{section.name}: {prompt.unknown}"


def test_together_they_show_everything(tmp_path: Path) -> None:
    recipes = [read(path, tmp_path / "sounds") for path in RECIPES]
    kinds = ("loops", "one_shots", "kits", "humanized", "risers", "textures", "instruments", "midi", "projects")
    assert all(any(getattr(recipe, kind) for recipe in recipes) for kind in (*kinds, "effects", "hardware", "key"))
    assert {section.kind for recipe in recipes for section in recipe.loops} == {
        "drums", "tops", "kick", "percussion", "bass", "chord",
    }  # fmt: skip
    assert {section.kind for recipe in recipes for section in recipe.instruments} == {
        "drum_kit", "chromatic", "round_robin",
    }  # fmt: skip
    assert {section.kind for recipe in recipes for section in recipe.midi} == {"transcription", "groove", "pattern"}
    assert {section.engine for recipe in recipes for section in recipe.textures} == {"morph", "phase"}
    assert {section.direction for recipe in recipes for section in recipe.risers} == {"up", "down", "impact"}

import numpy as np
import pytest

from samplegen.errors import InputError
from samplegen.training.rendering.kits import DRUM_KINDS, Element, draw_kit
from samplegen.training.sources.library import Library, Record


def _record(path: str, **options: object) -> Record:
    values = {"kind": "snare", "source": "maker", "licence": "CC0-1.0", "split": "train", "duration_s": 0.2}
    return Record(path=path, **{**values, **options})  # type: ignore[arg-type]


def test_kits_draw_from_one_split_only(library: Library) -> None:
    for split in ("train", "held_out"):
        for seed in range(20):
            rng = np.random.default_rng(seed)
            kit = draw_kit(library, rng=rng, style="house", split=split)
            played = [r for es in kit.elements.values() for e in es for layer in e.layers for r in layer]
            assert {record.split for record in played} == {split}


def test_half_of_the_kits_are_real_and_those_keep_to_one_pack(library: Library) -> None:
    kits = [draw_kit(library, rng=np.random.default_rng(seed), style="dub") for seed in range(60)]
    real = [kit for kit in kits if kit.real]
    assert 18 <= len(real) <= 42
    for kit in real:
        assert len({element.loudest.source for elements in kit.elements.values() for element in elements}) == 1
    assert any(len({e.loudest.source for es in kit.elements.values() for e in es}) == 2 for kit in kits)


def test_missing_kinds_have_a_stand_in_and_hats_sit_below_the_kick(library: Library) -> None:
    kit = draw_kit(library, rng=np.random.default_rng(0), style="techno")
    assert set(kit.elements) == set(DRUM_KINDS)
    assert {element.loudest.kind for element in kit.elements["clap"]} == {"snare"}
    assert kit.elements["kick"][0].level_db - kit.elements["hat_closed"][0].level_db >= 8.0


def test_layers_and_round_robins_are_grouped(tmp_path_factory: pytest.TempPathFactory) -> None:
    hits = [
        _record(f"v{v}_rr{r}.wav", kit="studio", articulation="center", velocity=v, round_robin=r)
        for v in (1, 2, 3)
        for r in (1, 2)
    ]
    library = Library(tmp_path_factory.mktemp("none"), tuple(hits))
    element = draw_kit(library, rng=np.random.default_rng(1), style="hiphop").elements["snare"][0]
    assert [len(layer) for layer in element.layers] == [2, 2, 2]
    assert element.record(0.1, count=0).path == "v1_rr1.wav"
    assert element.record(0.5, count=1).path == "v2_rr2.wav"
    assert element.record(1.0, count=2).path == "v3_rr1.wav"
    assert element.loudest.velocity == 3


def test_variation_differs_between_draws(library: Library) -> None:
    kits = [draw_kit(library, rng=np.random.default_rng(seed), style="house") for seed in range(30)]
    shapes = {kit.elements["kick"][0].shape for kit in kits}
    assert len(shapes) > 15
    assert all(abs(shape.semitones) <= 4.0 and 0.3 < shape.decay <= 1.0 for shape in shapes)


def test_libraries_that_cannot_play_say_so(tmp_path_factory: pytest.TempPathFactory) -> None:
    library = Library(tmp_path_factory.mktemp("none"), (_record("bass.wav", kind="bass"),))
    rng = np.random.default_rng(0)
    with pytest.raises(InputError, match="no drum sounds in its train part"):
        draw_kit(library, rng=rng, style="house")


def test_words_are_those_of_the_kinds_that_play(tmp_path_factory: pytest.TempPathFactory) -> None:
    hits = (_record("k.wav", kind="kick", caption="boomy kick"), _record("s.wav", caption="wooden snare"))
    library = Library(tmp_path_factory.mktemp("none"), hits)
    kit = draw_kit(library, rng=np.random.default_rng(0), style="house")
    assert kit.words_of(("kick",)) == ("boomy",)
    assert set(kit.words_of(("kick", "snare"))) == {"boomy", "wooden"}


def test_elements_default_to_no_variation() -> None:
    element = Element("kick", ((_record("a.wav"),),))
    assert (element.shape.semitones, element.shape.decay, element.shape.tilt_db) == (0.0, 1.0, 0.0)

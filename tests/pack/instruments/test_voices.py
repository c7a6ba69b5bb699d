import pytest

from samplegen.errors import InputError
from samplegen.pack.instruments.model import check_path, clean_text, close_velocity_gaps, split_halfway
from samplegen.pack.instruments.voices import voices_of
from tests.pack.instruments.packs import entry


def take(source: str, number: int, *, layer: object = 1, velocity: object = (0, 127), level_db: float | None = None):
    return entry(
        f"{source}_{layer}_{number}",
        parameters={"source": source, "take": number, "layer": layer, "velocity": velocity},
        level_db=level_db,
    )


def test_takes_stand_in_for_their_source() -> None:
    entries = [entry("a"), entry("b"), take("a", 2), take("a", 1)]
    found = voices_of(entries)
    assert [voice.label for voice in found] == ["b", "a"]
    assert [one.path for one in found[1].entries] == ["One_Shots/a_1_1.wav", "One_Shots/a_1_2.wav"]


def test_a_missing_take_or_layer_leaves_no_hole() -> None:
    found = voices_of(
        [take("a", 7, velocity=[0, 41]), take("a", 3, velocity=[0, 41]), take("a", 1, layer=3, velocity=[84, 127])]
    )
    zones = found[0].zones(root_note=38, keys=(38, 38))
    assert [(z.low_velocity, z.high_velocity, z.sequence_position, z.sequence_length) for z in zones] == [
        (1, 83, 1, 2), (1, 83, 2, 2), (84, 127, 1, 1),
    ]  # fmt: skip


def test_layers_are_brought_to_the_level_of_the_loudest() -> None:
    levels = {(1, 1): -30.0, (1, 2): -28.0, (2, 1): -20.0, (3, 1): -21.0}
    ranges = {1: [0, 42], 2: [43, 84], 3: [85, 127]}
    found = voices_of(
        [take("a", n, layer=layer, velocity=ranges[layer], level_db=db) for (layer, n), db in levels.items()]
    )
    assert [zone.gain_db for zone in found[0].zones(root_note=38, keys=(38, 38))] == [8.0, 8.0, 0.0, 0.0]


@pytest.mark.parametrize("layer, velocity", [("loud", [0, 127]), (1, [0]), (1, [5, 3]), (1, [0, 200]), (1, "loud")])
def test_takes_that_say_nonsense_are_refused(layer: object, velocity: object) -> None:
    with pytest.raises(InputError, match="a_"):
        voices_of([take("a", 1, layer=layer, velocity=velocity)])


@pytest.mark.parametrize(
    "notes, expected",
    [
        ([60], [(0, 127)]),
        ([60, 61], [(0, 60), (61, 127)]),
        ([36, 48, 61], [(0, 42), (43, 54), (55, 127)]),
        ([0, 127], [(0, 63), (64, 127)]),
    ],
)
def test_keys_go_to_the_nearer_note(notes: list[int], expected: list[tuple[int, int]]) -> None:
    assert split_halfway(notes) == expected
    for key in range(128):
        (owner,) = [note for note, (low, high) in zip(notes, expected, strict=True) if low <= key <= high]
        assert abs(owner - key) == min(abs(note - key) for note in notes)


def test_velocity_gaps_are_closed() -> None:
    assert close_velocity_gaps([(0, 127)]) == [(1, 127)]
    assert close_velocity_gaps([(30, 40), (60, 70)]) == [(1, 59), (60, 127)]
    assert close_velocity_gaps([(0, 9), (0, 9)]) == [(1, 1), (2, 127)]


@pytest.mark.parametrize(
    "path",
    [
        "",
        "../x.wav",
        "/x.wav",
        "~/x.wav",
        "C:/x.wav",
        "a//b.wav",
        "a\nb.wav",
        "a$b.wav",
        "a<b.wav",
        "a b=c.wav",
        "a\\b.wav",
        "a #include b.wav",
    ],
)
def test_paths_that_a_sampler_would_misread_are_refused(path: str) -> None:
    with pytest.raises(InputError, match="Rename"):
        check_path(path)


@pytest.mark.parametrize("path", ["One_Shots/Kick/a b.wav", "Über/naïve #1.wav", "x..y.wav", "a (1) [2] & 'q'.wav"])
def test_ordinary_paths_pass(path: str) -> None:
    assert check_path(path) == path


def test_text_becomes_one_clean_line() -> None:
    assert clean_text(" a\x00b\n<region>\tc\x1b ") == "a b <region> c"

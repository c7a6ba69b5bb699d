import pytest

from samplegen.training.sources.split import held_out_sources, sound_of, source_hash, split_of, split_sources


def test_the_committed_list_decides_for_named_sources() -> None:
    assert len(held_out_sources()) == 9
    assert split_of("oramics/sampled") == "held_out"
    assert split_of("freepats/world-percussion") == "train"


def test_a_library_with_a_listed_source_is_split_by_the_list_alone() -> None:
    names = [f"pack{k}" for k in range(200)]
    splits = split_sources([*names, "oramics/sampled"])
    assert [name for name, split in splits.items() if split == "held_out"] == ["oramics/sampled"]


def test_other_libraries_hold_out_about_a_tenth_and_growing_moves_nothing() -> None:
    names = [f"pack{k}" for k in range(1000)]
    splits = split_sources(names)
    assert 70 <= sum(split == "held_out" for split in splits.values()) <= 130
    larger = split_sources([*names, "another", "and one more"])
    assert all(larger[name] == splits[name] for name in names)


def test_small_libraries_keep_something_to_train_on_and_five_sources_hold_one_out() -> None:
    unlucky = next(name for name in map(str, range(1000)) if source_hash(name) < 0.1)
    assert split_sources([unlucky]) == {unlucky: "train"}
    lucky = [name for name in map(str, range(1000)) if source_hash(name) > 0.2][:5]
    assert list(split_sources(lucky).values()).count("held_out") == 1
    assert set(split_sources(lucky[:4]).values()) == {"train"}
    assert split_sources([]) == {}


@pytest.mark.parametrize(
    ("path", "sound"),
    [
        ("Kicks/Kick 01.wav", "Kicks/Kick 01"),
        ("Kicks/kick_v2_rr3.wav", "Kicks/kick"),
        ("kit/snare-vel12 take 2.wav", "kit/snare"),
        ("tape_take_x.wav", "tape_take_x"),
        ("rr1.wav", "rr1"),
    ],
)
def test_takes_of_a_sound_share_its_name(path: str, sound: str) -> None:
    assert sound_of(path) == sound

from pathlib import Path

import pytest

from samplegen.errors import InputError, UsageError
from samplegen.post.chains import Effect
from samplegen.post.presets import PRESETS, find_chain, load_chain

GOOD = """
description = "glue"
input_peak_db = -6

[[effect]]
type = "Compressor"
threshold_db = -18
ratio = 4

[[effect]]   # a filter
type = "LadderFilter"
mode = "LPF24"
"""


def test_the_presets_are_there() -> None:
    assert list(PRESETS) == ["clean", "punch", "dusty", "wide", "crush"]
    assert all(chain.name == name and chain.description for name, chain in PRESETS.items())
    assert find_chain("punch") is PRESETS["punch"]


def test_a_chain_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "glue.toml"
    path.write_text(GOOD)
    chain = find_chain(str(path))
    assert chain == find_chain(path) == load_chain(path)
    assert (chain.name, chain.description, chain.input_peak_db) == ("glue", "glue", -6.0)
    assert chain.effects == (
        Effect("Compressor", {"threshold_db": -18, "ratio": 4}),
        Effect("LadderFilter", {"mode": "LPF24"}),
    )
    assert chain.effects[0].values["attack_ms"] == 10


def test_an_unknown_name_lists_the_presets() -> None:
    with pytest.raises(UsageError, match="'loud'.*clean, punch, dusty, wide, crush"):
        find_chain("loud")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "1 to 32"),
        ("effect = []", "1 to 32"),
        ("effect = 3", "1 to 32"),
        ('[effect]\ntype = "Gain"', "1 to 32"),
        ('[[effect]]\ntype = "Gain"\n' * 33, "1 to 32"),
        ("[[effect]\n", "not valid TOML.*line 1"),
        ("a = 1" + "0" * 5000, "not valid TOML"),
        ("a = " + "[" * 50_000, "not valid TOML"),
        ('name = "x"\n' + GOOD, "unknown key 'name'"),
        ("[[effect]]\nratio = 4", "effect 1, line 1: it needs a type"),
        ("[[effect]]\ntype = 4", "effect 1, line 1: it needs a type"),
        ("effect = [1]", "effect 1: it needs a type"),
        (GOOD + '[[effect]]\ntype = "VST3Plugin"\npath = "/evil.vst3"', "effect 3, line 13: .*'VST3Plugin'.*Allowed"),
        (GOOD + '[[effect]]\ntype = "Gain"\ngain_db = 100', "effect 3, line 13: Gain gain_db is 100.*-60 to 40 dB"),
        (
            GOOD + '[[effect]]\ntype = "Gain"\nfile = "a.wav"',
            "effect 3, line 13: Gain has no parameter 'file'.*gain_db",
        ),
        (GOOD + '[[effect]]\ntype = "Gain"\ngain_db = 1979-05-27', "effect 3, line 13: Gain gain_db is datetime"),
        ('description = 3\n[[effect]]\ntype = "Gain"', "description is 3"),
        ('input_peak_db = "loud"\n[[effect]]\ntype = "Gain"', "input_peak_db is 'loud'"),
        ('input_peak_db = 3\n[[effect]]\ntype = "Gain"', "input_peak_db is 3"),
        ('input_peak_db = nan\n[[effect]]\ntype = "Gain"', "input_peak_db is nan"),
    ],
)
def test_a_wrong_file_is_refused_with_its_place(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "chain.toml"
    path.write_text(text)
    with pytest.raises(UsageError, match=words) as caught:
        load_chain(path)
    assert str(path) in str(caught.value)


def test_an_unreadable_file_is_an_input_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        find_chain("no/such.toml")
    with pytest.raises(InputError, match="cannot be read"):
        load_chain(tmp_path)
    (tmp_path / "binary.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InputError, match="UTF-8"):
        load_chain(tmp_path / "binary.toml")
    (tmp_path / "big.toml").write_text("#" * 100_001)
    with pytest.raises(InputError, match="larger than 100 kB"):
        load_chain(tmp_path / "big.toml")

import io
import zipfile
from pathlib import Path

import pytest
from lxml import etree

from samplegen.errors import InputError
from samplegen.pack.instruments import make_instruments, make_kits, make_round_robins
from samplegen.pack.recipes.types import HumanizedSection, InstrumentSection, KitSection
from tests.pack.instruments.packs import noise, put, put_takes, tone, view_of, write_out
from tests.pack.instruments.sfz_reader import load_sfz

KIT = ("kick", "snare", "hat_closed", "hat_open", "tom")


def drums(folder: Path, **names: int):
    return [put(folder, f"{kind}{n}", noise(n), category=kind) for n, kind in enumerate(KIT)]


def test_a_kit_has_three_files_that_name_the_same_sounds(tmp_path: Path) -> None:
    view = view_of(tmp_path, {"drums/1": drums(tmp_path)}, name="A <Pack> & \x01")
    made = make_kits(view, KitSection(name="drums"))
    assert [companion.path for companion in made] == [
        "Instruments/SG_drums.sfz", "Instruments/SG_drums.dspreset", "Instruments/SG_drums.multisample",
    ]  # fmt: skip
    expected = {entry.path for entry in view.entries}
    assert all(set(companion.made_from) == expected and companion.kind == "instrument" for companion in made)
    assert [c.data for c in make_kits(view, KitSection(name="drums"))] == [c.data for c in made]
    files = write_out(tmp_path, made)

    player = load_sfz(files[".sfz"])
    heard = {key: player.hit(key, 100) for key in (36, 38, 42, 46, 47, 60)}
    names = {key: [path.stem for path in paths] for key, paths in heard.items()}
    assert names == {36: ["kick0"], 38: ["snare1"], 42: ["hat_closed2"], 46: ["hat_open3"], 47: ["tom4"], 60: []}
    assert all(path.is_file() for paths in heard.values() for path in paths)

    preset = etree.parse(files[".dspreset"]).getroot()
    samples = {int(s.get("loNote")): s for s in preset.iter("sample")}
    assert {key: Path(s.get("path")).stem for key, s in samples.items()} == {k: n[0] for k, n in names.items() if n}
    assert all((files[".dspreset"].parent / s.get("path")).is_file() for s in samples.values())
    assert {s.getparent().get("silencedByTags") for key, s in samples.items() if key in (42, 46)} == {"choke-1"}
    assert {s.getparent().get("tags") for key, s in samples.items() if key in (42, 46)} == {"choke-1"}
    assert samples[36].getparent().get("silencedByTags") is None
    assert {s.getparent().get("ampEnvEnabled") for s in samples.values()} == {"false"}


def test_a_multisample_embeds_the_very_files(tmp_path: Path) -> None:
    stereo = put(tmp_path, "wide", noise(9, channels=2), category="percussion")
    again = put(tmp_path / "x", "wide", noise(8), category="percussion")
    (tmp_path / "other").mkdir()
    (tmp_path / "x" / again.path).rename(tmp_path / "other" / "Wide.wav")
    view = view_of(tmp_path, {"drums/1": [stereo, *drums(tmp_path), _moved(again, "other/Wide.wav")]})
    (made,) = make_kits(view, KitSection(name="drums", formats=("bitwig",)))
    with zipfile.ZipFile(io.BytesIO(made.data)) as archive:
        assert archive.testzip() is None
        assert {(i.compress_type, i.date_time) for i in archive.infolist()} == {
            (zipfile.ZIP_STORED, (1980, 1, 1, 0, 0, 0))
        }
        root = etree.fromstring(archive.read("multisample.xml"))
        assert [child.tag for child in root][:5] == ["generator", "category", "creator", "description", "keywords"]
        samples = root.findall("sample")
        by_file = {sample.get("file"): sample for sample in samples}
        assert set(by_file) == set(archive.namelist()) - {"multisample.xml"} and len(by_file) == 7
        assert archive.read("Wide-2.wav") == (tmp_path / "other/Wide.wav").read_bytes()
        assert archive.read("kick0.wav") == (tmp_path / "One_Shots/kick0.wav").read_bytes()
        kick = by_file["kick0.wav"]
        assert [child.tag for child in kick] == ["key", "velocity", "select", "loop"]
        assert dict(kick.find("key").attrib) == {"low": "36", "high": "36", "root": "36", "tune": "0.000", "track": "1"}
        assert (kick.get("zone-logic"), kick.get("sample-stop")) == ("always-play", "4000")


def _moved(entry, path: str):
    import dataclasses

    return dataclasses.replace(entry, path=path)


def test_several_kits_are_numbered(tmp_path: Path) -> None:
    entries = drums(tmp_path)
    view = view_of(tmp_path, {"drums/1": entries[:2], "drums/2": entries[2:]})
    made = make_kits(view, KitSection(name="drums", count=2, formats=("sfz",)))
    assert [companion.path for companion in made] == ["Instruments/SG_drums_1.sfz", "Instruments/SG_drums_2.sfz"]


def test_takes_come_in_turn_and_velocities_choose_layers(tmp_path: Path) -> None:
    entries = [
        *put_takes(tmp_path, "snare", category="snare", takes=(7, 8, 9)),
        *put_takes(tmp_path, "hat", category="hat_closed", takes=(2,), seed=50),
    ]
    view = view_of(tmp_path, {"humanized-1": entries})
    made = make_round_robins(view, HumanizedSection(name="humanized-1", layers=3))
    files = write_out(tmp_path, made)
    for layer, velocities in enumerate(((1, 20, 41), (42, 83), (84, 127)), start=1):
        for velocity in velocities:
            player, count = load_sfz(files[".sfz"]), 6 + layer
            heard = [player.hit(38, velocity) for _ in range(2 * count)]
            assert [[p.stem for p in paths] for paths in heard] == [
                [f"snare_v{layer}_t{1 + n % count}"] for n in range(2 * count)
            ]
    player = load_sfz(files[".sfz"])
    assert [player.hit(42, 100)[0].stem for _ in range(3)] == ["hat_v1_t1", "hat_v1_t2", "hat_v1_t1"]

    groups = etree.parse(files[".dspreset"]).getroot().findall("groups/group")
    snares = [group for group in groups if group.get("name") == "snare"]
    assert [(g.get("seqMode"), g.get("seqLength"), len(g)) for g in snares] == [
        ("round_robin", str(n), n) for n in (7, 8, 9)
    ]
    for group in snares:
        assert [s.get("seqPosition") for s in group] == [str(n + 1) for n in range(len(group))]
    assert [(g[0].get("loVel"), g[0].get("hiVel")) for g in snares] == [("1", "41"), ("42", "83"), ("84", "127")]
    assert [g[0].get("volume") for g in snares] == ["12dB", "6dB", None]

    with zipfile.ZipFile(files[".multisample"]) as archive:
        samples = etree.fromstring(archive.read("multisample.xml")).findall("sample")
    assert {s.get("zone-logic") for s in samples} == {"round-robin"}


def test_hats_choke_each_other_and_nothing_else(tmp_path: Path) -> None:
    view = view_of(tmp_path, {"drums/1": drums(tmp_path)})
    files = write_out(tmp_path, make_kits(view, KitSection(name="drums", formats=("sfz",))))
    player = load_sfz(files[".sfz"])
    for key in (36, 46, 38):
        player.hit(key, 100)
    assert len(player.sounding) == 3
    player.hit(42, 100)
    assert [Path(region["sample"]).stem for region in player.sounding] == ["kick0", "snare1", "hat_closed2"]


def test_pitched_sounds_are_tuned_over_the_keyboard(tmp_path: Path) -> None:
    entries = [
        put(tmp_path, "SG_bass_a", tone(40.3), category="bass", word="anvil"),
        put(tmp_path, "SG_bass_b", tone(45.0), category="bass", word="birch"),
        put(tmp_path, "SG_noise", noise(3, length=20_000), category="bass", word="hiss"),
    ]
    said: list[str] = []
    view = view_of(tmp_path, {"bass": entries})
    section = InstrumentSection(name="low_end", kind="chromatic", of=("bass",))
    made = make_instruments(view, section, announce=said.append)
    assert [c.path for c in made if c.path.endswith(".sfz")] == [
        "Instruments/SG_low_end_anvil.sfz", "Instruments/SG_low_end_birch.sfz",
    ]  # fmt: skip
    assert said == ["low_end: SG_noise has no clear pitch and was left out."]
    files = write_out(tmp_path, made)
    (region,) = load_sfz(files[".sfz"]).regions
    assert region["pitch_keycenter"] == "40" and abs(int(region["tune"]) + 30) <= 3
    assert (region["lokey"], region["hikey"], region["loop_mode"]) == ("0", "127", "no_loop")
    assert "SG_noise has no clear pitch" in files[".sfz"].read_text()
    sample = etree.parse(files[".dspreset"]).getroot().find("groups/group/sample")
    assert abs(float(sample.get("tuning")) + 0.3) <= 0.03


def test_notes_of_one_sound_share_the_keyboard(tmp_path: Path) -> None:
    notes = {"C3": 48, "G#3": 56, "C4": 60}
    entries = [
        put(
            tmp_path,
            f"t{midi}",
            tone(midi),
            category="keys",
            parameters={"source": f"Piano_{name}", "take": 1, "velocity": [0, 127]},
        )
        for name, midi in notes.items()
    ]
    section = InstrumentSection(name="keys", kind="chromatic", of=("keys",), formats=("sfz",))
    (made,) = make_instruments(view_of(tmp_path, {"keys": entries}), section)
    assert made.path == "Instruments/SG_keys.sfz"
    player = load_sfz(write_out(tmp_path, [made])[".sfz"])
    heard = {key: player.hit(key, 64)[0].stem for key in (0, 52, 53, 58, 59, 127)}
    assert heard == {0: "t48", 52: "t48", 53: "t56", 58: "t56", 59: "t60", 127: "t60"}


def test_more_sounds_than_keys_become_several_kits(tmp_path: Path) -> None:
    entries = [
        put(tmp_path, f"{kind}{n}", noise(n, length=50), category=kind)
        for n in range(44)
        for kind in ("kick", "snare", "fx")
    ]
    view = view_of(tmp_path, {"all": entries})
    section = InstrumentSection(name="kit", formats=("sfz",))
    made = make_instruments(view, section)
    assert [c.path for c in made] == ["Instruments/SG_kit_1.sfz", "Instruments/SG_kit_2.sfz"]
    assert sorted(path for c in made for path in c.made_from) == sorted(entry.path for entry in entries)


@pytest.mark.parametrize("kind", ["drum_kit", "chromatic", "round_robin"])
def test_sections_without_fitting_sounds_are_named(tmp_path: Path, kind) -> None:
    loop = put(tmp_path, "loop", noise(1, length=88_200), kind="loop", category="drums")
    section = InstrumentSection(name="my-section", kind=kind, of=("loops",))
    with pytest.raises(InputError, match="my-section"):
        make_instruments(view_of(tmp_path, {"loops": [loop]}), section)
    with pytest.raises(InputError, match="my-section"):
        make_instruments(view_of(tmp_path, {}), section)
    if kind != "drum_kit":
        plain = put(tmp_path, "plain", noise(1))
        with pytest.raises(InputError, match="my-section"):
            make_instruments(view_of(tmp_path, {"loops": [plain]}), section)


def test_empty_kits_and_missing_files_are_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="drums/1"):
        make_kits(view_of(tmp_path, {}), KitSection(name="drums"))
    with pytest.raises(InputError, match="humanized-1"):
        make_round_robins(view_of(tmp_path, {}), HumanizedSection(name="humanized-1"))
    entries = drums(tmp_path)
    (tmp_path / entries[2].path).unlink()
    with pytest.raises(InputError, match="hat_closed2.wav.* is missing"):
        make_kits(view_of(tmp_path, {"drums/1": entries}), KitSection(name="drums"))


def test_an_instrument_of_no_named_section_uses_every_one_shot(tmp_path: Path) -> None:
    loop = put(tmp_path, "loop", noise(1, length=88_200), kind="loop", category="drums")
    view = view_of(tmp_path, {"a": [*drums(tmp_path), loop]})
    (made,) = make_instruments(view, InstrumentSection(name="kit", formats=("sfz",)))
    assert len(made.made_from) == len(KIT)

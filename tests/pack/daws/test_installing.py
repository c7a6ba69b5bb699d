import errno
import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from samplegen import files
from samplegen.errors import InputError, OutputError
from samplegen.pack.daws import (
    Library,
    carry_out,
    folder_name,
    installed_packs,
    plan_install,
    plan_remove,
    read_apple_loops,
    read_payload,
)
from samplegen.pack.daws.payload import RECORD_NAME
from tests.pack.daws.packs import make_pack, tree

MANIFEST = ["LICENSE.txt", "manifest.json", "page.html"]


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    return make_pack(tmp_path / "Mein Päck #1", "a", "b/c")


@pytest.fixture
def library(tmp_path: Path) -> Library:
    (tmp_path / "User Library").mkdir()
    return Library("ableton", tmp_path / "User Library" / "Samples")


def install(pack: Path, library: Library, **options: Any) -> Path:
    plan = plan_install(read_payload(pack), library, name=folder_name(pack), **options)
    carry_out(plan)
    return plan.target


def test_a_copy_has_all_of_the_pack_and_nothing_else(pack: Path, library: Library) -> None:
    target = install(pack, library)
    assert target == library.folder / "Mein Päck #1"
    expected = {path: sha for path, sha in tree(pack).items() if path != "mine.txt"}
    copied = tree(target)
    assert copied.pop(RECORD_NAME) and copied == expected
    assert list(library.folder.iterdir()) == [target]
    assert (target.stat().st_mode & 0o777) == (library.folder.stat().st_mode & 0o777)
    again = plan_install(read_payload(pack), library, name=target.name)
    assert (again.action, again.write, again.delete, again.stay) == ("nothing", (), (), ())
    assert [(one.target, one.linked) for one in installed_packs(library)] == [(target, None)]


def test_an_update_replaces_what_is_unchanged_and_leaves_the_rest(pack: Path, library: Library) -> None:
    target = install(pack, library)
    (target / "page.html").write_text("I changed it")
    (target / "Sounds/a.wav.asd").write_text("analysis by the DAW")
    (target / "Sounds/d.wav").write_text("mine, with a name that the pack takes later")
    shutil.rmtree(pack)
    make_pack(pack, "a", "d", "new", page="another page")
    (pack / "Sounds/a.wav").write_bytes(b"other bytes")
    manifest = json.loads((pack / "manifest.json").read_text())
    manifest["files"][0]["sha256"] = files.hash_file(pack / "Sounds/a.wav")
    (pack / "manifest.json").write_text(json.dumps(manifest))
    plan = plan_install(read_payload(pack), library, name=target.name)
    assert plan.action == "update"
    assert set(plan.write) == {"Sounds/a.wav", "Sounds/new.wav", "manifest.json"}
    assert plan.delete == ("Sounds/b/c.wav",) and set(plan.stay) == {"page.html", "Sounds/d.wav"}
    carry_out(plan)
    assert (target / "page.html").read_text() == "I changed it"
    assert (target / "Sounds/d.wav").read_text().startswith("mine")
    assert (target / "Sounds/a.wav").read_bytes() == b"other bytes"
    assert not (target / "Sounds/b").exists() and (target / "Sounds/a.wav.asd").is_file()
    assert set(plan_install(read_payload(pack), library, name=target.name).stay) == {"page.html", "Sounds/d.wav"}


def test_removing_takes_only_what_was_installed_and_is_unchanged(pack: Path, library: Library) -> None:
    target = install(pack, library)
    (target / "page.html").write_text("I changed it")
    (target / "Sounds/a.wav.asd").write_text("analysis by the DAW")
    plan = plan_remove(pack, library, name=target.name)
    assert plan.stay == ("page.html",)
    carry_out(plan)
    assert sorted(tree(target)) == ["Sounds/a.wav.asd", "page.html"]
    assert plan_remove(pack, library, name=target.name).action == "nothing"
    with pytest.raises(InputError, match="samplegen did not make it"):
        install(pack, library)


def test_removing_an_untouched_copy_leaves_no_folder_even_when_the_pack_is_gone(pack: Path, library: Library) -> None:
    target = install(pack, library)
    shutil.rmtree(pack)
    carry_out(plan_remove(pack, library, name=target.name))
    assert list(library.folder.iterdir()) == []


def test_a_killed_update_is_finished_by_the_next_and_can_be_removed(
    pack: Path, library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = install(pack, library)
    shutil.rmtree(pack)
    make_pack(pack, "a", "n1", "n2", page="new")
    plan = plan_install(read_payload(pack), library, name=target.name)

    def die(done: int, total: int) -> None:
        if done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        carry_out(plan, progress=die)
    rest = plan_install(read_payload(pack), library, name=target.name)
    assert rest.stay == () and len(rest.write) == len(plan.write) - 2
    assert plan_remove(pack, library, name=target.name).stay == ()
    carry_out(rest)
    assert set(tree(target)) == {*MANIFEST, RECORD_NAME, *(f"Sounds/{name}.wav" for name in ("a", "n1", "n2"))}


def test_a_link_and_its_removal(pack: Path, library: Library) -> None:
    target = install(pack, library, link=True)
    assert target.is_symlink() and target.resolve() == pack
    assert [one.linked for one in installed_packs(library)] == [pack]
    assert plan_install(read_payload(pack), library, name=target.name, link=True).action == "nothing"
    with pytest.raises(InputError, match="is a link to this pack"):
        install(pack, library)
    assert plan_remove(pack.parent / "other", library, name=target.name).action == "nothing"
    carry_out(plan_remove(pack, library, name=target.name))
    assert not target.is_symlink() and (pack / "manifest.json").is_file()


def test_no_copy_becomes_a_link_and_links_elsewhere_stay(pack: Path, library: Library) -> None:
    target = install(pack, library)
    with pytest.raises(InputError, match="is installed as a copy"):
        install(pack, library, link=True)
    carry_out(plan_remove(pack, library, name=target.name))
    target.symlink_to(pack.parent)
    with pytest.raises(InputError, match="a link to something else"):
        install(pack, library)


def test_windows_without_developer_mode_is_told(pack: Path, library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        error = OSError(errno.EPERM, "x")
        error.winerror = 1314  # type: ignore[attr-defined]
        raise error

    monkeypatch.setattr(Path, "symlink_to", refuse)
    with pytest.raises(OutputError, match="Developer Mode.*--copy"):
        install(pack, library, link=True)


@pytest.mark.parametrize("strange", ["folder", "file"])
def test_a_strange_folder_is_never_touched(pack: Path, library: Library, strange: str) -> None:
    target = library.folder / pack.name
    library.folder.mkdir()
    if strange == "folder":
        target.mkdir()
        (target / "manifest.json").write_text("{}")
    else:
        target.write_text("x")
    before = tree(library.folder)
    with pytest.raises(InputError, match="samplegen did not make it. Give another name"):
        install(pack, library)
    assert plan_remove(pack, library, name=target.name).action == "nothing"
    assert tree(library.folder) == before


def test_what_is_no_pack_or_not_as_made_is_refused(pack: Path, tmp_path: Path) -> None:
    strangers = {
        tmp_path: "has no manifest.json", tmp_path / ("x" * 300): "not a folder", tmp_path / "\0": "not a folder",
    }  # fmt: skip
    for folder, message in strangers.items():
        with pytest.raises(InputError, match=message):
            read_payload(folder)
    (pack / "Sounds/a.wav").write_bytes(b"changed")
    (pack / "page.html").unlink()
    with pytest.raises(InputError, match="not as the manifest says: Sounds/a.wav, page.html. Build"):
        read_payload(pack)
    (pack / "manifest.json").write_text("{")
    with pytest.raises(InputError, match="not valid JSON"):
        read_payload(pack)


def test_a_manifest_that_lists_our_record_is_refused(pack: Path) -> None:
    manifest = json.loads((pack / "manifest.json").read_text())
    manifest["companions"][0]["path"] = f"Sounds/{RECORD_NAME}"
    (pack / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(InputError, match="tampered"):
        read_payload(pack)


def test_a_record_that_was_tampered_with_reaches_nothing_outside(pack: Path, library: Library) -> None:
    target = install(pack, library)
    record = json.loads((target / RECORD_NAME).read_text())
    precious = pack / "mine.txt"
    for path in (f"../../../{pack.name}/mine.txt", str(precious)):
        record["files"][path] = [files.hash_file(precious)]
    (target / RECORD_NAME).write_text(json.dumps(record))
    plan = plan_remove(pack, library, name=target.name)
    assert not any("mine" in path for path in plan.delete)
    carry_out(plan)
    assert precious.is_file()
    install(pack, library)
    (target / RECORD_NAME).write_text("{")
    with pytest.raises(InputError, match="is damaged"):
        install(pack, library)


def test_a_folder_of_the_copy_that_became_a_link_is_left_alone(pack: Path, library: Library) -> None:
    target = install(pack, library)
    outside = pack.parent / "outside"
    shutil.move(target / "Sounds", outside)
    (target / "Sounds").symlink_to(outside)
    plan = plan_remove(pack, library, name=target.name)
    assert set(plan.stay) == {"Sounds/a.wav", "Sounds/b/c.wav"}
    carry_out(plan)
    assert len(tree(outside)) == 2


def test_pack_and_library_in_each_other(pack: Path, tmp_path: Path) -> None:
    inside = Library("x", pack / "Samples")
    with pytest.raises(InputError, match="lie in each other"):
        install(pack, inside)
    with pytest.raises(InputError, match="in that library already"):
        install(pack, Library("x", tmp_path))
    with pytest.raises(InputError, match="lie in each other"):
        plan_install(read_payload(pack), Library("x", tmp_path.parent), name=tmp_path.name)
    assert not inside.folder.exists()


def test_a_full_disk_leaves_nothing(pack: Path, library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    plan = plan_install(read_payload(pack), library, name="x")
    with monkeypatch.context() as patched:
        patched.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(9, 8, 1))  # type: ignore[attr-defined]
        with pytest.raises(OutputError, match="needs 0 MB, and .* has 0 MB left.*--link"):
            carry_out(plan)

    def full(*_: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full)
        with pytest.raises(OutputError, match="No space left on device"):
            carry_out(plan)
    assert list(library.folder.iterdir()) == []


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="permissions bind nobody who is root, or on Windows")
def test_no_permission_is_told(pack: Path, library: Library) -> None:
    library.folder.parent.chmod(0o500)
    try:
        with pytest.raises(OutputError, match="Permission denied"):
            install(pack, library)
    finally:
        library.folder.parent.chmod(0o700)


def test_no_permission_as_the_system_says_it(pack: Path, library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(Path, "mkdir", refuse)
    with pytest.raises(OutputError, match="Cannot write to .*Samples: Permission denied"):
        install(pack, library)


def test_a_pack_that_changes_while_it_is_copied(pack: Path, library: Library) -> None:
    plan = plan_install(read_payload(pack), library, name="x")
    (pack / "page.html").write_text("changed")
    with pytest.raises(InputError, match="changed while it was copied"):
        carry_out(plan)
    (pack / "page.html").unlink()
    with pytest.raises(InputError, match="is gone"):
        carry_out(plan)
    assert list(library.folder.iterdir()) == []


def test_logic_gets_apple_loops_alone(pack: Path, tmp_path: Path) -> None:
    library = Library("logic", tmp_path / "User Loops", apple_loops=True)
    payload = read_apple_loops(pack)
    plan = plan_install(payload, library, name="Night", link=True)
    assert plan.action == "copy" and "copied, not linked" in plan.notes[0]
    carry_out(plan)
    target = library.folder / "Night"
    assert sorted(tree(target)) == [RECORD_NAME, "LICENSE.txt", "a.aif", "c.aif"]
    assert (target / "a.aif").read_bytes()[:12].endswith(b"AIFF")
    assert plan_install(read_apple_loops(pack), library, name="Night").action == "nothing"
    carry_out(plan_remove(pack, library, name="Night"))
    assert not target.exists()
    with pytest.raises(InputError, match="has no loops"):
        read_apple_loops(make_pack(tmp_path / "hits", "kick", loops=False))


@pytest.mark.parametrize("name", ["", " ", ".", "..", "a/b", "a\\b", ".hidden", "a\nb", "C:", "x\0"])
def test_names_that_no_folder_should_have(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError, match="is not a name for a folder"):
        folder_name(tmp_path, name)
    assert folder_name(tmp_path / "Größe 'x' #1") == "Größe 'x' #1"

import json
from pathlib import Path

import pytest

from samplegen.errors import InputError
from samplegen.pack.audition import Vote, Votes, read_votes
from samplegen.pack.manifest import Manifest, read_manifest
from tests.pack.audition.packs import make_pack


@pytest.fixture(scope="module")
def manifest(tmp_path_factory: pytest.TempPathFactory) -> Manifest:
    folder = tmp_path_factory.mktemp("pack")
    make_pack(folder, loops=1, one_shots=2)
    found = read_manifest(folder)
    assert found is not None
    return found


def vote(manifest: Manifest, number: int, **changes: str) -> dict[str, str]:
    entry = manifest.files[number]
    return {"path": entry.path, "sha256": entry.sha256, "job": entry.job, **changes}


def write(folder: Path, **members: object) -> Path:
    path = folder / "votes.json"
    whole = {"format": "samplegen-votes", "version": 1, "pack": "Small pack", "keep": [], "reject": [], **members}
    path.write_text(json.dumps(whole))
    return path


def test_kept_and_rejected_sounds_are_told_as_jobs(manifest, tmp_path):
    votes = read_votes(write(tmp_path, keep=[vote(manifest, 0)], reject=[vote(manifest, 2), vote(manifest, 1)]))
    assert votes.kept_jobs(manifest) == {manifest.files[0].job}
    assert votes.rejected_jobs(manifest) == {manifest.files[1].job, manifest.files[2].job}


def test_a_rejected_sound_that_was_replaced_is_not_rejected_again(manifest, tmp_path):
    votes = read_votes(write(tmp_path, reject=[vote(manifest, 0, sha256="0" * 64), vote(manifest, 1)]))
    assert votes.rejected_jobs(manifest) == {manifest.files[1].job}


def test_a_moved_sound_is_found_by_its_job_and_one_without_by_its_path(manifest):
    one, other = manifest.files[:2]
    votes = Votes(
        "Small pack", frozenset({Vote("Elsewhere/x.wav", one.sha256, one.job), Vote(other.path, other.sha256)})
    )
    assert votes.kept_jobs(manifest) == {one.job, other.job}


def test_a_kept_sound_with_other_bytes_is_an_error(manifest):
    entry = manifest.files[0]
    votes = Votes("Small pack", frozenset({Vote(entry.path, "0" * 64, entry.job)}))
    with pytest.raises(InputError, match="are others in the pack now"):
        votes.kept_jobs(manifest)


@pytest.mark.parametrize(
    ("pack", "known", "said"),
    [("Other", False, "of the pack 'Other'"), ("Small pack", True, "does not have: Loops/no.wav")],
)
def test_votes_of_another_pack_and_unknown_sounds_are_errors(manifest, pack, known, said):
    rejects = {Vote("Loops/no.wav", "1" * 64, "none")}
    if known:
        rejects.add(Vote(manifest.files[0].path, manifest.files[0].sha256, manifest.files[0].job))
    with pytest.raises(InputError, match=said):
        Votes(pack, rejects=frozenset(rejects)).rejected_jobs(manifest)


@pytest.mark.parametrize(
    ("members", "said"),
    [
        ({"format": "votes"}, "not a samplegen-votes file"),
        ({"version": 2}, "version 1"),
        ({"pack": 3}, "'pack'"),
        ({"keep": {}}, "'keep'"),
        ({"keep": ["x"]}, "keep 1"),
        ({"reject": [{"path": "../x", "sha256": "", "job": ""}]}, "not a path inside"),
        ({"reject": [{"path": "x", "job": ""}]}, "no 'sha256'"),
        ({"keep": [{"path": "x", "sha256": "a", "job": ""}, {"path": "x", "sha256": "b", "job": ""}]}, "two different"),
        (
            {"keep": [{"path": "x", "sha256": "a", "job": ""}], "reject": [{"path": "x", "sha256": "b", "job": ""}]},
            "both keeps and rejects x",
        ),
    ],
)
def test_wrong_members_are_told(tmp_path, members, said):
    with pytest.raises(InputError, match=said):
        read_votes(write(tmp_path, **members))


@pytest.mark.parametrize("data", [b"", b"{", b"\xff\xfe", b"[" * 100_000, b"[]"])
def test_what_is_no_json_object_is_an_input_error(tmp_path, data):
    path = tmp_path / "votes.json"
    path.write_bytes(data)
    with pytest.raises(InputError, match="votes.json"):
        read_votes(path)


def test_a_missing_file_is_an_input_error(tmp_path):
    with pytest.raises(InputError, match="Cannot read"):
        read_votes(tmp_path / "votes.json")

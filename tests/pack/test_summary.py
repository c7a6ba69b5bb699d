from dataclasses import replace

import pytest

from samplegen.pack.summary import counts_text, draws_text, facts_text
from tests.pack.audition.packs import make_pack


@pytest.fixture(scope="module")
def view(tmp_path_factory):
    return make_pack(tmp_path_factory.mktemp("pack"), loops=1, one_shots=1)


def test_counts_name_what_is_there(view):
    assert counts_text(view.entries) == "2 loops · 1 one-shot"
    assert counts_text(()) == ""


def test_facts_are_those_of_the_whole_pack(view):
    assert facts_text(view) == "128 BPM · Am"
    assert facts_text(replace(view, bpm=87.5, meter=(7, 8), key=None)) == "87.5 BPM · 7/8"


def test_draws_count_only_gated_sounds(view):
    first, *rest = (replace(entry, gates=()) for entry in view.entries)
    assert draws_text([first, *rest]) == ""
    assert draws_text([replace(first, gates=("peak",), redraws=3), *rest]) == "1 of 4 draws passed the gates"

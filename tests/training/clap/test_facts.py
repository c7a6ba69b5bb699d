"""Attributes of sounds from names, from the renderer and from measures."""

from dataclasses import replace

import pytest

from samplegen.audio.descriptors import Descriptors
from samplegen.conditioning.embedder import TagEmbedder
from samplegen.training.clap.facts import Facts, Poles, common_attributes, facts_of_loop, facts_of_record, with_measures
from samplegen.training.sources.library import Record

TAGS = TagEmbedder()
MEASURED = Descriptors(10.0, 0.5, 0.2, 3.0, -20.0, 7.0)
ENTRY = {
    "index": 3, "kind": "loop_drums", "style": "techno", "bpm": 160.0, "beats": 4, "swing": 0.5,
    "tags": ["loop_drums", "techno", "fill", "roland", "kick", "loop"],
    "events": [[0.0, "kick", 1.0, None], [0.5, "hat_closed", 0.5, None]],
}  # fmt: skip


def test_of_a_record():
    record = Record("a.wav", "kick", "maker/one", "CC0-1.0", "train", 0.3, caption="bright tr-808 kick, maple full")
    facts = facts_of_record(record, tags=TAGS)
    # Measures speak of brightness, not file names; "full" and "drum" say nothing.
    assert facts.attributes == {"kick", "808", "maple"} and facts.split == "train"


def test_of_a_loop():
    facts = facts_of_loop(ENTRY, split="held_out", tags=TAGS)
    assert {"loop_drums", "techno", "fill", "roland", "with_kick", "with_hat_closed"} <= facts.attributes
    assert {"no_snare", "no_clap", "fast", "sparse", "straight"} <= facts.attributes
    assert not {"kick", "loop", "no_kick", "swung"} & facts.attributes and facts.split == "held_out"


@pytest.mark.parametrize(
    ("changes", "word"),
    [({"bpm": 80.0}, "slow"), ({"bpm": 120.0}, "midtempo"), ({"swing": 0.6}, "swung"),
     ({"beats": 0, "events": []}, "sparse"), ({"events": ENTRY["events"] * 9}, "busy")],
)  # fmt: skip
def test_movement(changes, word):
    assert word in facts_of_loop({**ENTRY, **changes}, split="train", tags=TAGS).attributes


def test_roles_modes_and_meters_are_told():
    pad = {**ENTRY, "kind": "loop_chord", "role": "pad", "mode": "minor", "meter": [7, 8], "tags": ["pad", "delay"]}
    facts = facts_of_loop(pad, split="train", tags=TAGS)
    assert facts.kind == "loop_pad" and {"loop_pad", "minor", "odd_meter", "pad", "delay"} <= facts.attributes
    assert "loop_chord" not in facts.attributes
    waltz = facts_of_loop({**ENTRY, "meter": [3, 4], "mode": None}, split="train", tags=TAGS)
    assert waltz.kind == "loop_drums" and "waltz" in waltz.attributes and not {"minor", "major"} & waltz.attributes


def poles() -> Poles:
    measured = [replace(MEASURED, brightness=float(k)) for k in range(11)]
    return Poles.measure(["kick"] * 11, measured)


def test_poles_are_the_outer_30_percent():
    found = poles()
    assert found.limits["kick"]["brightness"] == pytest.approx((3.0, 7.0))
    words = {value: found.words("kick", replace(MEASURED, brightness=value)) for value in (2.9, 5.0, 7.1)}
    assert "dark" in words[2.9] and "bright" in words[7.1] and not words[5.0] & {"dark", "bright"}


def test_rare_kinds_share_limits_and_loops_are_neither_short_nor_long():
    found = Poles.measure(["kick"] * 10 + ["snare"], [replace(MEASURED, length_s=float(k)) for k in range(11)])
    assert set(found.limits) == {"", "kick"}
    assert "long" in found.words("snare", replace(MEASURED, length_s=99.0))
    assert "long" not in found.words("loop_drums", replace(MEASURED, length_s=99.0))


def test_with_measures_adds():
    facts = with_measures(Facts("kick", frozenset({"kick"}), "train", "s"), replace(MEASURED, brightness=0.0), poles())
    assert facts.attributes == {"kick", "dark"}


def test_common_attributes_of_training_sounds():
    facts = [Facts("kick", frozenset({"kick", "rare"} if k == 0 else {"kick"}), "train", "s") for k in range(4)]
    held = [Facts("kick", frozenset({"kick", "other"}), "held_out", "s")] * 9
    assert common_attributes([*facts, *held]) == ("kick",)

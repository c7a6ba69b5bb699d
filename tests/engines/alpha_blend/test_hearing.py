"""One-shots that sound like another kind are drawn again; conditions of the others do not slip."""

from typing import Any

import numpy as np
import pytest
import torch

from samplegen.audio.types import Audio
from samplegen.conditioning.kind_ear import KindEar
from samplegen.engines.alpha_blend import make_heard_one_shots

KINDS = ("kick", "snare")


class Clap:
    """Hears what a sound's first sample says: 0 is a kick, 1 a snare."""

    name, hash, dimension = "clap-fake", "f" * 64, 2

    def embed_audio(self, audios: list[Audio]) -> torch.Tensor:
        return torch.tensor([[1.0 - audio.samples[0, 0], audio.samples[0, 0]] for audio in audios])


class Fake:
    """A generator whose draw of a seed is a table's; otherwise what the last draw was."""

    def __init__(self, *, draws: dict[str, list[float]], ear: bool = True) -> None:
        self.clap = Clap()
        self.ear = KindEar(KINDS, 8.0 * torch.eye(2), torch.zeros(2), self.clap.hash) if ear else None
        self.calls: list[dict[str, Any]] = []
        self._draws = {name: list(values) for name, values in draws.items()}

    def make_one_shots(self, **asked: Any) -> list[Audio]:
        self.calls.append(asked)
        made = []
        for (name,) in asked["tags"]:
            values = self._draws[name]
            made.append(Audio(np.full((1, 4), values.pop(0) if len(values) > 1 else values[0], np.float32), 44_100))
        return made


def heard(fake: Fake, kinds: list[str], **changes: Any) -> list[Any]:
    asked: dict[str, Any] = {
        "tags": [(f"item {n}",) for n in range(len(kinds))], "seeds": list(range(10, 10 + len(kinds))),
        "clap": torch.arange(2.0 * len(kinds)).reshape(-1, 2), **changes,
    }  # fmt: skip
    return make_heard_one_shots(fake, kinds, **asked)  # type: ignore[arg-type]


def test_only_the_misheard_are_drawn_again_with_their_own_conditions() -> None:
    fake = Fake(draws={"item 0": [0.0], "item 1": [0.1, 0.9], "item 2": [1.0, 0.7, 0.2]})
    made = heard(fake, ["kick", "snare", "kick"], negative=torch.ones(3, 2), guidance="g")
    assert [round(float(one.audio.samples[0, 0]), 3) for one in made] == [0.0, 0.9, 0.2]
    assert [call["tags"] for call in fake.calls[1:]] == [[("item 1",), ("item 2",)], [("item 2",)]]
    torch.testing.assert_close(fake.calls[1]["clap"], torch.tensor([[2.0, 3.0], [4.0, 5.0]]))
    assert fake.calls[1]["negative"].shape == (2, 2) and fake.calls[2]["guidance"] == "g"
    assert (
        made[0].seed == 10 and made[1].seed == fake.calls[1]["seeds"][0] and made[2].seed == fake.calls[2]["seeds"][0]
    )
    seeds = [seed for call in fake.calls for seed in call["seeds"]]
    assert len(set(seeds)) == len(seeds) == 6


def test_the_clearest_is_kept_where_none_is_right() -> None:
    fake = Fake(draws={"item 0": [0.9, 0.6, 0.8, 0.7]})
    (made,) = heard(fake, ["kick"])
    assert float(made.audio.samples[0, 0]) == pytest.approx(0.6) and len(fake.calls) == 4
    assert made.seed == fake.calls[1]["seeds"][0]


def test_the_same_seeds_give_the_same() -> None:
    calls = []
    for _ in range(2):
        fake = Fake(draws={"item 0": [1.0]})
        heard(fake, ["kick"])
        calls.append([call["seeds"] for call in fake.calls])
    assert calls[0] == calls[1]


@pytest.mark.parametrize(
    ("fake", "kind", "changes"),
    [
        (Fake(draws={"item 0": [1.0]}, ear=False), "kick", {}),
        (Fake(draws={"item 0": [1.0]}), "gong", {}),
        (Fake(draws={"item 0": [1.0]}), "kick", {"draws": 1}),
    ],
)
def test_without_an_ear_the_first_draw_is_kept(fake: Fake, kind: str, changes: dict[str, Any]) -> None:
    (made,) = heard(fake, [kind], **changes)
    assert made.seed == 10 and len(fake.calls) == 1

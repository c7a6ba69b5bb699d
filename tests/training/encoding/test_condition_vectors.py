"""What CLAP hears of training sounds, and what it is told of them."""

from collections.abc import Sequence

import numpy as np
import pytest
import torch

from samplegen.audio.types import Audio
from samplegen.training.clap.facts import Facts
from samplegen.training.encoding.condition_vectors import Listener
from samplegen.training.encoding.latents import EncodedItem, LatentSet, SoundToEncode
from tests.training.embedders import TinyClap

KINDS = ("kick", "snare") * 12


def sounds() -> list[SoundToEncode]:
    """24 tones; the later of a kind the higher, the last of all silent."""
    time = np.arange(4000) / 44_100
    made = []
    for number, kind in enumerate(KINDS):
        tone = np.sin(2 * np.pi * 100 * 1.25**number * time[: 3000 + number]) * (number + 1 < len(KINDS))
        audio = Audio(tone[None].astype(np.float32), 44_100)
        made.append(SoundToEncode(audio, kind, (kind,), loop=False, split="train", source="maker"))
    return made


FACTS = [Facts(kind, frozenset({kind, "birch", "808"}), "train", "maker") for kind in KINDS]


def latents() -> LatentSet:
    items = [EncodedItem(n, 1, kind, (kind,), False, "train", "maker") for n, kind in enumerate(KINDS)]
    return LatentSet(torch.zeros(len(items), 2, dtype=torch.float16), items, {"frame_rate": 50.0})


def told(clap: TinyClap, *, facts: Sequence[Facts] = FACTS, captions: int = 5, seed: int = 0) -> LatentSet:
    listener = Listener(clap, facts)
    assert [sound.audio.length for sound in listener.listen(sounds())] == [3000 + n for n in range(len(KINDS))]
    return listener.tell(latents(), captions=captions, seed=seed)


def test_each_sound_then_its_texts() -> None:
    clap = TinyClap()
    made = told(clap)
    assert made.header["clap"] == {"name": "clap-tiny", "hash": "c" * 64, "captions": 5}
    assert made.vectors is not None and made.vectors.shape == (24, 6, 8) and made.vectors.dtype == torch.float16
    torch.testing.assert_close(made.vectors[:, 0], clap.embed_audio([sound.audio for sound in sounds()]).half())
    texts = list(clap.texts)
    torch.testing.assert_close(made.vectors[:, 1:].flatten(0, 1), clap.embed_text(texts).half())
    assert not made.vectors[-1, 0].any() and len(set(texts)) > 60


def test_texts_say_what_is_known_and_measured() -> None:
    clap = TinyClap()
    told(clap, captions=40)
    low, high = (" / ".join(clap.texts[40 * n : 40 * (n + 1)]) for n in (0, 22))
    assert "birch" in low and "dark" in low and "kick" in low
    assert "bright" in high and "bright" not in low and "snare" not in low


def test_rare_words_are_not_said() -> None:
    clap = TinyClap()
    facts = [*FACTS[:-1], Facts("snare", frozenset({"snare", "zanzibar"}), "train", "maker")]
    told(clap, facts=facts, captions=40)
    assert not any("zanzibar" in text for text in clap.texts)


def test_the_seed_says_all() -> None:
    texts = []
    for seed in (0, 0, 1):
        clap = TinyClap()
        told(clap, seed=seed)
        texts.append(clap.texts)
    assert texts[0] == texts[1] != texts[2]


def test_progress() -> None:
    done: list[int] = []
    listener = Listener(TinyClap(), FACTS)
    for _ in listener.listen(sounds()):
        pass
    listener.tell(latents(), on_sounds=done.append)
    assert done == [16, 24]


def test_every_sound_was_heard() -> None:
    listener = Listener(TinyClap(), FACTS)
    next(listener.listen(sounds()))
    with pytest.raises(ValueError, match="argument"):
        listener.tell(latents())

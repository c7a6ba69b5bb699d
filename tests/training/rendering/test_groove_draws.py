from pathlib import Path

import numpy as np

from samplegen.training.rendering.groove_draws import draw_groove
from samplegen.training.sources.library import Library, Record
from tests.performances import write_beat


def test_draws_respect_split_and_length(tmp_path: Path) -> None:
    write_beat(tmp_path / "hiphop.mid")
    record = Record("hiphop.mid", "groove_midi", "gmd", "CC-BY-4.0", "train", 0.0)
    library = Library(tmp_path, (record,))
    drawn = draw_groove(library, rng=np.random.default_rng(0), bars=2)
    assert drawn is not None and drawn[0].bars == 2 and len(drawn[0].events) == 8 and drawn[0].style == "hiphop"
    assert draw_groove(library, rng=np.random.default_rng(0), bars=8) is None
    assert draw_groove(library, rng=np.random.default_rng(0), bars=2, split="held_out") is None

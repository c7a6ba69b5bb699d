from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from samplegen.errors import UsageError
from samplegen.score.styles import STYLES
from samplegen.training.rendering.render import (
    LOOP_KINDS,
    RenderedLoop,
    draw_bpm,
    draw_loop_kit,
    draw_spec,
    render_item,
    render_loop,
    render_many,
)
from samplegen.training.rendering.sounds import SoundStore
from samplegen.training.sources.library import Library
from samplegen.training.sources.scan import scan_library
from samplegen.units import bars_to_samples


def test_loops_are_whole_bars_at_minus_one_decibel(library: Library) -> None:
    for loop in render_many(library, count=12, seed=3, sample_rate=16_000):
        expected = bars_to_samples(loop.bars, bpm=loop.bpm, beats_per_bar=loop.meter[0], sample_rate=16_000)
        assert loop.audio.samples.shape == (1, expected)
        assert np.max(np.abs(loop.audio.samples)) == pytest.approx(10 ** (-1 / 20), rel=1e-4)
        assert loop.beat_times_s[0] == 0.0 and len(loop.beat_times_s) == loop.bars * loop.meter[0]
        assert loop.kind in loop.tags and loop.style in loop.tags and f"{loop.bpm:g} bpm" in loop.caption
        assert (loop.key is not None) == (loop.kind in ("loop_bass", "loop_chord"))


def test_an_item_depends_on_seed_and_index_alone(library: Library) -> None:
    series = list(render_many(library, count=5, seed=8))
    alone = render_item(library, index=3, seed=8)
    assert alone.audio.samples.tobytes() == series[3].audio.samples.tobytes() and alone.spec == series[3].spec
    later = next(render_many(library, count=1, start=4, seed=8))
    assert later.audio.samples.tobytes() == series[4].audio.samples.tobytes()
    other = render_item(library, index=3, seed=9)
    assert other.audio.samples.tobytes() != alone.audio.samples.tobytes()


def test_held_out_sources_never_train_and_only_they_are_held_out(library: Library) -> None:
    split_of = {record.path: record.split for record in library.records}
    for split in ("train", "held_out"):
        for loop in render_many(library, count=12, seed=1, split=split, sample_rate=8_000):
            recorded = [path for path in loop.sources if not path.startswith("synth/")]
            patches = [path for path in loop.sources if path.startswith("synth/")]
            assert loop.sources and {split_of[path] for path in recorded} <= {split}
            assert all(int(path.rsplit("/", 1)[1]) % 2 == (split == "held_out") for path in patches)


def test_specs_cover_styles_kinds_tempi_and_meters() -> None:
    specs = [draw_spec(rng=np.random.default_rng(seed)) for seed in range(250)]
    assert Counter(spec.kind for spec in specs).keys() == set(LOOP_KINDS)
    assert {spec.style for spec in specs} == set(STYLES)
    assert {spec.bars for spec in specs} == {1, 2, 4}
    assert {spec.meter for spec in specs} == {(4, 4), (3, 4), (5, 4), (7, 8), (6, 8)}
    assert np.mean([spec.meter == (4, 4) for spec in specs]) > 0.8
    bpm = np.array([spec.bpm for spec in specs])
    assert bpm.min() >= 60.0 and bpm.max() <= 200.0
    assert np.histogram(bpm, bins=7, range=(60, 200))[0].min() > 10
    assert 0.8 < np.mean(bpm == np.round(bpm)) < 1.0


def test_typical_tempi_are_more_frequent() -> None:
    bpm = np.array([draw_bpm("dnb", rng=np.random.default_rng(seed)) for seed in range(300)])
    assert np.mean((bpm >= 165) & (bpm <= 178)) > 0.5


@pytest.mark.parametrize("weights", [{"loop_polka": 1.0}, {}, {"loop_kick": 0.0}])
def test_kinds_that_cannot_be_drawn_are_refused(weights: dict[str, float]) -> None:
    with pytest.raises(UsageError, match="loop_drums"):
        draw_spec(rng=np.random.default_rng(0), weights=weights)


def test_kick_loops_hold_kicks_and_top_loops_none(library: Library) -> None:
    for seed in range(15):
        rng = np.random.default_rng(seed)
        assert draw_spec(rng=rng, weights={"loop_kick": 1.0}).pattern.layers == ("kick",)
        assert "kick" not in draw_spec(rng=rng, weights={"loop_tops": 1.0}).pattern.layers


def _energy(loop: RenderedLoop, *, beat: float) -> float:
    """Energy of the quarter of a beat that starts at `beat`, on the ring."""
    rotated = np.roll(loop.audio.samples[0], -round(beat * loop.audio.length / loop.beats))
    return float(np.sum(np.square(rotated[: loop.audio.length // loop.beats // 4])))


def test_real_techno_has_its_kick_on_the_beat(shared_audio: Path) -> None:
    library = scan_library(shared_audio).library
    rng = np.random.default_rng(3)
    spec = draw_spec(rng=rng, weights={"loop_kick": 1.0}, style="techno")
    loop = render_loop(spec, draw_loop_kit(spec, library, rng=rng), store=SoundStore(library))
    on = sum(_energy(loop, beat=k) for k in range(loop.beats))
    before = sum(_energy(loop, beat=k + 0.7) for k in range(loop.beats))
    assert on > 4.0 * before

"""What is written and measured block by block is what it is as a whole."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from samplegen import files
from samplegen.audio.source import Source, as_source
from samplegen.audio.spool import Spool
from samplegen.audio.types import Audio, Samples
from samplegen.errors import OutputError
from samplegen.pack import check, conform, long, stream
from samplegen.pack.check import check_pack
from samplegen.pack.export import PackWriter
from samplegen.pack.gates import judge
from samplegen.pack.long import fit_long_level, judge_long
from samplegen.pack.manifest import read_manifest
from samplegen.pack.sound import LongSound, Provenance, Sound, Tags
from samplegen.pack.tags import encode_tagged_wav
from tests.pack.signals import SAMPLE_RATE, make_loop

TEXTURE = Tags(kind="texture", category="texture", title="a texture")


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Many blocks in a second of sound."""
    monkeypatch.setattr(stream, "_BLOCK", 1_000)
    monkeypatch.setattr(conform, "_BLOCK", 3_001)
    monkeypatch.setattr(long, "_BLOCK_S", 0.11)


def make_texture(*, seconds: float = 1.0, channels: int = 2, sample_rate: int = SAMPLE_RATE, seed: int = 0) -> Sound:
    """Smooth noise that no click can hide in, faded in and out."""
    rng = np.random.default_rng(seed)
    rough = rng.standard_normal((channels, round(seconds * sample_rate) + 200))
    smooth = np.stack([np.convolve(channel, np.hanning(201), mode="valid") for channel in rough])
    smooth *= np.sin(np.arange(smooth.shape[1]) / 20)  # no constant offset
    smooth *= np.minimum(1, np.minimum(np.arange(smooth.shape[1]), np.arange(smooth.shape[1])[::-1]) / 1_000)
    samples = (0.7 * smooth / np.abs(smooth).max()).astype(np.float32)
    return Sound(Audio(samples, sample_rate), TEXTURE, Provenance("test", seed=seed))


def as_long(sound: Sound) -> LongSound:
    return LongSound(as_source(sound.audio), sound.tags, sound.provenance)


def spoil(sound: Sound, samples: Samples) -> Sound:
    return replace(sound, audio=sound.audio.with_samples(samples))


@pytest.mark.parametrize("seed", [7, -7])
@pytest.mark.parametrize("bit_depth", [16, 24])
@pytest.mark.parametrize("channels", [1, 2])
def test_the_same_bytes_as_in_one_piece(channels, bit_depth, seed, tmp_path):
    sound = make_texture(channels=channels, seconds=0.50001)  # an odd length
    sound = replace(sound, provenance=Provenance("test", seed=seed))
    data = encode_tagged_wav(sound, bit_depth=bit_depth, label="Pack", date="2024-05-06")
    wav = stream.StreamedWav(as_long(sound), bit_depth=bit_depth, label="Pack", date="2024-05-06")
    written = wav.write(tmp_path / "a.wav")
    assert (tmp_path / "a.wav").read_bytes() == data
    assert written == wav.measure() == stream.Written(files.hash_bytes(data), len(data))
    assert wav.size == len(data)


@pytest.mark.parametrize("bit_depth", [16, 24])
@pytest.mark.parametrize("rate", [SAMPLE_RATE, 48_000, 22_050])
def test_a_pack_takes_a_long_sound_as_any_other(rate, bit_depth, tmp_path):
    sound = make_texture(sample_rate=rate)
    short = PackWriter(tmp_path / "short", name="Pack", bit_depth=bit_depth)
    entry = short.add(sound, job="j", verdict=judge(sound, loudness=False))
    with PackWriter(tmp_path / "long", name="Pack", bit_depth=bit_depth) as writer:
        same = writer.add_long(as_long(sound), job="j", verdict=judge_long(as_long(sound)))
    assert (tmp_path / "long" / same.path).read_bytes() == (tmp_path / "short" / entry.path).read_bytes()
    assert replace(same, measures={}) == replace(entry, measures={})
    assert same.measures == pytest.approx(dict(entry.measures))
    manifest = read_manifest(tmp_path / "long")
    assert manifest is not None and manifest.files == (same,)
    assert check_pack(tmp_path / "long").errors == ()


def test_a_peak_that_resampling_lifts_is_lowered(tmp_path):
    square = np.sign(np.sin(2 * np.pi * 441 / 22_050 * np.arange(22_050) + 0.1)).astype(np.float32)
    sound = replace(make_texture(sample_rate=22_050), audio=Audio(0.966 * square, 22_050))
    entry = PackWriter(tmp_path / "a", name="Pack").add(sound)
    same = PackWriter(tmp_path / "b", name="Pack").add_long(as_long(sound))
    assert same.sha256 == entry.sha256
    with conform.conformed(as_long(sound), sample_rate=SAMPLE_RATE) as ready:
        assert np.abs(ready.source.read(0, ready.source.length)).max() <= 10 ** (-0.3 / 20)


def test_a_loop_stays_a_ring_at_another_rate(tmp_path):
    sound = make_loop()
    entry = PackWriter(tmp_path / "a", name="Pack", sample_rate=48_000).add(sound)
    same = PackWriter(tmp_path / "b", name="Pack", sample_rate=48_000).add_long(as_long(sound))
    assert same.sha256 == entry.sha256 and same.length == sound.tags.length_at(48_000)


def test_a_second_run_writes_nothing_again(tmp_path):
    sound = as_long(make_texture())
    entry = PackWriter(tmp_path, name="Pack").add_long(sound, job="j")
    path = tmp_path / entry.path
    before = path.stat().st_mtime_ns
    assert PackWriter(tmp_path, name="Pack").add_long(sound, job="j") == entry
    assert path.stat().st_mtime_ns == before


def test_a_run_stopped_between_file_and_journal_goes_on(tmp_path):
    sound = as_long(make_texture())
    entry = PackWriter(tmp_path, name="Pack").add_long(sound, job="j")
    next(tmp_path.glob(".*.jsonl")).unlink()
    before = (tmp_path / entry.path).stat().st_mtime_ns
    assert PackWriter(tmp_path, name="Pack").add_long(sound, job="j") == entry
    assert (tmp_path / entry.path).stat().st_mtime_ns == before


def test_a_strange_file_is_not_overwritten(tmp_path):
    sound = as_long(make_texture())
    entry = PackWriter(tmp_path, name="Pack").add_long(sound, job="j")
    next(tmp_path.glob(".*.jsonl")).unlink()
    path = tmp_path / entry.path
    path.write_bytes(b"strange")
    with pytest.raises(OutputError, match="not of this pack"):
        PackWriter(tmp_path, name="Pack").add_long(sound, job="j")
    assert path.read_bytes() == b"strange"
    assert PackWriter(tmp_path, name="Pack", force=True).add_long(sound, job="j").sha256 == entry.sha256


class Endless:
    """A source of silence of any length."""

    sample_rate, channels = SAMPLE_RATE, 2

    def __init__(self, length: int) -> None:
        self.length = length

    def read(self, start: int, stop: int) -> Samples:
        return np.zeros((2, stop - start), np.float32)


def test_more_than_a_wav_holds_is_refused_before_writing(tmp_path):
    sound = LongSound(Endless(2**32 // 6), TEXTURE, Provenance("test"))
    with pytest.raises(OutputError, match="4 GiB"):
        PackWriter(tmp_path / "pack", name="Pack").add_long(sound)
    assert not (tmp_path / "pack").exists()


def test_an_empty_sound_is_refused(tmp_path):
    with pytest.raises(OutputError, match="without samples"):
        PackWriter(tmp_path, name="Pack").add_long(LongSound(Endless(0), TEXTURE, Provenance("test")))


def test_a_failure_leaves_nothing_behind(tmp_path):
    class Broken(Endless):
        def read(self, start: int, stop: int) -> Samples:
            if start > 5_000:
                raise OutputError("the disk is full")
            return super().read(start, stop)

    with pytest.raises(OutputError, match="disk is full"):
        PackWriter(tmp_path, name="Pack").add_long(LongSound(Broken(20_000), TEXTURE, Provenance("test")))
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def clicked(sound: Sound, *places: int) -> Sound:
    samples = sound.audio.samples.copy()
    samples[0, list(places)] += 0.3
    return spoil(sound, samples)


@pytest.mark.parametrize("block_s", [0.05, 0.11, 0.2, 20.0])
@pytest.mark.parametrize("sample_rate", [44_100, 22_051])
def test_measures_are_those_of_the_whole(sample_rate, block_s, monkeypatch):
    monkeypatch.setattr(long, "_BLOCK_S", block_s)
    sound = make_texture(seconds=1.7, sample_rate=sample_rate, channels=2)
    # Clicks at, before and behind the borders of blocks and of windows, and two that count once.
    borders = [round(k * 0.05 * sample_rate) for k in (3, 4, 9, 12, 24)]
    for places in [[], borders, [edge - 1 for edge in borders], [borders[1] + 1, borders[1] + 3], [5, 30_000]]:
        spoilt = clicked(sound, *places)
        whole, blocks = judge(spoilt, loudness=False), judge_long(as_long(spoilt))
        assert {name: blocks.measures[name] for name in blocks.measures} == pytest.approx(dict(whole.measures))
        assert [(found.name, found.passed) for found in blocks.results] == [
            (found.name, found.passed) for found in whole.results
        ]
        assert (blocks.measures["clicks"] or 0) >= (len(places) > 2)


@pytest.mark.parametrize(
    ("change", "gate"),
    [
        (lambda samples: samples * 1.5, "peak"),
        (lambda samples: samples * 0.5 + 0.02, "dc"),
        (lambda samples: samples * 0.001, "silence"),
    ],
)
def test_gates_fail_as_for_short_sounds(change, gate):
    sound = make_texture()
    spoilt = spoil(sound, change(sound.audio.samples))
    failed = [result for result in judge_long(as_long(spoilt)).results if not result.passed]
    assert gate in [result.name for result in failed]
    assert judge_long(as_long(spoilt)).reasons == judge(spoilt).reasons


def test_bars_of_the_wrong_length_fail():
    sound = make_texture(seconds=2.0)
    bar = replace(sound, tags=Tags(kind="texture", category="texture", bpm=120, bars=1))
    assert judge_long(as_long(bar)).passed
    shorter = spoil(bar, bar.audio.samples[:, :-1])
    assert [result.name for result in judge_long(as_long(shorter)).results if not result.passed] == ["length"]


def test_a_loop_is_asked_every_gate():
    assert {result.name for result in judge_long(as_long(make_loop())).results} >= {"seam", "tempo", "clicks"}


def test_a_spool_is_written_like_an_array(tmp_path: Path):
    sound = make_texture()
    with Spool(channels=2, sample_rate=SAMPLE_RATE, memory_limit=10_000) as spool:
        spool.append(sound.audio.samples)
        source: Source = spool.scaled(1.0)
        wav = stream.StreamedWav(LongSound(source, sound.tags, sound.provenance))
        assert wav.measure().sha256 == files.hash_bytes(encode_tagged_wav(sound))


def test_a_long_file_of_a_pack_is_checked_in_blocks(tmp_path, monkeypatch):
    writer = PackWriter(tmp_path, name="Pack")
    for number in range(2):
        writer.add(replace(make_texture(seed=number), provenance=Provenance("test", seed=number)))
    again, crackling = make_texture(seed=1), clicked(make_texture(seed=2), 20_000)
    writer.add(spoil(again, again.audio.samples * 0.5))
    writer.add(crackling)
    writer.finish()
    before = check_pack(tmp_path)
    monkeypatch.setattr(check, "LONG_S", 0.5)
    after = check_pack(tmp_path)
    assert [(problem.path, problem.code) for problem in after.problems] == [
        (problem.path, problem.code) for problem in before.problems
    ]
    assert {problem.code for problem in after.errors} == {"duplicate", "clicks"}
    for path, numbers in after.measures.items():
        assert numbers == pytest.approx({name: before.measures[path][name] for name in numbers})


@pytest.mark.parametrize(
    ("change", "notes"),
    [
        (lambda samples: samples, []),
        (lambda samples: samples / 0.7 * 0.99, []),
        (lambda samples: samples * 0.01, ["quiet"]),
        (lambda samples: samples * 0.5 + np.float32([[0.0], [0.1]]), ["constant offset"]),
        (lambda samples: samples * 1.3 + np.float32([[0.0], [0.2]]), ["constant offset"]),
    ],
)
def test_levels_are_brought_between_the_limits(change, notes):
    samples = change(make_texture(seconds=2.0).audio.samples)
    source, said = fit_long_level(as_source(Audio(samples, SAMPLE_RATE)))
    assert len(said) == len(notes) and all(part in note for part, note in zip(notes, said, strict=True))
    assert judge_long(LongSound(source, TEXTURE, Provenance("test"))).passed
    got, plain = source.read(0, source.length), samples - (samples.mean(axis=1, keepdims=True) if notes else 0)
    gain = float((got * plain).sum() / np.square(plain).sum())
    assert np.allclose(got, gain * plain, atol=1e-3)


def test_a_level_that_fits_is_left_alone():
    source = as_source(make_texture().audio)
    assert fit_long_level(source) == (source, ())

"""Programs that others wrote read the instruments: sfzlint, and the sampler sfizz."""

import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from samplegen.audio.io import read_audio, write_wav
from samplegen.audio.types import Audio
from samplegen.pack.instruments import make_instruments, make_kits, make_round_robins
from samplegen.pack.recipes.types import HumanizedSection, InstrumentSection, KitSection
from tests.pack.instruments.packs import SAMPLE_RATE, noise, put, put_takes, tone, view_of, write_out

BLOCK = 256


def sampler(path: Path):
    pysfizz = pytest.importorskip("pysfizz", reason="needs the sampler sfizz (pip install pysfizz)")
    # sfizz streams what is longer than 8192 samples, and drops voices where the disk is late.
    path.write_text("<control> hint_ram_based=1\n" + path.read_text("utf-8"), "utf-8")
    synth = pysfizz.Synth(sample_rate=SAMPLE_RATE, block_size=BLOCK)
    assert synth.load_sfz_file(path)
    return synth._synth


def play(synth, hits: list[tuple[int, int, int]], *, length: int) -> np.ndarray:
    """Left channel ``[T]`` of hits ``(block, key, velocity)``, each let go one block later."""
    blocks = []
    for block in range(length // BLOCK):
        for at, key, velocity in hits:
            if at == block:
                synth.note_on(0, key, velocity)
            if at == block - 1:
                synth.note_off(0, key, 0)
        blocks.append(np.array(synth.render_block()[0]))
    return np.concatenate(blocks)


def likeness(heard: np.ndarray, path: Path) -> float:
    """Greatest normalised correlation with the start of a file within a few samples."""
    wave = read_audio(path).samples[0][:2_000].astype(np.float64)
    scores = [
        abs(np.dot(part, wave)) / (np.linalg.norm(part) * np.linalg.norm(wave) + 1e-12)
        for shift in range(4)
        if (part := heard[shift : shift + wave.size].astype(np.float64)).size == wave.size
    ]
    return max(scores)


def test_sfizz_plays_takes_in_turn_by_velocity(tmp_path: Path) -> None:
    entries = put_takes(tmp_path, "C#_snare", category="snare", takes=(3, 3))
    view = view_of(tmp_path, {"h": entries})
    files = write_out(tmp_path, make_round_robins(view, HumanizedSection(name="h", formats=("sfz",))))
    synth = sampler(files[".sfz"])
    velocities = [20, 20, 20, 110, 110, 110, 20, 110]
    heard = play(synth, [(32 * n, 38, v) for n, v in enumerate(velocities)], length=32 * BLOCK * len(velocities))
    found = []
    for number in range(len(velocities)):
        part = heard[32 * BLOCK * number :][: 32 * BLOCK]
        scores = {entry.path: likeness(part, tmp_path / entry.path) for entry in entries}
        best = max(scores, key=lambda path: scores[path])
        assert scores.pop(best) > 0.95 and max(scores.values()) < 0.5
        found.append(best[-8:-4])
    assert found == ["1_t1", "1_t2", "1_t3", "2_t1", "2_t2", "2_t3", "1_t1", "2_t2"]


def test_sfizz_hears_no_step_between_layers(tmp_path: Path) -> None:
    entries = put_takes(tmp_path, "snare", category="snare", takes=(1, 1, 1))
    for entry in entries:  # layers of one sound, each as quiet as its entry says
        audio, quieter = noise(5), 10 ** ((entry.measures["level_db"] + 10.0) / 20)
        write_wav(tmp_path / entry.path, Audio(audio.samples * np.float32(quieter), SAMPLE_RATE))
    view = view_of(tmp_path, {"h": entries})
    files = write_out(tmp_path, make_round_robins(view, HumanizedSection(name="h", formats=("sfz",))))
    synth = sampler(files[".sfz"])
    velocities = [20, 41, 42, 83, 84, 127]
    heard = play(synth, [(32 * n, 38, v) for n, v in enumerate(velocities)], length=32 * BLOCK * len(velocities))
    levels = [20 * np.log10(np.abs(heard[32 * BLOCK * n :][: 32 * BLOCK]).max()) for n in range(len(velocities))]
    expected = [40 * np.log10(velocity / 127) for velocity in velocities]
    assert np.allclose(np.array(levels) - levels[-1], expected, atol=1.0)


def test_sfizz_chokes_hats_and_lets_one_shots_ring(tmp_path: Path) -> None:
    entries = [
        put(tmp_path, "open", tone(90, length=SAMPLE_RATE), category="hat_open"),
        put(tmp_path, "closed", tone(100, length=2_000), category="hat_closed"),
        put(tmp_path, "kick", tone(100, length=2_000), category="kick"),
    ]
    files = write_out(tmp_path, make_kits(view_of(tmp_path, {"k/1": entries}), KitSection(name="k", formats=("sfz",))))
    levels = {}
    for key in (42, 36):
        heard = play(sampler(files[".sfz"]), [(0, 46, 100), (40, key, 100)], length=100 * BLOCK)
        levels[key] = float(np.abs(heard[60 * BLOCK :]).max())
        assert np.abs(heard[30 * BLOCK : 40 * BLOCK]).max() > 0.03
    assert levels[42] < 1e-4 and levels[36] > 0.02


def test_sfizz_plays_a_sound_in_tune(tmp_path: Path) -> None:
    entries = [put(tmp_path, "bass", tone(45.37, length=2 * SAMPLE_RATE), category="bass")]
    section = InstrumentSection(name="b", kind="chromatic", of=("b",), formats=("sfz",))
    files = write_out(tmp_path, make_instruments(view_of(tmp_path, {"b": entries}), section))
    synth = sampler(files[".sfz"])
    synth.note_on(0, 69, 100)
    heard = np.concatenate([np.array(synth.render_block()[0]) for _ in range(160)])
    spectrum = np.abs(np.fft.rfft(heard * np.hanning(heard.size), 1 << 19))
    hz = spectrum.argmax() * SAMPLE_RATE / (1 << 19)
    assert abs(1200 * np.log2(hz / 440.0)) < 5.0


def test_sfzlint_has_nothing_to_say(tmp_path: Path) -> None:
    program = shutil.which("sfzlint", path=str(Path(sys.executable).parent)) or pytest.skip("needs sfzlint")
    sections = {
        "k/1": [put(tmp_path, f"{kind}#1", noise(1), category=kind) for kind in ("kick", "hat_open", "cymbal", "fx")],
        "h": put_takes(tmp_path, "snare", category="snare", takes=(2, 3)),
        "b": [put(tmp_path, "bass", tone(40.4), category="bass")],
    }
    view = view_of(tmp_path, sections)
    write_out(tmp_path, make_kits(view, KitSection(name="k")))
    write_out(tmp_path, make_round_robins(view, HumanizedSection(name="h")))
    write_out(tmp_path, make_instruments(view, InstrumentSection(name="b", kind="chromatic", of=("b",))))
    assert len(list((tmp_path / "Instruments").glob("*.sfz"))) == 3
    done = subprocess.run(
        [program, str(tmp_path / "Instruments")], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.stdout + done.stderr == ""

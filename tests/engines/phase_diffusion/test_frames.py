import numpy as np
import pytest

from samplegen.audio.source import as_source
from samplegen.audio.types import Audio
from samplegen.engines.phase_diffusion.frames import Framing, OverlapAdd, forward, frame_blocks, inverse
from samplegen.engines.phase_diffusion.smear import Attenuation
from tests.engines.phase_diffusion.signals import RATE, white_noise

GEOMETRIES = [(256, 64), (256, 128), (256, 32), (512, 100), (256, 7), (1024, 256)]


def resynthesised(samples, framing, *, change=None):
    """Frames to spectra and back, cut to the recording."""
    overlap = OverlapAdd(framing, channels=samples.shape[0])
    parts = []
    for block in frame_blocks(as_source(Audio(samples, RATE)), framing):
        spectra = forward(block, framing)
        if change is not None:
            change(spectra, block)
        parts.append(overlap.add(inverse(spectra, framing)))
    return np.concatenate(parts, axis=1)[:, framing.window_size :][:, : framing.length]


@pytest.mark.parametrize(("window", "hop"), GEOMETRIES)
@pytest.mark.parametrize("length", [1, 100, 5000])
def test_unchanged_frames_give_the_recording_times_the_level_factor(window, hop, length):
    samples = white_noise(1.0, channels=2)[:, :length]
    out = resynthesised(samples, Framing(window, hop, length))
    assert out.shape == samples.shape
    np.testing.assert_allclose(out, samples * np.sqrt(window / hop), atol=2e-6 * np.sqrt(window / hop))


@pytest.mark.parametrize(("window", "hop"), GEOMETRIES)
def test_frames_are_those_of_the_recording_padded_by_reflection(window, hop):
    samples = white_noise(1.0, channels=2)[:, :3001]
    framing = Framing(window, hop, 3001)
    padded = np.pad(samples, ((0, 0), (window, 2 * window)), mode="reflect")
    blocks = list(frame_blocks(as_source(Audio(samples, RATE)), framing))
    frames = np.concatenate([block.frames for block in blocks], axis=1)
    assert [block.first for block in blocks] == list(range(0, framing.count, framing.block))
    assert frames.shape == (2, framing.count, window)
    starts = framing.starts(0, framing.count) + window
    np.testing.assert_array_equal(frames, np.stack([padded[:, start : start + window] for start in starts], axis=1))


def test_a_short_recording_is_reflected_again_and_again():
    samples = np.array([[0.0, 1.0, 2.0]], dtype=np.float32)
    block = next(iter(frame_blocks(as_source(Audio(samples, RATE)), Framing(256, 64, 3))))
    np.testing.assert_array_equal(block.frames[0, 4, :9], [0, 1, 2, 1, 0, 1, 2, 1, 0])


@pytest.mark.parametrize(("share", "tolerance"), [(2, 0.05), (4, 0.03), (8, 0.03)])
def test_white_noise_keeps_its_level_under_random_phases(share, tolerance):
    samples = white_noise(3.0, seed=4)
    framing = Framing(1024, 1024 // share, samples.shape[1])
    rng = np.random.default_rng(9)
    shaper = Attenuation(np.ones(framing.bins), smear=1.0, floor=0.0)

    def diffuse(spectra, block):
        angles = rng.uniform(0.0, 2.0 * np.pi, spectra.shape).astype(np.float32)
        phasors = np.exp(1j * angles).astype(np.complex64)
        shaper.apply(spectra, first=block.first, effect=np.ones(block.count), phasors=phasors)

    wet = resynthesised(samples, framing, change=diffuse)
    assert np.sqrt(np.mean(wet**2) / np.mean(samples**2)) == pytest.approx(1.0, abs=tolerance)


def test_spectra_are_orthonormal():
    samples = white_noise(0.5)
    framing = Framing(512, 128, samples.shape[1])
    block = next(iter(frame_blocks(as_source(Audio(samples, RATE)), framing)))
    expected = np.fft.rfft(block.frames.astype(np.float64) * framing.window) / np.sqrt(512)
    np.testing.assert_allclose(forward(block, framing), expected, atol=1e-6)

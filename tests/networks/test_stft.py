"""Same-framed transforms: what they take apart they put together, on a line and on a ring."""

import pytest
import torch

from samplegen.networks.stft import Stft, wrap


@pytest.mark.parametrize("loop", [False, True])
@pytest.mark.parametrize(("n_fft", "hop"), [(256, 64), (512, 256)])
def test_the_transform_and_its_inverse_restore_the_signal(n_fft: int, hop: int, loop: bool) -> None:
    samples, stft = torch.randn(1, 16 * hop, generator=torch.Generator().manual_seed(1)), Stft(n_fft, hop)
    spectrum = stft.analyse(samples, loop=loop)
    assert spectrum.shape == (1, 16, n_fft // 2 + 1)
    torch.testing.assert_close(stft.synthesise(spectrum, loop=loop), samples, atol=1e-4, rtol=1e-4)


def test_a_ring_goes_on_however_short() -> None:
    assert wrap(torch.tensor([[1, 2]]), 3).tolist() == [[2, 1, 2, 1, 2, 1, 2, 1]]

"""The spectral codec: complex spectra from one network, and waveform latents that may be left out."""

from samplegen.codec.autoencoder import AutoencoderCodec
from samplegen.networks.spectral import SpectralAutoencoder, SpectralConfig


class SpectralCodec(AutoencoderCodec):
    """A trained `SpectralAutoencoder`.

    Parameters
    ----------
    waveform
        Keep the waveform latents too: closer to the original, but of no use to a generator.
    """

    family = "spectral"
    network_type = SpectralAutoencoder
    config_type = SpectralConfig

    def __init__(
        self,
        network: SpectralAutoencoder,
        *,
        name: str,
        hash: str,
        latency_s: float = 0.0,
        waveform: bool = False,
    ) -> None:
        super().__init__(network, name=name, hash=hash, latency_s=latency_s)
        self.dimension -= 0 if waveform else network.config.wave_bins

"""A recording resynthesised with random phases: three models that a small network, trained on it, steers."""

from samplegen.engines.phase_diffusion.engine import diffuse, diffuse_audio
from samplegen.engines.phase_diffusion.presets import PRESETS, settings_for
from samplegen.engines.phase_diffusion.result import PhaseResult
from samplegen.engines.phase_diffusion.settings import PhaseSettings, resolve

__all__ = ["PRESETS", "PhaseResult", "PhaseSettings", "diffuse", "diffuse_audio", "resolve", "settings_for"]

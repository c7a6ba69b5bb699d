"""Loops and one-shots from a trained alpha-blending generator."""

from samplegen.engines.alpha_blend.editing import Edited, edit_sounds
from samplegen.engines.alpha_blend.generator import Generator, LoopPlan, Sampling, Towards
from samplegen.engines.alpha_blend.hearing import Heard, make_heard_one_shots
from samplegen.engines.alpha_blend.loading import load_generator

__all__ = [
    "Edited",
    "Generator",
    "Heard",
    "LoopPlan",
    "Sampling",
    "Towards",
    "edit_sounds",
    "load_generator",
    "make_heard_one_shots",
]

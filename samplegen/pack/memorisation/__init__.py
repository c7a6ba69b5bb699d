"""The memorisation guard: whether a sound is one that its model learned from (specs/applications.md §10)."""

from samplegen.pack.memorisation.guard import Guard, Near, load_guard

__all__ = ["Guard", "Near", "load_guard"]

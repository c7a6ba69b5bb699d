"""Projects that a DAW opens: the pack's loops on tracks, arranged at its tempo."""

from samplegen.pack.projects.making import make_projects

__all__ = ["make_projects"]

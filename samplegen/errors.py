"""Every error samplegen raises on purpose, in one tree.

::

    SamplegenError            exit 1   a defect in samplegen itself
    ├── UsageError            exit 2   a flag or recipe value that makes no sense
    ├── InputError            exit 3   a file or folder given by the user
    │   ├── AudioReadError             not readable as audio
    │   └── OutputError                cannot be written where asked
    └── ModelError            exit 4   a model that is missing, damaged or unfit
        ├── ModelMissingError          not found in any model folder
        ├── ModelInvalidError          found, but its files are wrong
        └── DependencyError            an optional package or tool is missing

A message is one or two plain sentences: what happened, which file or value,
what to do about it. Foreign errors are wrapped at the boundary where they rise.
"""


class SamplegenError(Exception):
    """Base of the tree; a bare instance reports a defect."""

    exit_code = 1


class UsageError(SamplegenError):
    """A flag, preset or recipe value that is not allowed."""

    exit_code = 2


class InputError(SamplegenError):
    """A file or folder given by the user that cannot be used."""

    exit_code = 3


class AudioReadError(InputError):
    """A file that cannot be read as audio."""


class OutputError(InputError):
    """A file that cannot be written where the user asked."""


class ModelError(SamplegenError):
    """A model that is missing, damaged or does not fit."""

    exit_code = 4


class ModelMissingError(ModelError):
    """A model that is in none of the model folders."""


class ModelInvalidError(ModelError):
    """A model folder whose files fail verification."""


class DependencyError(ModelError):
    """An optional package or program that is not installed."""

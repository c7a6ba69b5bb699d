"""Sample packs that drop into a DAW: exact loops, one-shots and their tags."""

__version__ = "0.1.0"

"""Names that the command line and the embedders share; imports nothing heavy."""

from typing import Final, Literal

DEFAULT_CLAP: Final = "clap-small-44k"
TextGapMethod = Literal["none", "shift", "axes", "neighbours"]

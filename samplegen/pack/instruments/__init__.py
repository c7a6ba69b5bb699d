"""Instruments that samplers load, made of a pack's one-shots."""

from samplegen.pack.instruments.making import make_instruments, make_kits, make_round_robins

__all__ = ["make_instruments", "make_kits", "make_round_robins"]

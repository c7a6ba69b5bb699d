"""Packs in the libraries of DAWs, and scripts for DAWs."""

from samplegen.pack.daws.installing import carry_out
from samplegen.pack.daws.libraries import NAMES, Library, Machine, find_libraries, this_machine
from samplegen.pack.daws.payload import Payload, read_apple_loops, read_payload
from samplegen.pack.daws.planning import Installed, Plan, folder_name, installed_packs, plan_install, plan_remove

__all__ = [
    "NAMES",
    "Installed",
    "Library",
    "Machine",
    "Payload",
    "Plan",
    "carry_out",
    "find_libraries",
    "folder_name",
    "installed_packs",
    "plan_install",
    "plan_remove",
    "read_apple_loops",
    "read_payload",
    "this_machine",
]

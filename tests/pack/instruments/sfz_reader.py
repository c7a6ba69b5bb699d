"""A small SFZ reader of our own, sharing nothing with the writer: it says which file a hit plays."""

import re
from dataclasses import dataclass, field
from pathlib import Path

_TOKEN = re.compile(r"<(\w+)>|(\w+)=(.*?)(?=\s+\w+=|\s*<|\s*$)")


@dataclass
class SfzPlayer:
    """Regions with inherited opcodes, and the sequence counter of each."""

    folder: Path
    regions: list[dict[str, str]]
    counters: dict[int, int] = field(default_factory=dict)
    sounding: list[dict[str, str]] = field(default_factory=list)

    def hit(self, key: int, velocity: int) -> list[Path]:
        """Files that a key plays; every region of the key counts the hit."""
        playing = []
        for number, region in enumerate(self.regions):
            low, high = (
                int(region.get(name, region.get("key", other))) for name, other in (("lokey", 0), ("hikey", 127))
            )
            if not low <= key <= high:
                continue
            count = self.counters.get(number, 0)
            self.counters[number] = count + 1
            in_turn = count % int(region.get("seq_length", 1)) == int(region.get("seq_position", 1)) - 1
            if in_turn and int(region.get("lovel", 1)) <= velocity <= int(region.get("hivel", 127)):
                playing.append(region)
        groups = {region["group"] for region in playing if "group" in region}
        self.sounding = [region for region in self.sounding if region.get("off_by") not in groups] + playing
        return [(self.folder / region["sample"]).resolve() for region in playing]


def load_sfz(path: Path) -> SfzPlayer:
    """Read a file of headers ``<global>``, ``<group>``, ``<region>``."""
    scopes: dict[str, dict[str, str]] = {"global": {}, "group": {}, "region": {}}
    regions: list[dict[str, str]] = []
    header = ""
    for line in path.read_text("utf-8").splitlines():
        for name, opcode, value in _TOKEN.findall(line.split("//")[0]):
            if name:
                header = name
                for inner in ("global", "group", "region")[("global", "group", "region").index(name) :]:
                    scopes[inner] = {}
                if name == "region":
                    regions.append({})
            else:
                scopes[header][opcode] = value.strip()
            if header == "region" and regions:
                regions[-1] = {**scopes["global"], **scopes["group"], **scopes["region"]}
    return SfzPlayer(path.parent, regions)

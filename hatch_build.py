"""What a built wheel carries beside the code; an editable install reads the checkout instead."""

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

SHARE = "share/samplegen"


class SharedData(BuildHookInterface):
    """Bundled models and recipes, found again below ``sys.prefix/share/samplegen``."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Add them to a standard wheel."""
        if version != "standard":
            return
        root = Path(self.root)
        files = [path for path in (root / "models").rglob("*") if path.is_file() and path.suffix != ".part"]
        for path in [*files, *(root / "packs").glob("*.toml")]:
            build_data["shared_data"][str(path)] = f"{SHARE}/{path.relative_to(root).as_posix()}"

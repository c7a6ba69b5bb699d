"""The page itself: one file with everything inside, forbidden to reach the network."""

import base64
import hashlib
import html
import json
from importlib import resources
from string import Template
from typing import Any, Final

from samplegen.pack.artwork import cover_jpeg
from samplegen.pack.audition.clips import BUDGET_BYTES, Clips, embed_sounds
from samplegen.pack.audition.facts import pack_facts
from samplegen.pack.companions import Companion, PackView
from samplegen.pack.palette import Palette, Rgb, oklch_to_rgb, palette_of, rgb_to_hex

PAGE_NAME: Final = "audition.html"
COVER_PX: Final = 288
_SCRIPTS: Final = ("model.js", "sound.js", "picture.js", "votes.js", "view.js", "keys.js")


def make_audition(view: PackView, *, budget_bytes: int = BUDGET_BYTES) -> list[Companion]:
    """``audition.html``: every sound of the pack to hear, see, filter and vote on, without a network.

    Parameters
    ----------
    view
        The pack.
    budget_bytes
        Most bytes of all embedded sounds; a larger pack is embedded in lower quality.

    Raises
    ------
    InputError
        If a sound cannot be read.
    """
    clips = embed_sounds(view, budget_bytes=budget_bytes)
    text = page_text(view, clips)
    return [Companion(PAGE_NAME, "page", text.encode(), tuple(entry.path for entry in view.entries))]


def page_text(view: PackView, clips: Clips) -> str:
    """The page as text."""
    script = "(() => {\n'use strict';\n" + "\n".join(_resource(name) for name in _SCRIPTS) + "\n})();\n"
    style = page_colours(palette_of(seed=view.seed, name=view.name)) + _resource("style.css")
    cover = base64.b64encode(cover_jpeg(view, size_px=COVER_PX)).decode("ascii")
    return Template(_resource("page.html")).substitute(
        policy=content_policy(script=script, style=style),
        title=html.escape(_plain(view.name)),
        style=style,
        cover=cover,
        facts=json_in_html(pack_facts(view, clips)),
        clips=_clip_elements(view, clips),
        script=script,
    )


def content_policy(*, script: str, style: str) -> str:
    """A policy under which only this script and this style run, and nothing is fetched."""
    hashes = (base64.b64encode(hashlib.sha256(text.encode()).digest()).decode("ascii") for text in (script, style))
    return (
        "default-src 'none'; script-src 'sha256-{}'; style-src 'sha256-{}'; img-src data:; "
        "connect-src 'none'; base-uri 'none'; form-action 'none'"
    ).format(*hashes)


def json_in_html(value: Any) -> str:
    """JSON that no HTML parser takes for markup, whatever its texts hold."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def page_colours(palette: Palette) -> str:
    """The pack's colours as CSS variables, for light and dark screens; texts are legible on all grounds."""
    dark, light = _scheme(palette, dark=True), _scheme(palette, dark=False)
    ramp = " ".join(f"--ramp-{step}: {rgb_to_hex(palette.gradient(9)[step])};" for step in range(9))
    return (
        f":root {{ {ramp} {_variables(light)} color-scheme: light dark; }}\n"
        f"@media (prefers-color-scheme: dark) {{ :root {{ {_variables(dark)} }} }}\n"
    )


def _scheme(palette: Palette, *, dark: bool) -> dict[str, Rgb]:
    """Grounds (page, panel, field), lines and texts; texts are measured against the ground nearest to them."""
    lightness = (0.175, 0.215, 0.265, 0.36) if dark else (0.985, 0.965, 0.93, 0.82)
    chroma = 0.018 if dark else 0.008
    page, panel, well, line = (oklch_to_rgb(value, chroma, palette.ground) for value in lightness)
    hue = Palette(palette.ground, palette.ground)
    return {
        "page": page,
        "panel": panel,
        "well": well,
        "line": line,
        "edge": oklch_to_rgb(0.60 if dark else 0.58, chroma, palette.ground),
        "text": oklch_to_rgb(0.96 if dark else 0.20, chroma, palette.ground),
        "faint": hue.accent(well, lightness=0.74 if dark else 0.47, chroma=chroma),
        "accent": palette.accent(well, lightness=0.80 if dark else 0.52),
        "on-accent": page,
        "keep": Palette(0.0, 155.0).accent(well, lightness=0.80 if dark else 0.50),
        "reject": Palette(0.0, 25.0).accent(well, lightness=0.74 if dark else 0.52, chroma=0.15),
    }


def _variables(scheme: dict[str, Rgb]) -> str:
    return " ".join(f"--{name}: {rgb_to_hex(colour)};" for name, colour in scheme.items())


def _clip_elements(view: PackView, clips: Clips) -> str:
    """One inert element per embedded sound; base64 has no character that HTML knows."""
    return "\n".join(
        f'<script type="text/plain" id="clip-{number}">{base64.b64encode(clip.flac).decode("ascii")}</script>'
        for number, clip in enumerate(clips.by_path[entry.path] for entry in view.entries)
        if clip.flac
    )


def _plain(text: str) -> str:
    """`text` with lone surrogates, which UTF-8 cannot hold, replaced."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _resource(name: str) -> str:
    return (resources.files("samplegen.pack.audition") / "page" / name).read_text("utf-8")

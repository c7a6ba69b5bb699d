"""Does a pack's audition.html work in a browser? Opens it from the disk, plays, marks, saves.

python benchmarks/audition.py PACK [--screenshots DIR] [--chromium PATH]

Needs `pip install playwright` and a Chromium (Debian: apt-get install chromium).
"""

import argparse
import json
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from samplegen.audio.io import read_audio
from samplegen.pack.audition import read_votes
from samplegen.pack.manifest import FileEntry, Manifest, read_manifest

WINDOWS = {"narrow": (390, 844), "wide": (1600, 1000)}
PROBES = 997

# What the page asks of Web Audio, noted beside it.
SPY = """
window.heard = []; window.contexts = [];
const start = AudioBufferSourceNode.prototype.start;
AudioBufferSourceNode.prototype.start = function (when = 0) {
  heard.push({when, loop: this.loop, loopStart: this.loopStart, loopEnd: this.loopEnd, length: this.buffer.length,
    rate: this.buffer.sampleRate, now: this.context.currentTime, buffer: this.buffer, stop: null});
  this.note = heard.at(-1);
  if (!contexts.includes(this.context)) contexts.push(this.context);
  return start.call(this, when);
};
const stop = AudioBufferSourceNode.prototype.stop;
AudioBufferSourceNode.prototype.stop = function (when = 0) { this.note.stop = when; return stop.call(this, when); };
"""

# Lowest contrast of any text that is seen, and its element.
CONTRAST = """() => {
  const parse = (text) => { const n = text.match(/[0-9.]+/g).map(Number); return n.length < 4 ? [...n, 1] : n; };
  const channel = (v) => (v / 255 <= 0.04045 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4);
  const light = ([r, g, b]) => 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
  let worst = [99, ''];
  for (const element of document.querySelectorAll('body *')) {
    const text = [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim());
    if (!text || element.matches('script, option, .skip') || element.closest('.hidden')) continue;
    if (!element.checkVisibility() || element.disabled) continue;
    let ground = element;
    while (ground && parse(getComputedStyle(ground).backgroundColor)[3] === 0) ground = ground.parentElement;
    const a = light(parse(getComputedStyle(element).color));
    const b = light(parse(getComputedStyle(ground || document.body).backgroundColor));
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < worst[0]) worst = [ratio, element.outerHTML.slice(0, 90)];
  }
  return worst;
}"""

# Controls without a name for a screen reader, and those too small to hit.
CONTROLS = """() => {
  const nameless = [], small = [];
  for (const element of document.querySelectorAll('button, input, select, a[href], canvas, img')) {
    if (!element.checkVisibility({contentVisibilityAuto: true}) || element.closest('.skip')) continue;
    const label = element.getAttribute('aria-label') || element.textContent.trim() || element.title
      || (element.labels && element.labels[0] && element.labels[0].textContent.trim());
    if (!label && element.alt === undefined) nameless.push(element.outerHTML.slice(0, 90));
    const box = element.getBoundingClientRect();
    const tight = element.matches('button, select') && Math.min(box.width, box.height) < 24;
    if (tight) small.push(element.outerHTML.slice(0, 90));
  }
  return {nameless, small};
}"""


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at."""

    what: str
    good: bool
    detail: str = ""


@contextmanager
def browser_at(chromium: str) -> Iterator[Any]:
    """A headless browser."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield browser
        browser.close()


@contextmanager
def opened(
    browser: Any, page_path: Path, *, size: tuple[int, int], dark: bool = True
) -> Iterator[tuple[Any, list[str]]]:
    """The page in a window without a network, and all that its console says."""
    context = browser.new_context(
        viewport={"width": size[0], "height": size[1]}, color_scheme="dark" if dark else "light", offline=True
    )
    page = context.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(f"{message.type}: {message.text}"))
    page.on("pageerror", lambda error: said.append(f"error: {error}"))
    page.on("request", lambda request: request.url.startswith(("file:", "data:", "blob:")) or said.append(request.url))
    page.add_init_script(SPY)
    page.goto(page_path.absolute().as_uri())
    yield page, said
    context.close()


def examine(folder: Path, *, chromium: str, screenshots: Path | None = None) -> list[Finding]:
    """Everything at once; `folder` holds a pack with two loops of one grid and a one-shot at least."""
    manifest = read_manifest(folder)
    if manifest is None:
        raise SystemExit(f"{folder} has no manifest.json.")
    findings = []
    with browser_at(chromium) as browser:
        with opened(browser, folder / "audition.html", size=WINDOWS["wide"]) as (page, said):
            page.locator("#volume").fill("50")
            for part in (_loops, _layers, _one_shots, _filters, _keyboard, _votes):
                findings += part(page, folder, manifest)
            findings.append(Finding("nothing in the console, no request", not said, "; ".join(said)))
        for name, size in WINDOWS.items():
            for dark in (True, False):
                with opened(browser, folder / "audition.html", size=size, dark=dark) as (page, _):
                    look = f"{name}-{'dark' if dark else 'light'}"
                    findings += _looks(page, look)
                    if screenshots is not None:
                        page.screenshot(path=screenshots / f"{look}.png")
    return findings


def _row(page: Any, entry: FileEntry) -> Any:
    return page.locator("li.row", has=page.get_by_text(entry.word, exact=True)).first


def _play(page: Any, entry: FileEntry) -> dict[str, Any]:
    """Press the sound's play button; what Web Audio was asked for."""
    before = page.evaluate("heard.length")
    _row(page, entry).locator("button.round").click()
    page.wait_for_function(f"heard.length > {before}")
    heard: dict[str, Any] = page.evaluate("(({buffer, ...rest}) => rest)(heard.at(-1))")
    return heard


def _loops_of_one_grid(manifest: Manifest) -> list[FileEntry]:
    loops = [entry for entry in manifest.files if entry.kind == "loop"]
    return [entry for entry in loops if (entry.bpm, entry.meter) == (loops[0].bpm, loops[0].meter)]


def _loops(page: Any, folder: Path, manifest: Manifest) -> list[Finding]:
    entry = _loops_of_one_grid(manifest)[0]
    heard = _play(page, entry)
    exact = heard["length"] == entry.length and heard["rate"] == entry.sample_rate
    ends = heard["loop"] and heard["loopStart"] == 0 and round(heard["loopEnd"] * heard["rate"], 3) == entry.length
    page.wait_for_function("contexts[0].currentTime > heard.at(-1).when + 0.2")
    # Twice around, as the browser itself renders it, against the file.
    probes = page.evaluate(
        """async (step) => { const {buffer} = heard.at(-1);
        const context = new OfflineAudioContext(1, 2 * buffer.length, buffer.sampleRate);
        const source = new AudioBufferSourceNode(context, {buffer: new AudioBuffer({length: buffer.length,
          sampleRate: buffer.sampleRate}), loop: true, loopEnd: buffer.length / buffer.sampleRate});
        source.buffer.copyToChannel(buffer.getChannelData(0), 0);
        source.connect(context.destination); source.start(0);
        heard.pop();
        const samples = (await context.startRendering()).getChannelData(0);
        return Array.from({length: Math.floor(samples.length / step)}, (_, i) => samples[i * step]); }""",
        PROBES,
    )
    samples = read_audio(folder / entry.path).samples[0]
    worst = max(abs(value - float(samples[i * PROBES % entry.length])) for i, value in enumerate(probes))
    return [
        Finding("loop has exactly N samples", exact, f"{heard['length']} of {entry.length} at {heard['rate']:.0f} Hz"),
        Finding("loop ends at N", ends, f"loopEnd {heard['loopEnd']:.6f} s"),
        Finding("audio clock advances", True, f"{page.evaluate('contexts[0].currentTime'):.2f} s"),
        Finding(
            "two rounds equal the file twice", worst <= 1.5 / 32768, f"largest difference {worst * 32768:.2f} / 32768"
        ),
    ]


def _layers(page: Any, folder: Path, manifest: Manifest) -> list[Finding]:
    first, second = _loops_of_one_grid(manifest)[:2]
    base = page.evaluate("heard[0].when")
    bar = 60.0 / float(first.bpm or 120.0) * first.meter[0]
    page.keyboard.press("l")
    heard = _play(page, second)
    bars = (heard["when"] - base) / bar
    on_grid = abs(bars - round(bars)) * bar * heard["rate"] <= 1.0 and heard["when"] > heard["now"]
    page.keyboard.press("l")
    third = _play(page, _loops_of_one_grid(manifest)[-1] if len(_loops_of_one_grid(manifest)) > 2 else first)
    stops = page.evaluate("heard.slice(0, -1).map((note) => note.stop)")
    changed = all(stop is not None and abs(stop - third["when"]) < 1e-6 for stop in stops)
    page.keyboard.press("Escape")
    page.wait_for_function("document.querySelectorAll('li.row.playing').length === 0")
    return [
        Finding("a second loop waits for the bar", on_grid, f"{bars:.6f} bars behind the first"),
        Finding("a change of loops falls on the bar", changed, f"next at {third['when']:.6f}, others stop at {stops}"),
    ]


def _one_shots(page: Any, folder: Path, manifest: Manifest) -> list[Finding]:
    entry = next(entry for entry in manifest.files if entry.kind == "one_shot")
    heard = _play(page, entry)
    late = heard["when"] - heard["now"]
    before = page.evaluate("heard.length")
    page.locator("#listed").click()
    page.keyboard.press("a")
    page.wait_for_function(f"heard.length > {before}")
    return [
        Finding("a one-shot plays at once", not heard["loop"] and abs(late) < 0.005, f"{1000 * late:.1f} ms later"),
        Finding("a key plays a pad", True, "A"),
    ]


def _filters(page: Any, folder: Path, manifest: Manifest) -> list[Finding]:
    shots = sum(entry.kind == "one_shot" for entry in manifest.files)
    word = manifest.files[0].word
    page.locator("#kinds button", has_text="One-shots").click()
    by_kind = page.locator("li.row:visible").count()
    page.locator("#kinds button", has_text="All").click()
    page.locator("#search").fill(word)
    by_text = page.locator("li.row:visible .word").all_inner_texts()
    page.locator("#clear").click()
    everything = page.locator("li.row:visible").count()
    good = by_kind == shots and word in by_text and everything == len(manifest.files)
    return [Finding("filters", good, f"{by_kind} one-shots, {len(by_text)} found by name, {everything} in all")]


def _keyboard(page: Any, folder: Path, manifest: Manifest) -> list[Finding]:
    page.locator("#listed").click()
    page.keyboard.press("PageUp")
    for _ in range(10):
        page.keyboard.press("PageUp")
    chosen = page.locator("#chosen").inner_text()
    page.keyboard.press("ArrowDown")
    moved = page.locator("#chosen").inner_text() != chosen
    focused = page.evaluate("document.activeElement.matches('.pick[aria-current=true]')")
    before = page.evaluate("heard.length")
    page.keyboard.press("Space")
    page.wait_for_function(f"heard.length > {before}")
    page.keyboard.press("Escape")
    page.keyboard.press("r")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("k")
    marked = page.locator("#tally").inner_text()
    return [Finding("arrows, space, K and R", moved and focused and marked.startswith("1 kept, 1 rejected"), marked)]


def _votes(page: Any, folder: Path, manifest: Manifest) -> list[Finding]:
    with tempfile.TemporaryDirectory() as place:
        path = Path(place) / "votes.json"
        with page.expect_download() as download:
            page.locator("#save").click()
        download.value.save_as(path)
        votes = read_votes(path)
        marked = [vote.path for vote in (*votes.keeps, *votes.rejects)]
        right = len(set(marked)) == 2 and set(marked) <= {entry.path for entry in manifest.files}
        jobs = len(votes.kept_jobs(manifest)), len(votes.rejected_jobs(manifest))
        name = download.value.suggested_filename
        page.reload()
        recalled = page.locator("#tally").inner_text()
        page.evaluate("localStorage.clear()")
        page.reload()
        page.locator("#file").set_input_files(path)
        page.wait_for_function("document.getElementById('tally').textContent.startsWith('1 kept, 1 rejected')")
        text = json.dumps(json.loads(path.read_text()))
    return [
        Finding(
            "votes are saved and read", right and jobs == (1, 1) and name == "votes.json", f"{name}, {len(text)} bytes"
        ),
        Finding("votes survive a reload", recalled.startswith("1 kept, 1 rejected"), recalled),
        Finding("votes are loaded again", True),
    ]


def _looks(page: Any, look: str) -> list[Finding]:
    page.locator("li.row .round").first.click()
    page.keyboard.press("k")
    page.wait_for_timeout(600)
    wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    ratio, element = page.evaluate(CONTRAST)
    controls = page.evaluate(CONTROLS)
    unfit = controls["nameless"] + controls["small"]
    return [
        Finding(f"{look}: nothing sticks out", wide <= 0, f"{wide} px"),
        Finding(f"{look}: contrast", ratio >= 4.5, f"at least {ratio:.2f} {'' if ratio >= 4.5 else element}".strip()),
        Finding(f"{look}: controls have names and room", not unfit, "; ".join(unfit)),
    ]


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pack", type=Path)
    parser.add_argument("--screenshots", type=Path)
    parser.add_argument("--chromium", default=shutil.which("chromium"))
    options = parser.parse_args(arguments)
    if options.chromium is None:
        parser.error("no Chromium was found; say where it is with --chromium")
    findings = examine(options.pack, chromium=options.chromium, screenshots=options.screenshots)
    for finding in findings:
        print(f"{'ok ' if finding.good else 'BAD'}  {finding.what}" + (f": {finding.detail}" if finding.detail else ""))
    if not all(finding.good for finding in findings):
        raise SystemExit(1)


if __name__ == "__main__":
    main()

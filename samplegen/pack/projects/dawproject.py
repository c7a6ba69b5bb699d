"""DAWproject 1.0 (https://github.com/bitwig/dawproject): Bitwig, Studio One, Cubase and others open it.

A ZIP with ``project.xml``, ``metadata.xml`` and the sounds, so that it opens wherever it is
moved. Times are in beats, which DAWproject counts as quarter notes whatever the meter is.
Entries are stored, not compressed: their bytes then depend on no version of zlib.
"""

import io
import zipfile
from collections.abc import Iterable, Mapping
from typing import Final
from xml.etree import ElementTree

import samplegen
from samplegen import units
from samplegen.pack.companions import PackView
from samplegen.pack.manifest import FileEntry
from samplegen.pack.projects.text import decimal, plain, read_file, title
from samplegen.pack.song import TRACKS, Arrangement, Grid, Placed, TrackStyle, distinct

MAX_SCENES: Final = 8  # every scene embeds a loop for every track
_ZIP_TIME: Final = (1980, 1, 1, 0, 0, 0)
_TEMPO_RANGE: Final = (20.0, 666.0)
_SCENE_COLOR: Final = "#95a5a6"
_MASTER_COLOR: Final = "#ecf0f1"


def dawproject_bytes(view: PackView, arrangement: Arrangement, *, name: str) -> tuple[bytes, tuple[str, ...]]:
    """A ``.dawproject`` and the paths of the sounds in it.

    Raises
    ------
    InputError
        If a sound cannot be read.
    """
    scenes = _scenes(arrangement)
    launched = [loop for scene in scenes for loop in scene.values()]
    embedded = sorted(distinct([*arrangement.used, *launched]), key=lambda entry: entry.path)
    contents = {
        "project.xml": _xml(_Project(arrangement).build(scenes)),
        "metadata.xml": _xml(_metadata(view, name)),
        **{_path(entry): read_file(view, entry) for entry in embedded},
    }
    return _zip(contents), tuple(entry.path for entry in embedded)


def _scenes(arrangement: Arrangement) -> list[Mapping[str, FileEntry]]:
    """A row of the clip launcher each: the n-th loop of every track."""
    rows = min(MAX_SCENES, max(len(loops) for loops in arrangement.loops.values()))
    return [
        {track: loops[row] for track, loops in arrangement.loops.items() if row < len(loops)} for row in range(rows)
    ]


class _Project:
    """Builds ``project.xml``; numbers the elements that need an identity."""

    def __init__(self, arrangement: Arrangement) -> None:
        self._arrangement, self._grid = arrangement, arrangement.grid
        self._count = 0
        self._track_ids: dict[str, str] = {}

    def build(self, scenes: Iterable[Mapping[str, FileEntry]]) -> ElementTree.Element:
        """The whole project; the order of the elements is the schema's."""
        root = ElementTree.Element("Project", version="1.0")
        _add(root, "Application", name="samplegen", version=samplegen.__version__)
        self._transport(_add(root, "Transport"))
        self._structure(_add(root, "Structure"))
        self._arrange(_add(root, "Arrangement", id=self._id()))
        rows = _add(root, "Scenes")
        for number, scene in enumerate(scenes, start=1):
            self._scene(_add(rows, "Scene", id=self._id(), name=f"Scene {number}", color=_SCENE_COLOR), scene)
        return root

    def _id(self) -> str:
        self._count += 1
        return f"id{self._count}"

    def _transport(self, transport: ElementTree.Element) -> None:
        tempo, meter = float(self._grid.quarter_bpm), self._grid.meter
        low, high = min(_TEMPO_RANGE[0], tempo), max(_TEMPO_RANGE[1], tempo)
        self._number(transport, "Tempo", value=tempo, low=low, high=high, unit="bpm")
        _add(transport, "TimeSignature", id=self._id(), numerator=str(meter[0]), denominator=str(meter[1]))

    def _structure(self, structure: ElementTree.Element) -> None:
        master = self._id()
        for track in self._arrangement.tracks:
            self._track_ids[track] = self._id()
            self._track(structure, TRACKS[track], identity=self._track_ids[track], channel=self._id(), to=master)
        self._track(structure, TrackStyle("Master", _MASTER_COLOR, 0.0), identity=self._id(), channel=master, to=None)

    def _track(
        self, structure: ElementTree.Element, style: TrackStyle, *, identity: str, channel: str, to: str | None
    ) -> None:
        content = "audio notes" if to is None else "audio"
        track = _add(
            structure, "Track", contentType=content, loaded="true", id=identity, name=style.name, color=style.color
        )
        routing = {"role": "master"} if to is None else {"role": "regular", "destination": to}
        strip = _add(track, "Channel", audioChannels="2", solo="false", id=channel, **routing)
        _add(strip, "Mute", value="false", id=self._id(), name="Mute")
        self._number(strip, "Pan", value=0.5, low=0.0, high=1.0, unit="normalized")
        self._number(strip, "Volume", value=units.db_to_gain(style.gain_db), low=0.0, high=2.0, unit="linear")

    def _number(
        self, parent: ElementTree.Element, tag: str, *, value: float, low: float, high: float, unit: str
    ) -> None:
        values = {"max": decimal(high), "min": decimal(low), "unit": unit, "value": decimal(value)}
        _add(parent, tag, id=self._id(), name=tag, **values)

    def _arrange(self, arrangement: ElementTree.Element) -> None:
        lanes = _add(arrangement, "Lanes", timeUnit="beats", id=self._id())
        for track, identity in self._track_ids.items():
            lane = _add(lanes, "Lanes", track=identity, id=self._id())
            clips = _add(lane, "Clips", id=self._id())
            for placed in self._arrangement.placed:
                if placed.track == track:
                    self._placed(clips, placed)
        markers = _add(arrangement, "Markers", timeUnit="beats", id=self._id())
        for section in self._arrangement.sections:
            time = decimal(section.start * self._grid.quarters_per_bar)
            _add(markers, "Marker", time=time, name=section.name, color=section.color)

    def _placed(self, clips: ElementTree.Element, placed: Placed) -> None:
        per_bar = self._grid.quarters_per_bar
        values = {"time": decimal(placed.start * per_bar), "duration": decimal(placed.bars * per_bar)}
        fades = {"fadeInTime": decimal(placed.fade_in * per_bar), "fadeOutTime": decimal(placed.fade_out * per_bar)}
        values |= {"fadeTimeUnit": "beats", **fades}
        self._clip(clips, placed.entry, TRACKS[placed.track], values)

    def _scene(self, scene: ElementTree.Element, loops: Mapping[str, FileEntry]) -> None:
        lanes = _add(scene, "Lanes", timeUnit="beats", id=self._id())
        for track, identity in self._track_ids.items():
            slot = _add(lanes, "ClipSlot", hasStop="true", track=identity, id=self._id())
            if track in loops:
                duration = decimal((loops[track].bars or 0) * self._grid.quarters_per_bar)
                self._clip(slot, loops[track], TRACKS[track], {"time": "0", "duration": duration})

    def _clip(
        self, parent: ElementTree.Element, entry: FileEntry, style: TrackStyle, values: Mapping[str, str]
    ) -> None:
        """A clip whose inner clip is the sound: warped to its beats where it has any, else as it is."""
        kept = {"name": title(entry), "color": style.color, "playStart": "0", **values}
        beats = musical_quarters(entry, grid=self._grid)
        if beats is None:
            self._audio(_add(parent, "Clip", contentTimeUnit="seconds", **kept), entry, algorithm="raw")
            return
        if entry.kind == "loop":
            kept |= {"loopStart": "0", "loopEnd": beats}
        clip = _add(parent, "Clip", contentTimeUnit="beats", **kept)
        inner = _add(
            _add(clip, "Clips", id=self._id()), "Clip", time="0", duration=beats, contentTimeUnit="beats", playStart="0"
        )
        warps = _add(inner, "Warps", contentTimeUnit="seconds", timeUnit="beats", id=self._id())
        self._audio(warps, entry, algorithm="stretch")
        _add(warps, "Warp", time="0", contentTime="0")
        _add(warps, "Warp", time=beats, contentTime=_seconds(entry))

    def _audio(self, parent: ElementTree.Element, entry: FileEntry, *, algorithm: str) -> None:
        shape = {"channels": str(entry.channels), "sampleRate": str(entry.sample_rate), "duration": _seconds(entry)}
        audio = _add(parent, "Audio", algorithm=algorithm, id=self._id(), **shape)
        _add(audio, "File", path=_path(entry))


def musical_quarters(entry: FileEntry, *, grid: Grid) -> str | None:
    """Quarter notes of a sound whose length is whole bars of this grid, or None."""
    if entry.kind not in ("loop", "riser") or not entry.bars:
        return None
    return decimal(entry.bars * grid.quarters_per_bar)


def _seconds(entry: FileEntry) -> str:
    return decimal(units.samples_to_seconds(entry.length, sample_rate=entry.sample_rate))


def _path(entry: FileEntry) -> str:
    return f"audio/{entry.path}"


def _metadata(view: PackView, name: str) -> ElementTree.Element:
    """Title, artist, licence and description of the pack; no date, for equal packs have equal bytes."""
    root = ElementTree.Element("MetaData")
    values = {"Title": name, "Artist": view.artist, "Copyright": view.licence, "Comment": view.description}
    for tag, text in values.items():
        if plain(text):
            ElementTree.SubElement(root, tag).text = plain(text)
    return root


def _add(parent: ElementTree.Element, tag: str, **attributes: str) -> ElementTree.Element:
    return ElementTree.SubElement(parent, tag, attributes)


def _xml(root: ElementTree.Element) -> bytes:
    ElementTree.indent(root)
    text: bytes = ElementTree.tostring(root, encoding="UTF-8", xml_declaration=True)
    return text + b"\n"


def _zip(contents: Mapping[str, bytes]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        for path, data in contents.items():
            info = zipfile.ZipInfo(path, _ZIP_TIME)
            info.create_system, info.external_attr = 3, 0o644 << 16
            archive.writestr(info, data)
    return file.getvalue()

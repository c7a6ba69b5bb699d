import base64
import hashlib
import io
import json
import re
from dataclasses import replace

import pytest
import soundfile
from lxml import html

from samplegen.pack.audition import make_audition
from samplegen.pack.audition.page import json_in_html, page_colours
from samplegen.pack.companions import PackView
from samplegen.pack.palette import contrast, palette_of
from tests.pack.audition.packs import make_pack, renamed

HOSTILE = "</script><b>&amp;<!--<script>'\"\u2028${x}"


@pytest.fixture(scope="module")
def view(tmp_path_factory: pytest.TempPathFactory) -> PackView:
    return make_pack(tmp_path_factory.mktemp("pack"))


@pytest.fixture(scope="module")
def page(view: PackView) -> str:
    return make_audition(view)[0].data.decode()


def test_the_page_is_one_file_of_all_sounds_and_the_same_each_time(view, page):
    companion = make_audition(view)[0]
    assert (companion.path, companion.kind) == ("audition.html", "page")
    assert companion.made_from == tuple(entry.path for entry in view.entries)
    assert companion.data.decode() == page


def test_every_sound_lies_inside_with_its_exact_length(view, page):
    tree = html.fromstring(page)
    facts = json.loads(tree.get_element_by_id("pack").text)
    assert [sound["path"] for sound in facts["sounds"]] == [entry.path for entry in view.entries]
    for number, entry in enumerate(view.entries):
        data = base64.b64decode(tree.get_element_by_id(f"clip-{number}").text, validate=True)
        info = soundfile.info(io.BytesIO(data))
        assert (info.format, info.frames, info.samplerate) == ("FLAC", entry.length, entry.sample_rate)


def test_the_policy_lets_only_this_script_and_style_run_and_nothing_be_fetched(page):
    tree = html.fromstring(page)
    policy = tree.xpath("//meta[@http-equiv='Content-Security-Policy']/@content")[0]
    assert policy.startswith("default-src 'none'")
    assert "unsafe" not in policy
    for kind, text in (
        ("style-src", tree.xpath("//style/text()")[0]),
        ("script-src", tree.xpath("//script[not(@type)]/text()")[0]),
    ):
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"{kind} 'sha256-{digest}'" in policy
    addresses = tree.xpath("//@src | //@href | //@srcset | //@action")
    assert all(address.startswith(("data:", "#")) for address in addresses)
    assert not re.search(r"https?://(?!www\.w3\.org)", page)


def test_names_cannot_leave_their_place(view, page):
    hostile = make_audition(renamed(view, HOSTILE))[0].data.decode()
    tree, plain = html.fromstring(hostile), html.fromstring(page)
    assert [element.tag for element in tree.iter() if isinstance(element.tag, str)] == [
        element.tag for element in plain.iter() if isinstance(element.tag, str)
    ]
    facts = json.loads(tree.get_element_by_id("pack").text)
    assert (facts["name"], facts["sounds"][0]["category"]) == (HOSTILE, HOSTILE.replace("-", " "))
    assert tree.xpath("//h1/text()") == [HOSTILE]


def test_json_in_html_has_no_markup():
    text = json_in_html({"a": HOSTILE, "b": "\ud800"})
    assert not set("<>&\u2028") & set(text)
    assert json.loads(text)["a"] == HOSTILE


def test_every_control_of_the_page_has_a_name_and_every_label_a_target(page):
    tree = html.fromstring(page)
    ids = tree.xpath("//@id")
    assert len(ids) == len(set(ids))
    for control in tree.xpath("//input | //select"):
        assert control.xpath("ancestor::label") or control.get("aria-label")
    for canvas in tree.xpath("//canvas"):
        assert canvas.get("role") == "img"
        assert canvas.get("aria-label")
    assert set(tree.xpath("//@aria-labelledby")) <= set(ids)


def test_a_pack_of_draws_that_gates_refused_tells_them(view):
    entries = (replace(view.entries[0], gates=("seam",), redraws=2, refused={"seam": 2}),)
    page = make_audition(replace(view, entries=entries))[0].data.decode()
    facts = json.loads(html.fromstring(page).get_element_by_id("pack").text)
    assert facts["refused"] == [["seam", 2]]
    assert facts["draws"] == "1 of 3 draws passed the gates"


def test_an_empty_pack_has_a_page(view):
    page = make_audition(replace(view, entries=()))[0].data.decode()
    assert json.loads(html.fromstring(page).get_element_by_id("pack").text)["sounds"] == []


@pytest.mark.parametrize("seed", range(24))
def test_texts_are_legible_on_every_ground_whatever_the_seed(seed):
    found = re.findall(r"--([\w-]+): #([0-9a-f]{6})", page_colours(palette_of(seed=seed, name="x")))
    colours = [(name, tuple(bytes.fromhex(value))) for name, value in found if not name.startswith("ramp")]
    half = len(colours) // 2
    for scheme in (dict(colours[:half]), dict(colours[half:])):
        for text in ("text", "faint", "accent", "keep", "reject"):
            for ground in ("page", "panel", "well"):
                assert contrast(scheme[text], scheme[ground]) >= 4.5, (text, ground)
        for ground in ("accent", "keep", "reject"):
            assert contrast(scheme["on-accent"], scheme[ground]) >= 4.5, ground

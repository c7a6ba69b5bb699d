"""The page in a real browser, where there is one."""

import importlib.util
import shutil
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from samplegen.pack.audition import make_audition
from tests.pack.audition.packs import make_pack

CHROMIUM = shutil.which("chromium")
SCRIPT = Path(__file__).parents[3] / "benchmarks" / "audition.py"


@pytest.mark.slow
@pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium (Debian: apt-get install chromium)")
def test_the_page_plays_marks_filters_and_saves(tmp_path):
    pytest.importorskip("playwright", reason="needs playwright to steer Chromium")
    spec = importlib.util.spec_from_file_location("audition_benchmark", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    benchmark = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = benchmark
    spec.loader.exec_module(benchmark)
    view = make_pack(tmp_path, loops=3, one_shots=4, name="</script><b>Small pack")
    (tmp_path / "audition.html").write_bytes(make_audition(replace(view, description="x" * 300))[0].data)
    findings = benchmark.examine(tmp_path, chromium=CHROMIUM)
    assert len(findings) > 15
    assert [finding for finding in findings if not finding.good] == []

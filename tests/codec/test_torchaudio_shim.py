import subprocess
import sys

import pytest

from samplegen.codec import torchaudio_shim
from samplegen.codec.torchaudio_shim import ensure_torchaudio, import_encodec
from samplegen.errors import DependencyError


def test_encodec_imports_in_a_fresh_interpreter():
    script = (
        "from samplegen.codec.torchaudio_shim import import_encodec, ensure_torchaudio\n"
        "print(import_encodec().__name__, ensure_torchaudio())\n"
        "import torchaudio.transforms\n"
    )
    result = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    assert result.stdout.split() == ["encodec", "loaded"]


def test_second_call_changes_nothing():
    import_encodec()
    module = sys.modules["torchaudio"]
    assert ensure_torchaudio() == "loaded"
    assert sys.modules["torchaudio"] is module


def test_missing_torchaudio_is_a_plain_error(monkeypatch):
    monkeypatch.setattr(torchaudio_shim, "ensure_torchaudio", lambda: "absent")
    with pytest.raises(DependencyError, match="pip install torchaudio"):
        import_encodec()


def test_broken_encodec_is_wrapped(monkeypatch):
    monkeypatch.setitem(sys.modules, "encodec", None)
    with pytest.raises(DependencyError, match="encodec package does not import"):
        import_encodec()

import io
import urllib.error
import urllib.request
from email.message import Message
from pathlib import Path
from typing import Any

import pytest

from samplegen.checkpoints.download import download
from samplegen.errors import ModelMissingError, OutputError

CONTENT = bytes(range(256)) * 10


class Response(io.BytesIO):
    def __init__(self, data: bytes, *, status: int = 200, length: int | None = None) -> None:
        super().__init__(data)
        self.status = status
        self.headers = Message()
        if length is not None:
            self.headers["Content-Length"] = str(length)


class Server:
    """Serves `CONTENT`, with ranges, and records the requests."""

    def __init__(self, *, ranges: bool = True, cut: int | None = None) -> None:
        self.ranges, self.cut, self.asked = ranges, cut, []  # type: ignore[var-annotated]

    def __call__(self, request: urllib.request.Request, *, timeout: float) -> Response:
        asked = request.get_header("Range")
        self.asked.append(asked)
        start = int(asked.removeprefix("bytes=").removesuffix("-")) if asked and self.ranges else 0
        rest = CONTENT[start:]
        return Response(rest[: self.cut], status=206 if start else 200, length=len(rest))


def test_writes_the_content_and_tells_the_progress(tmp_path: Path) -> None:
    told: list[tuple[int, int | None]] = []
    target = tmp_path / "deep" / "weights.pt"
    download("http://x/w", target, progress=lambda done, total: told.append((done, total)), opener=Server())
    assert target.read_bytes() == CONTENT
    assert told == [(2560, 2560)]
    assert [path.name for path in target.parent.iterdir()] == ["weights.pt"]


@pytest.mark.parametrize("ranges", [True, False])
def test_goes_on_where_it_stopped(tmp_path: Path, ranges: bool) -> None:
    target = tmp_path / "weights.pt"
    with pytest.raises(ModelMissingError, match="1000 of 2560 bytes"):
        download("http://x/w", target, opener=Server(cut=1000))
    assert not target.exists()
    server = Server(ranges=ranges)
    download("http://x/w", target, opener=server)
    assert server.asked == ["bytes=1000-"]
    assert target.read_bytes() == CONTENT


def test_a_file_url_works_with_the_real_opener(tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.write_bytes(CONTENT)
    assert download(source.as_uri(), tmp_path / "target").read_bytes() == CONTENT
    with pytest.raises(ModelMissingError, match="cannot be reached"):
        download((tmp_path / "nothing").as_uri(), tmp_path / "other")


def raising(error: Exception) -> Any:
    def opener(request: urllib.request.Request, *, timeout: float) -> Response:
        raise error

    return opener


@pytest.mark.parametrize(
    "error",
    [
        urllib.error.URLError("no network"),
        TimeoutError("slow"),
        ConnectionResetError("reset"),
        urllib.error.HTTPError("http://x/w", 404, "Not Found", Message(), None),
    ],
)
def test_no_network_is_a_missing_model(tmp_path: Path, error: Exception) -> None:
    with pytest.raises(ModelMissingError, match="http://x/w"):
        download("http://x/w", tmp_path / "w", opener=raising(error))
    assert not list(tmp_path.iterdir())
    if isinstance(error, urllib.error.HTTPError):
        error.close()


def test_a_partial_file_that_no_longer_fits_is_dropped(tmp_path: Path) -> None:
    part = tmp_path / "w.part"
    part.write_bytes(b"x" * 9999)
    error = urllib.error.HTTPError("http://x/w", 416, "Range Not Satisfiable", Message(), None)
    with pytest.raises(ModelMissingError, match="416"):
        download("http://x/w", tmp_path / "w", opener=raising(error))
    assert not part.exists()
    error.close()


def test_a_break_in_the_middle_keeps_the_part(tmp_path: Path) -> None:
    class Breaking(Response):
        def read(self, size: int | None = -1) -> bytes:
            data = super().read(700)
            if not data:
                raise ConnectionResetError("reset by peer")
            return data

    with pytest.raises(ModelMissingError, match="broke off"):
        download("http://x/w", tmp_path / "w", opener=lambda *_, **__: Breaking(CONTENT[:1400], length=2560))
    assert (tmp_path / "w.part").read_bytes() == CONTENT[:1400]


def test_an_unwritable_target_is_an_output_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(OutputError):
        download("http://x/w", tmp_path / "file" / "w", opener=Server())

"""Fetch one file over HTTP, resuming where a broken download stopped."""

import http.client
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

from samplegen.errors import ModelMissingError, OutputError

Progress = Callable[[int, int | None], None]
Opener = Callable[..., Any]

_CHUNK_BYTES = 1 << 20
_TIMEOUT_S = 30


def download(url: str, target: Path, *, progress: Progress | None = None, opener: Opener | None = None) -> Path:
    """Write the content of `url` to `target`, through ``<target>.part``.

    Parameters
    ----------
    progress
        Called with the bytes so far and the total, None when unknown.
    opener
        Like `urllib.request.urlopen`: takes a request and ``timeout``.

    Raises
    ------
    ModelMissingError
        If the network or the file is missing, or the download ended early; the partial
        file stays for the next attempt.
    OutputError
        If the file cannot be written.
    """
    part = target.with_name(target.name + ".part")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        offset = part.stat().st_size if part.exists() else 0
    except OSError as error:
        raise OutputError(f"Cannot write {target.parent}: {error.strerror}. Set XDG_CACHE_HOME elsewhere.") from error
    with _open(url, offset, part, opener) as response:
        resumed = getattr(response, "status", None) == 206
        _receive(response, url, part, offset if resumed else 0, progress)
    part.replace(target)
    return target


def _open(url: str, offset: int, part: Path, opener: Opener | None) -> Any:
    request = urllib.request.Request(url, headers={"User-Agent": "samplegen"})
    if offset:
        request.add_header("Range", f"bytes={offset}-")
    try:
        return (opener or urllib.request.urlopen)(request, timeout=_TIMEOUT_S)
    except urllib.error.HTTPError as error:
        if error.code == 416:  # the partial file is no prefix of what is published now
            part.unlink(missing_ok=True)
        raise ModelMissingError(f"{url} answered {error.code} {error.reason}.") from error
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise ModelMissingError(f"{url} cannot be reached ({getattr(error, 'reason', error)}).") from error


def _receive(response: Any, url: str, part: Path, start: int, progress: Progress | None) -> None:
    announced = response.headers.get("Content-Length")
    total = start + int(announced) if announced and announced.isdigit() else None
    done = start
    try:
        with part.open("ab" if start else "wb") as file:
            while chunk := _read(response, url):
                file.write(chunk)
                done += len(chunk)
                if progress:
                    progress(done, total)
    except OSError as error:
        raise OutputError(f"Cannot write {part}: {error.strerror or error}.") from error
    if total is not None and done != total:
        raise ModelMissingError(f"{url} ended after {done} of {total} bytes. Run the same command again to go on.")


def _read(response: Any, url: str) -> bytes:
    try:
        return bytes(response.read(_CHUNK_BYTES))
    except (OSError, http.client.HTTPException) as error:
        raise ModelMissingError(f"{url} broke off ({error}). Run the same command again to go on.") from error

"""The page and its files, with what browsers need to load them only once."""

import asyncio
import gzip
import hashlib
import mimetypes
from pathlib import Path
from typing import NamedTuple

from fastapi import APIRouter, Request
from starlette.exceptions import HTTPException
from starlette.responses import FileResponse, Response

PAGE_FOLDER = Path(__file__).resolve().parent.parent / "page"
MEDIA_TYPES = {
    ".js": "text/javascript",
    ".mjs": "text/javascript",
    ".wasm": "application/wasm",
}  # systems may miss them
COMPRESSED = (".html", ".css", ".js", ".mjs", ".json", ".svg", ".txt", ".map", ".wasm")
LARGE_FILES = "web/"  # folder of the networks and programs that the webcam needs
NO_CACHE = "no-cache"  # browsers ask each time whether a file has changed
A_DAY = "public, max-age=86400"


class PageFile(NamedTuple):
    """Content of a file of the page.

    Attributes:
        version: time of the last change and size, by which a change is noticed.
        etag: hash of the content.
        compressed: content compressed by gzip; None where that does not make it smaller.
    """

    version: tuple[int, int]
    etag: str
    compressed: bytes | None


class PageFiles:
    """The files of the page. They are listed once, so no path that a client sends is opened."""

    def __init__(self, folder: Path = PAGE_FOLDER) -> None:
        self.paths = {
            path.relative_to(folder).as_posix(): path
            for path in folder.rglob("*")
            if path.is_file() and not path.is_symlink() and not path.name.startswith(".") and path.suffix != ".py"
        }
        self._files: dict[str, PageFile] = {}

    async def answer(self, name: str, request: Request) -> Response:
        """Return the file of that name, compressed where the client accepts it, or 304 where the client has it.

        Raises:
            HTTPException: The page has no such file.
        """
        if name not in self.paths:
            raise HTTPException(404, "The page has no such file.")
        path = self.paths[name]
        file = await asyncio.to_thread(self._read, name)
        wants_compressed = "gzip" in request.headers.get("accept-encoding", "") and "range" not in request.headers
        compressed = file.compressed if wants_compressed else None
        etag = f'"{file.etag}"' if compressed is None else f'"{file.etag}-gzip"'
        cache = A_DAY if name.startswith(LARGE_FILES) else NO_CACHE
        headers = {"ETag": etag, "Cache-Control": cache, "Vary": "Accept-Encoding"}
        if is_known(etag, request.headers.get("if-none-match", "")):
            return Response(status_code=304, headers=headers)
        media_type = MEDIA_TYPES.get(path.suffix) or mimetypes.guess_type(path.name)[0]
        if compressed is None:
            return FileResponse(path, media_type=media_type, headers=headers)
        return Response(compressed, media_type=media_type, headers={**headers, "Content-Encoding": "gzip"})

    def _read(self, name: str) -> PageFile:
        """Return the content of a file; it is read again after a change."""
        path = self.paths[name]
        try:
            state = path.stat()
        except FileNotFoundError:
            raise HTTPException(404, "The page has no such file any more.") from None
        version = (state.st_mtime_ns, state.st_size)
        file = self._files.get(name)
        if file is None or file.version != version:
            content = path.read_bytes()
            compressed = gzip.compress(content, 6, mtime=0) if path.suffix in COMPRESSED else content
            smaller = compressed if len(compressed) < len(content) else None
            file = self._files[name] = PageFile(version, hashlib.sha256(content).hexdigest()[:32], smaller)
        return file


def is_known(etag: str, if_none_match: str) -> bool:
    """Return whether a header If-None-Match names this ETag."""
    known = {entry.strip().removeprefix("W/") for entry in if_none_match.split(",")}
    return etag in known or "*" in known


def page_routes() -> APIRouter:
    """Return a router for GET / and everything below /page/."""
    router = APIRouter(include_in_schema=False)
    files = PageFiles()

    @router.get("/")
    async def index(request: Request) -> Response:
        return await files.answer("index.html", request)

    @router.get("/page/{path:path}")
    async def file(path: str, request: Request) -> Response:
        return await files.answer(path, request)

    return router

"""Routes of the web page and its files. The table of files is built once, so no path that a client sends is opened."""

from pathlib import Path

from fastapi import APIRouter
from starlette.exceptions import HTTPException
from starlette.responses import FileResponse, Response

FOLDER = Path(__file__).resolve().parent.parent / "page"
MEDIA_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".mjs": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".txt": "text/plain; charset=utf-8",
    ".wasm": "application/wasm",
    ".woff2": "font/woff2",
}


def page_files(folder: Path = FOLDER) -> dict[str, Path]:
    """Return the files of the page: the path below /page/ -> the file."""
    return {
        path.relative_to(folder).as_posix(): path
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.is_symlink() and not path.name.startswith(".") and path.suffix != ".py"
    }


def page_routes() -> APIRouter:
    """Return a router for GET / and everything below /page/."""
    router = APIRouter(include_in_schema=False)
    files = page_files()

    @router.get("/")
    async def index() -> Response:
        return _file_response(files, "index.html")

    @router.get("/page/{path:path}")
    async def file(path: str) -> Response:
        return _file_response(files, path)

    return router


def _file_response(files: dict[str, Path], path: str) -> Response:
    if path not in files:
        raise HTTPException(404, "The page has no such file.")
    media_type = MEDIA_TYPES.get(files[path].suffix, "application/octet-stream")
    return FileResponse(files[path], media_type=media_type, headers={"Cache-Control": "no-cache"})

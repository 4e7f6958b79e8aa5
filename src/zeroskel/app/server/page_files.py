"""The page and its files."""

from pathlib import Path

from fastapi import APIRouter
from starlette.exceptions import HTTPException
from starlette.responses import FileResponse, Response

PAGE_FOLDER = Path(__file__).resolve().parent.parent / "page"
SCRIPT_SUFFIXES = (".js", ".mjs")  # the table of media types of the operating system may miss them


def page_routes() -> APIRouter:
    """Return a router for GET / and everything below /page/.

    The files are listed once, so no path that a client sends is opened.
    """
    router = APIRouter(include_in_schema=False)
    files = {
        path.relative_to(PAGE_FOLDER).as_posix(): path
        for path in PAGE_FOLDER.rglob("*")
        if path.is_file() and not path.is_symlink() and not path.name.startswith(".") and path.suffix != ".py"
    }

    @router.get("/")
    async def index() -> Response:
        return await file("index.html")

    @router.get("/page/{path:path}")
    async def file(path: str) -> Response:
        if path not in files:
            raise HTTPException(404, "The page has no such file.")
        media_type = "text/javascript" if files[path].suffix in SCRIPT_SUFFIXES else None  # None: by the suffix
        return FileResponse(files[path], media_type=media_type, headers={"Cache-Control": "no-cache"})

    return router

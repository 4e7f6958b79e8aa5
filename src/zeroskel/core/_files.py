"""Files that are replaced in one step, JSON objects in files, tables of the package, and hashes of contents."""

import hashlib
import json
import secrets
import shutil
import tempfile
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np

from zeroskel.core.errors import InputError, MissingFileError


def check_writable(target: Path) -> None:
    """Refuse a file whose folder cannot be written, before the work that leads to it; missing folders are no error.

    Raises:
        InputError: no file can be created in the folder, or in the nearest one that exists.
    """
    folder = next(parent for parent in target.absolute().parents if parent.exists())
    try:
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise InputError(f"{target}: {folder} is no folder that can be written. Choose another one") from error


@contextmanager
def atomic_path(target: Path) -> Iterator[Path]:
    """Yield a temporary path that replaces `target` when the block succeeds and is removed when it fails.

    Errors of the operating system about the temporary path name `target` instead.
    """
    temporary = target.with_name(f".{target.name}.{secrets.token_hex(4)}")
    with _errors_name(target, instead_of=temporary):
        target.parent.mkdir(parents=True, exist_ok=True)
        temporary.touch(exist_ok=False)
        mode = temporary.stat().st_mode
        try:
            yield temporary
            temporary.chmod(mode)  # safetensors writes files that only their owner may read
            temporary.replace(target)
        finally:
            temporary.unlink(missing_ok=True)


@contextmanager
def atomic_folder(target: Path) -> Iterator[Path]:
    """Yield a temporary folder that replaces `target` when the block succeeds and is removed when it fails.

    An error of the operating system about the creation of the temporary folder names `target` instead.
    """
    with _errors_name(target, instead_of=target.parent):
        target.parent.mkdir(parents=True, exist_ok=True)
        temporary = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent))
    try:
        yield temporary
        temporary.chmod(0o755)
        if target.exists():
            old = Path(tempfile.mkdtemp(prefix=f".{target.name}.old.", dir=target.parent))
            target.rename(old / "replaced")
            temporary.rename(target)
            shutil.rmtree(old)
        else:
            temporary.rename(target)
    finally:
        if temporary.exists():
            shutil.rmtree(temporary)


@contextmanager
def _errors_name(target: Path, *, instead_of: Path) -> Iterator[None]:
    """Raise errors of the operating system about a path, or one that begins with it, with the name of a target."""
    try:
        yield
    except OSError as error:
        if not str(error.filename).startswith(str(instead_of)):
            raise
        raise type(error)(error.errno, error.strerror, str(target)) from error


def resource_table(name: str) -> dict[str, Any]:
    """Return the content of a TOML file in the folder `resources` of the package."""
    return tomllib.loads((resources.files("zeroskel.resources") / name).read_text(encoding="utf-8"))


def read_json_object(file: Path, expected: str, error: type[InputError] = InputError) -> dict[str, Any]:
    """Return the JSON object in a file; messages name the expected content.

    Raises:
        MissingFileError: the file does not exist.
        InputError: the file holds no JSON object; of the type `error`.
    """
    if not file.is_file():
        raise MissingFileError(f"{file}: no such file; expected {expected}")
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as problem:
        raise error(f"{file}: not JSON ({problem}); expected {expected}") from problem
    if not isinstance(content, dict):
        raise error(f"{file}: contains a {type(content).__name__}; expected {expected}")
    return content


def content_key(*parts: Any) -> str:
    """Return a hash (24 hexadecimal digits) of arrays and JSON-able values; equal content has equal hashes."""
    digest = hashlib.sha256()
    for part in parts:
        if isinstance(part, np.ndarray):
            digest.update(f"{part.dtype.str}{part.shape}".encode())
            digest.update(np.ascontiguousarray(part).data)
        else:
            digest.update(json.dumps(part, sort_keys=True).encode())
        digest.update(b"\0")
    return digest.hexdigest()[:24]

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


@contextmanager
def atomic_path(target: Path) -> Iterator[Path]:
    """Yield a temporary path that replaces `target` when the block succeeds and is removed when it fails."""
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = target.with_name(f".{target.name}.{secrets.token_hex(4)}")
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
    """Yield a temporary folder that replaces `target` when the block succeeds and is removed when it fails."""
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

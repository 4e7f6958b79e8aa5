"""The files that a user was given: a folder, a zip archive, a folder of archives; nothing is unpacked to disk."""

import errno
import os
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path, PurePosixPath

from zeroskel.core import InputError, MissingFileError, SkeletonFormatError
from zeroskel.core._files import content_key
from zeroskel.skeleton.formats._parsing import MOST_FILE_BYTES

_MOST_RATIO = 200  # text of numbers shrinks to a third or a tenth
_RATIO_MATTERS = 2**20
_FAULTS = (  # what zipfile raises on broken archives
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    ValueError,  # UnicodeDecodeError is one
    RuntimeError,  # encrypted; NotImplementedError is one: unknown compression
    OverflowError,
    IndexError,
    struct.error,
)


@dataclass(frozen=True, order=True)
class SourceFile:
    """A file on disk, or a member of a zip archive.

    Attributes:
        path: the file or the archive.
        member: name inside the archive; "" for a file on disk.
        size: bytes when unpacked.
        stamp: changes when the file does: modification time in nanoseconds, or the member's check sum.
    """

    path: Path
    member: str = ""
    size: int = 0
    stamp: int = 0

    @property
    def origin(self) -> Path:
        """Return the path of the file, for messages; the path of a member continues that of its archive."""
        return self.path / self.member if self.member else self.path

    @property
    def name(self) -> str:
        """The file's name without folders."""
        return self.origin.name

    @property
    def stem(self) -> str:
        """The file's name without its suffix."""
        return self.origin.stem

    @property
    def key(self) -> str:
        """Equal for the same file unchanged, wherever its folder was moved."""
        return content_key(self.name, self.member, self.size, self.stamp)

    def content(self) -> bytes:
        """Return the file's bytes.

        Raises:
            MissingFileError: it is gone; InputError: it may not be read; SkeletonFormatError: too large, or the
            archive is broken, or shrinks it so much that it must be a bomb.
        """
        if self.size > MOST_FILE_BYTES:
            raise SkeletonFormatError(
                f"{self.origin}: found {self.size / 2**20:.0f} MiB; expected one recording of at most "
                f"{MOST_FILE_BYTES >> 20} MiB. Cut it into shorter ones"
            )
        try:
            return _member_content(self) if self.member else self.path.read_bytes()
        except FileNotFoundError as error:
            raise MissingFileError(f"{self.path}: the file is gone; it was there when the source was listed") from error
        except PermissionError as error:
            raise InputError(f"{self.path}: the file may not be read; change its permissions") from error


def list_files(source: Path) -> list[SourceFile]:
    """Return all files of a folder and its sub-folders, in order; the members of a zip archive replace the archive.

    A path to a single file lists that file; hidden files and folders are left out.

    Raises:
        MissingFileError: nothing is there; SkeletonFormatError: an archive is broken or has names that point outside.
    """
    if not source.exists():
        raise MissingFileError(f"{source}: no such file or folder; name the folder or zip archive of the release")
    paths = [source] if source.is_file() else sorted(_walk(source))
    files: list[SourceFile] = []
    for path in paths:
        if path.suffix.lower() == ".zip":
            files += _list_archive(path)
        else:
            try:
                stat = path.stat()
            except FileNotFoundError as error:
                raise MissingFileError(f"{path}: the file is gone; it was there a moment ago") from error
            files.append(SourceFile(path, "", stat.st_size, stat.st_mtime_ns))
    return files


def _walk(folder: Path) -> list[Path]:
    actual = []

    def refuse(error: OSError) -> None:
        raise InputError(f"{error.filename}: the folder may not be read ({error.strerror}); change its permissions")

    for root, folders, names in os.walk(folder, onerror=refuse):
        folders[:] = [name for name in folders if not name.startswith(".")]
        actual += [Path(root, name) for name in names if not name.startswith(".")]
    return actual


def _list_archive(path: Path) -> list[SourceFile]:
    with _refuse_faults(f"{path}: not a whole zip archive", "the archive as it was released. Copy it again"):
        members = _archive(path, path.stat().st_mtime_ns).infolist()
    files = []
    for member in members:
        if member.is_dir():
            continue
        parts = PurePosixPath(member.filename.replace("\\", "/")).parts
        if not parts or ".." in parts or parts[0] == "/" or ":" in parts[0]:
            raise SkeletonFormatError(
                f"{path}, member {member.filename[:100]!r}: the name points outside the archive; expected names below "
                "it. Do not trust this archive: take it from the release again"
            )
        if not any(part.startswith((".", "__MACOSX")) for part in parts):
            files.append(SourceFile(path, member.filename, member.file_size, member.CRC))
    return sorted(files)


def _member_content(file: SourceFile) -> bytes:
    with _refuse_faults(f"{file.origin}: this member of the archive is broken", "a whole file. Copy the archive again"):
        archive = _archive(file.path, file.path.stat().st_mtime_ns)
        try:
            member = archive.getinfo(file.member)
        except KeyError as error:
            raise MissingFileError(
                f"{file.origin}: the archive no longer has this member; leave it as it is"
            ) from error
        if member.file_size > _RATIO_MATTERS and member.file_size > _MOST_RATIO * member.compress_size:
            raise SkeletonFormatError(
                f"{file.origin}: {member.compress_size} bytes claim to hold {member.file_size}; expected text or "
                f"arrays, which shrink less than {_MOST_RATIO} times. Do not trust this archive"
            )
        with archive.open(member) as stream:
            content = stream.read(member.file_size + 1)
        if len(content) != member.file_size:
            raise ValueError(f"{len(content)} bytes where the archive lists {member.file_size}")
        return content


@contextmanager
def _refuse_faults(problem: str, expected: str) -> Iterator[None]:
    """Raise SkeletonFormatError where zipfile meets a broken archive; files that cannot be read raise OSError."""
    try:
        yield
    except SkeletonFormatError:
        raise
    except (*_FAULTS, OSError) as error:
        if isinstance(error, OSError) and error.errno != errno.EINVAL:  # EINVAL: sought at a place before the file
            raise
        raise SkeletonFormatError(
            f"{problem} ({type(error).__name__}: {str(error)[:120]}); expected {expected}"
        ) from error


@lru_cache(maxsize=4)
def _archive(path: Path, _stamp: int) -> zipfile.ZipFile:
    """Return the archive, its directory read once a process."""
    return zipfile.ZipFile(path)

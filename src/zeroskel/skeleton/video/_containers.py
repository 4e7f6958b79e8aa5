"""Kinds of files by their first bytes; only containers of video reach the decoder."""

from pathlib import Path

from zeroskel.core.errors import SkeletonFormatError

SUFFIXES = (".mp4", ".m4v", ".mov", ".avi", ".mkv", ".webm")
_EXPECTED = f"expected a video ({', '.join(SUFFIXES)})"
_PHOTOGRAPHS = {
    b"\xff\xd8\xff": "JPEG",
    b"\x89PNG": "PNG",
    b"GIF8": "GIF",
    b"BM": "BMP",
    b"II*\0": "TIFF",
    b"MM\0*": "TIFF",
}
_SOUNDS = {b"ID3": "MP3", b"\xff\xfb": "MP3", b"\xff\xf3": "MP3", b"\xff\xf1": "AAC", b"fLaC": "FLAC", b"OggS": "Ogg"}
_ISO_BOXES = (b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot")
_ISO_PHOTOGRAPHS = (b"heic", b"heix", b"mif1", b"avif")
_ISO_SOUNDS = (b"M4A ", b"M4B ")


def check_container(head: bytes, file: Path) -> None:
    """Refuse what is no video.

    The decoder would take more than videos: a play list, for instance, that names other files.

    Args:
        head: the first 12 bytes or more.
        file: named in messages.

    Raises:
        SkeletonFormatError: the file is empty, a photograph, sound, or of an unknown kind.
    """
    if not head:
        raise SkeletonFormatError(f"{file}: found an empty file; {_EXPECTED}. Copy or record it again")
    if (photograph := _named(head, _PHOTOGRAPHS)) or _kind(head) == "photograph":
        raise SkeletonFormatError(
            f"{file}: found a photograph{f' ({photograph})' if photograph else ''}; {_EXPECTED}: an action takes time"
        )
    if (sound := _named(head, _SOUNDS)) or _kind(head) == "sound":
        raise SkeletonFormatError(f"{file}: found sound{f' ({sound})' if sound else ''} without pictures; {_EXPECTED}")
    if _kind(head) != "video":
        raise SkeletonFormatError(f"{file}: found bytes that start with {head[:8].hex(' ')}; {_EXPECTED}. Convert it")


def _named(head: bytes, table: dict[bytes, str]) -> str | None:
    return next((name for start, name in table.items() if head.startswith(start)), None)


def _kind(head: bytes) -> str | None:
    if head[4:8] in _ISO_BOXES:
        brand = head[8:12] if head[4:8] == b"ftyp" else b""
        return "photograph" if brand in _ISO_PHOTOGRAPHS else "sound" if brand in _ISO_SOUNDS else "video"
    if head[:4] == b"RIFF":
        return {b"AVI ": "video", b"WAVE": "sound", b"WEBP": "photograph"}.get(head[8:12])
    return "video" if head[:4] == b"\x1aE\xdf\xa3" else None  # EBML: Matroska and WebM

import pytest

from zeroskel.core.errors import SkeletonFormatError
from zeroskel.skeleton.video._reading import check_container


@pytest.mark.parametrize(
    "head",
    [b"\0\0\0\x20ftypisom", b"\0\0\0\x08wide\0\0\0\0", b"RIFF\0\0\0\0AVI ", b"\x1aE\xdf\xa3\1\0\0\0"],
)
def test_containers_of_video_pass(head, tmp_path):
    check_container(head, tmp_path / "clip.mp4")


@pytest.mark.parametrize(
    ("head", "word"),
    [
        (b"", "empty file"),
        (b"\xff\xd8\xff\xe0\0\x10JFIF", "photograph (JPEG)"),
        (b"\x89PNG\r\n\x1a\n", "photograph (PNG)"),
        (b"GIF89a\1\0\1\0\0\0", "photograph (GIF)"),
        (b"\0\0\0\x18ftypheic", "photograph"),
        (b"RIFF\0\0\0\0WEBP", "photograph"),
        (b"RIFF\0\0\0\0WAVE", "sound"),
        (b"ID3\4\0\0\0\0\0\0\0\0", "sound (MP3)"),
        (b"\0\0\0\x20ftypM4A ", "sound"),
        (b"#EXTM3U\n#EXT-X", "start with 23 45 58"),  # a play list would make the decoder open other files
        (b"ffconcat version", "start with"),
        (b"not a video!", "start with"),
    ],
)
def test_everything_else_is_named_and_refused(head, word, tmp_path):
    with pytest.raises(SkeletonFormatError) as refusal:
        check_container(head, tmp_path / "clip.mp4")
    assert word in str(refusal.value)
    assert "clip.mp4" in str(refusal.value)
    assert "expected a video" in str(refusal.value)

"""Facts of files that are not read: each message is one line that says how to convert them."""

from pathlib import Path

import pytest

from zeroskel.core import SkeletonFormatError
from zeroskel.skeleton.formats import FORMATS, parse


@pytest.mark.parametrize(
    ("name", "head", "kind", "remedy"),
    [
        ("Walk.fbx", b"Kaydara FBX Binary  \0", "an FBX file", "import_scene.fbx(filepath='Walk.fbx')"),
        ("Walk.FBX", b"; FBX 7.7.0 project file\n", "an FBX file", "export_scene.gltf(filepath='Walk.glb')"),
        ("Walk.dat", b"Kaydara FBX Binary  \0", "an FBX file", "blender --background"),
        ("man.blend", b"BLENDER-v300", "a Blender file", "blender man.blend --background"),
        ("dance.vmd", b"Vocaloid Motion Data 0002", "a MikuMikuDance file", "MMD Tools"),
        ("pred.pt", b"PK\x03\x04", "Python objects", "numpy.savez"),
        ("table.xlsx", b"PK\x03\x04", "a spreadsheet", "Save the sheet as CSV"),
        ("all.zip", b"PK\x03\x04", "an archive", "Unpack it"),
        ("take.mvn", b"\x01", "Xsens MVN", ".mvnx"),
        ("take.tak", b"\x01", "a motion capture system", ".c3d or .bvh"),
        ("HDM_bd.asf", b":version 1.10", "an Acclaim skeleton", ".amc"),
        ("clip.wmv", b"\x30\x26\xb2\x75", "a video", "ffmpeg -i clip.wmv clip.mp4"),
        ("clip.mp4", b"\0\0\0\x18ftypmp42", "a video", "zeroskel predict"),
        ("frame.png", b"\x89PNG\r\n", "a picture", "the video"),
    ],
)
def test_a_known_program_has_its_own_advice(name: str, head: bytes, kind: str, remedy: str) -> None:
    with pytest.raises(SkeletonFormatError) as caught:
        parse(head, Path(name))
    text = str(caught.value)
    assert text.startswith(f"{name}: found ") and kind in text and remedy in text and "\n" not in text
    assert all(known.suffix in text for known in FORMATS.values())


def test_an_unknown_suffix_is_told_by_its_content() -> None:
    with pytest.raises(SkeletonFormatError, match="found text that starts with 'hello'; expected a recording"):
        parse(b"hello\n", Path("clip.xyz"))

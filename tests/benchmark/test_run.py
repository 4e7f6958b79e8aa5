import json

import numpy as np
import pytest
from attrs import evolve

from zeroskel import align
from zeroskel.align import Ridge
from zeroskel.benchmark import BenchmarkConfig, _run, run_benchmark
from zeroskel.core import InputError
from zeroskel.datasets import SkeletonDataset

FAST = {"smie": {"epochs": 8, "learning_rate": 1e-3, "warmup_epochs": 2, "hidden": (64, 32)}}
CONFIG = BenchmarkConfig(splits=("small",), encoders=("kinematic",), seeds=(0, 1), options=FAST, masked_views=2)
FIELDS = {
    "data",
    "split",
    "method",
    "seed",
    "zsl_accuracy",
    "zsl_per_class_accuracy",
    "gzsl_seen",
    "gzsl_unseen",
    "gzsl_harmonic_mean",
    "selected_epoch",
    "selection",
}


def lines(folder):
    records = [json.loads(line) for line in (folder / "results.jsonl").read_text().splitlines()]
    return [{key: value for key, value in record.items() if key != "seconds"} for record in records]


@pytest.fixture(scope="module")
def finished(small, cache, tmp_path_factory):
    out = tmp_path_factory.mktemp("out")
    return out, run_benchmark([small], CONFIG, out, cache=cache, command="zeroskel benchmark …")


def test_a_line_a_cell_with_every_figure(finished):
    out, records = finished
    assert [(r.method, r.seed) for r in records] == [(m, s) for s in (0, 1) for m in ("smie", "ridge", "conse")]
    assert all(set(line) >= FIELDS for line in lines(out))
    for record in records:
        assert 0 <= record.zsl_accuracy <= 1
        assert record.chance == pytest.approx(1 / 3)
        assert np.sum(record.confusion) == record.test_sequences == 18
        assert record.notice == "Synthetic."
        assert record.masked_views == 2
    assert [r.selected_epoch for r in records[:3]] == [8, None, None]
    assert "Synthetic." in (out / "report.html").read_text()
    assert [json.loads(line)["cell"] for line in (out / "results.jsonl").read_text().splitlines()] == [
        r.cell for r in records
    ]


def test_the_curve_ends_at_the_accuracy_of_whole_sequences(finished):
    for record in finished[1]:
        assert record.observed.share[-1] == 1.0
        assert record.observed.accuracy[-1] == pytest.approx(record.zsl_accuracy)
        assert (record.observed.mutual_information is not None) == (record.method == "smie")


def test_same_seed_same_results_without_any_cache(finished, small, tmp_path):
    run_benchmark([small], CONFIG, tmp_path / "out", cache=tmp_path / "cache")
    assert lines(tmp_path / "out") == lines(finished[0])


def test_finished_cells_are_skipped_and_missing_ones_made_up(finished, small, cache, tmp_path, monkeypatch):
    whole = (finished[0] / "results.jsonl").read_text().splitlines(keepends=True)
    (tmp_path / "results.jsonl").write_text("".join(whole[:2] + whole[3:]))
    ran = []
    run_cell = _run.run_cell
    monkeypatch.setattr(_run, "run_cell", lambda inputs, *a: ran.append(inputs.config.method) or run_cell(inputs, *a))
    run_benchmark([small], CONFIG, tmp_path, cache=cache)
    assert ran == ["conse"]
    assert lines(tmp_path) == lines(finished[0])


def test_an_interrupted_run_keeps_what_was_finished(small, cache, tmp_path):
    def interrupt(what, done, total):
        if what == "cells" and done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_benchmark([small], CONFIG, tmp_path, cache=cache, command="zeroskel benchmark …", progress=interrupt)
    assert (tmp_path / "commands.txt").read_text() == "zeroskel benchmark …\n"
    assert [(r["method"], r["seed"]) for r in lines(tmp_path)] == [("smie", 0), ("ridge", 0)]


def test_cells_of_other_runs_are_kept(finished, small, cache, tmp_path):
    (tmp_path / "results.jsonl").write_text((finished[0] / "results.jsonl").read_text())
    other = BenchmarkConfig(splits=("random-3-1",), encoders=("kinematic",), methods=("ridge",), masked_views=2)
    run_benchmark([small], other, tmp_path, cache=cache)
    assert [r["split"] for r in lines(tmp_path)] == ["random-3-1"] + ["small"] * 6


def selected(small, cache, out, *selections, **changes):
    config = evolve(CONFIG, methods=("smie", "ridge"), seeds=(0,), selections=selections, **changes)
    return run_benchmark([small], config, out, cache=cache)


def test_validation_chooses_without_the_unseen_classes(small, cache, tmp_path):
    smie, ridge = selected(small, cache, tmp_path / "a", "validation")
    assert 1 <= smie.selected_epoch <= 8
    assert smie.selected_options == {}  # its learning rate is set by hand here, and nothing else is tried
    assert set(ridge.selected_options) == {"feature_penalty", "text_penalty"}
    for record in (smie, ridge):
        assert record.classes_seen == 6
        assert 0 <= record.validation_accuracy <= 1
        for rule in ("gzsl", "stacked", "gated"):
            assert 0 <= getattr(record, f"{rule}_harmonic_mean") <= 1
        assert record.gzsl_curve.seen[-1] == record.gzsl_curve.unseen[0] == 0
    # the same choice where the test recordings of unseen classes are noise
    new = np.isin(small.labels, [small.class_names.index(name) for name in small.splits["small"]["unseen"]])
    rng = np.random.default_rng(0)
    noisy = [
        small[i].replace(rng.normal(size=small[i].joints.shape)) if new[i] else small[i] for i in range(len(small))
    ]
    other = SkeletonDataset(noisy, small.labels, small.subjects, small.class_names, name="small", splits=small.splits)
    for record, blind in zip((smie, ridge), selected(other, cache, tmp_path / "b", "validation"), strict=True):
        for name in ("selected_epoch", "selected_options", "validation_accuracy"):
            assert getattr(record, name) == getattr(blind, name)
        assert record.confusion != blind.confusion


def test_the_leak_is_never_worse_than_any_other_choice_and_is_marked(small, cache, tmp_path):
    records = selected(small, cache, tmp_path, "last", "validation", "leaking-test")
    by = {(record.method, record.selection): record for record in records}
    for method in ("smie", "ridge"):
        leaking = by[method, "leaking-test"]
        assert leaking.validation_accuracy is None
        assert leaking.stacked_harmonic_mean is None
        for selection in ("last", "validation"):
            assert leaking.zsl_per_class_accuracy >= by[method, selection].zsl_per_class_accuracy - 1e-12
    assert "leak" in (tmp_path / "report.html").read_text().lower()


def test_results_do_not_depend_on_the_workers(finished, small, cache, tmp_path):
    calls = []
    run_benchmark([small], CONFIG, tmp_path, cache=cache, workers=2, progress=lambda *what: calls.append(what))
    assert lines(tmp_path) == lines(finished[0])
    assert [done for what, done, _ in calls if what == "cells"] == list(range(7))


class Mean(Ridge):
    """A method of the user's own."""

    method = "mean"
    __module__ = "__main__"  # as in a user's script, which another process cannot import


def test_a_method_of_the_users_own_runs_in_workers(small, cache, tmp_path, monkeypatch):
    monkeypatch.setattr(align, "METHODS", dict(align.METHODS))
    align.register("mean", Mean)
    config = evolve(CONFIG, methods=("mean", "ridge", "ridge:text_penalty=0.5"), options={}, seeds=(0,))
    mean, ridge, other = run_benchmark([small], config, tmp_path, cache=cache, workers=2)
    assert mean.confusion == ridge.confusion
    assert (mean.method, ridge.options, other.options) == ("mean", {}, {"text_penalty": 0.5})


def test_texts_and_prompts_are_axes(small, cache, tmp_path):
    config = evolve(CONFIG, methods=("ridge",), prompts=("name", "person"), options={}, seeds=(0,))
    records = run_benchmark([small], config, tmp_path, cache=cache)
    assert [record.prompt for record in records] == ["name", "person"]
    assert records[0].cell != records[1].cell


MSF = {"epochs": 1, "samples": 20, "classifier_epochs": 1}


def verbs_and_nouns(small, cache, out, *methods, **changes):
    words = {name: {"verb": name.split()[0], "noun": name.split()[-1]} for name in small.class_names}
    changes = {"prompts": ("name", "verb+noun"), "options": {"msf": MSF}, **changes}
    config = evolve(CONFIG, methods=methods, descriptions=words, seeds=(0,), **changes)
    return run_benchmark([small], config, out, cache=cache)


def test_a_method_with_text_blocks_is_told_those_of_the_prompt(small, cache, tmp_path):
    records = verbs_and_nouns(small, cache, tmp_path, "ridge", "msf")
    with_blocks = MSF | {"text_blocks": [384, 384]}
    assert [(r.prompt, r.method, r.options) for r in records] == [
        *(("name", "ridge", {}), ("name", "msf", MSF)),
        *(("verb+noun", "ridge", {}), ("verb+noun", "msf", with_blocks)),
    ]
    by_hand = verbs_and_nouns(small, cache, tmp_path, "msf", prompts=("verb+noun",), options={"msf": with_blocks})
    assert [record.cell for record in by_hand] == [records[3].cell]


def test_text_blocks_set_by_hand_are_kept(small, cache, tmp_path):
    whole = MSF | {"text_blocks": None}
    (record,) = verbs_and_nouns(small, cache, tmp_path, "msf", prompts=("verb+noun",), options={"msf": whole})
    assert record.options == whole


def test_a_method_of_two_texts_refuses_three_before_anything_is_written(small, cache, tmp_path):
    with pytest.raises(InputError, match=r"method synse: text_blocks is \(384, 384, 384\); expected 2 whole numbers"):
        verbs_and_nouns(small, cache, tmp_path / "out", "synse", prompts=("verb+noun", "name+verb+noun"), options={})
    assert not (tmp_path / "out").exists()


def test_the_answer_settles_within_the_frames(finished):
    for record in finished[1]:
        settled = record.observed.settled
        assert list(settled) == sorted(settled)
        assert settled[-1] == 1.0
        assert 0.1 <= record.observed.settling <= 1.0


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"methods": ("nope",)}, "unknown method"),
        ({"methods": ("ridge", "closed-forms")}, "named twice"),
        ({"methods": ("smie:estimator",)}, "METHOD:OPTION=VALUE"),
        ({"methods": ("smie:nonsense=1",)}, "its options are"),
        ({"methods": ("smie:estimator=nonsense",)}, "estimator"),
        ({"methods": ("smie", "conse:top=0")}, "conse: top is 0; expected a whole number, at least 1"),
        ({"methods": ("smie:hidden=64",)}, "hidden is 64; expected 2 whole numbers"),
        ({"methods": ("smie:device=nonsense",)}, "device is 'nonsense'; expected a device"),
        ({"methods": ("msf:text_blocks=[3,4]",), "options": {}}, "expected widths that sum to 384"),
        ({"texts": ("no-such-model",)}, "no-such-model"),
        ({"encoders": ("nope",)}, "encoder: found .nope."),
        ({"splits": ("nope",)}, "no split"),
        ({"seeds": ()}, "seeds"),
        ({"selections": ("best",)}, "selection"),
        ({"options": {"devise": {}}}, "devise"),
        ({"options": {"smie": {"epochs": 3, "x": 1}}}, "its options are"),
        ({"masked_views": 0}, "masked_views"),
    ],
)
def test_what_cannot_run_is_said_before_anything_is_written(small, cache, tmp_path, changes, said):
    with pytest.raises(InputError, match=said):
        run_benchmark([small], evolve(CONFIG, **changes), tmp_path / "out", cache=cache)
    assert not (tmp_path / "out").exists()


def test_cells_that_results_cannot_tell_apart_are_refused(finished, small, cache, tmp_path):
    (tmp_path / "results.jsonl").write_text((finished[0] / "results.jsonl").read_text())
    with pytest.raises(InputError, match=r"two results of .*separate folders"):
        run_benchmark([small], evolve(CONFIG, masked_views=1), tmp_path, cache=cache)
    assert lines(tmp_path) == lines(finished[0])
    with pytest.raises(InputError, match="expected different names"):
        run_benchmark([small, small], CONFIG, tmp_path, cache=cache)


def test_an_epoch_set_by_hand_is_kept(small, cache, tmp_path):
    options = {"smie": {**FAST["smie"], "stop_epoch": 3}}
    (record,) = run_benchmark(
        [small],
        evolve(CONFIG, methods=("smie",), options=options, seeds=(0,), selections=("validation",)),
        tmp_path,
        cache=cache,
    )
    assert record.selected_epoch == 3


def test_information_is_told_on_one_scale_only(small, cache, tmp_path):
    config = evolve(CONFIG, methods=("smie", "smie:estimator=dv"), seeds=(0,))
    jsd, dv = run_benchmark([small], config, tmp_path, cache=cache)
    assert len(jsd.observed.mutual_information) == 10
    assert dv.observed.mutual_information is None


def test_a_killed_run_with_workers_keeps_what_was_finished(small, cache, tmp_path):
    def interrupt(what, done, total):
        if what == "cells" and done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_benchmark([small], CONFIG, tmp_path, cache=cache, workers=2, progress=interrupt)
    assert len(lines(tmp_path)) == 2
    assert len(run_benchmark([small], CONFIG, tmp_path, cache=cache, workers=2)) == 6


def test_broken_results_are_named_by_line(small, cache, tmp_path):
    (tmp_path / "results.jsonl").write_text('{"cell": "a"}\n{"cell": \n')
    with pytest.raises(InputError, match=r"results\.jsonl, line 1: lacks data, split"):
        run_benchmark([small], CONFIG, tmp_path, cache=cache)

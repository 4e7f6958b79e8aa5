"""The terminal shows means over seeds, and in the title what all records share."""

from rich.console import Console

from zeroskel.report import results_table


def shown(records) -> str:
    console = Console(width=160)
    with console.capture() as capture:
        console.print(results_table(records))
    return capture.get()


def test_seeds_of_a_method_share_a_row_in_the_order_of_the_records(record):
    records = [record(method=m, seed=s, zsl_accuracy=0.5 + 0.1 * s) for m in ("smie", "ridge") for s in (0, 1)]
    text = shown(records)
    assert text.index("smie") < text.index("ridge")
    assert text.count("55.0 ± 7.1") == 2
    assert "utd-mhad, purls-5, stgcn, minilm, name, last" in text
    assert "over 2 seeds" in text and "stacked H" not in text


def test_what_differs_has_a_column_or_stands_beside_the_method(record):
    records = [record(), record(split="purls-9"), record(selection="leaking-test"), record(options={"margin": 0.2})]
    text = shown(records)
    assert "split" in text and "purls-9" in text
    assert "smie (leaks)" in text and "smie (margin=0.2, last)" in text


def test_no_records_are_an_empty_table():
    assert results_table([]).row_count == 0

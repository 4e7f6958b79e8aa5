"""A run is a file: every option of a benchmark, its data and its output folder in one TOML file."""

import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import attrs
import tomli_w

from zeroskel import __version__
from zeroskel.benchmark._config import SEEDS, BenchmarkConfig, OptionError, declare
from zeroskel.benchmark._grid import Source
from zeroskel.benchmark._run import run_benchmark
from zeroskel.core import CellRecord, InputError, MissingFileError
from zeroskel.core._options import did_you_mean
from zeroskel.core._progress import Progress, quiet
from zeroskel.datasets import open_datasets
from zeroskel.features import read_feature_folder
from zeroskel.text import prompt_names

_LARGEST_FILE = 2**18  # bytes
_NULL = "null"  # the value None, which TOML lacks and some options take


@attrs.frozen(kw_only=True)
class BenchmarkRun(BenchmarkConfig):
    """A whole run: a grid, the data that it runs on, where its results go and what runs it.

    Args:
        data: Datasets, as `zeroskel.datasets.open_datasets` takes them.
        features: Folder of ready features of one split, which replaces `data`.
        classes: Dataset whose classes the ready features have, or a file of class names.
        protocol: Which recordings train; None selects the default of each dataset.
        descriptions: File of descriptions of the classes; None selects the shipped ones.
        workers: Number of cells that run at the same time, on one core each.
        engine: "local" for this machine, "dask" for the workers of a Dask cluster.
        scheduler: Address of the Dask scheduler, for the engine "dask".
        cache: Folder of features and text embeddings; None selects the user's cache folder.
        out: Folder of the results.

    All other arguments are those of `BenchmarkConfig`; the seeds are 0, 1 and 2 by default.

    Raises:
        InputError: A value that its option cannot have.

    Example:
        >>> from zeroskel.benchmark import BenchmarkRun
        >>> run = BenchmarkRun(data="synthetic", splits="demo", out="runs/demo")
        >>> run.seeds, run.workers
        ((0, 1, 2), 1)
    """

    data: tuple[str, ...] | None = declare('datasets, each once, such as ["prepared/utd-mhad"]', default=None)
    features: Path | None = declare("the path of a folder of ready features", default=None)
    classes: str | None = declare("a dataset such as ntu60, or a file of class names", default=None)
    protocol: str | None = declare("a protocol of the dataset, such as cross-subject", default=None)
    seeds: tuple[int, ...] = declare(SEEDS, default=(0, 1, 2))
    descriptions: Path | None = declare("the path of a JSON or TOML file with descriptions", default=None)
    workers: int = declare("a whole number of at least 1", least=1, default=1)
    engine: str = declare("local or dask", known=("local", "dask"), default="local")
    scheduler: str | None = declare("an address such as tcp://10.0.0.1:8786", default=None)
    cache: Path | None = declare("the path of a folder", default=None)
    out: Path = declare("the folder of the results, such as runs/first")

    def check(self) -> None:
        """Check what depends on more than one option.

        Raises:
            InputError: What `BenchmarkConfig.check` refuses; neither data nor features, or both; an option that only
                the other of them has; or an engine and a scheduler that do not fit.
        """
        super().check()
        if (self.engine == "dask") != (self.scheduler is not None):
            raise OptionError(
                "scheduler", f"found {self.scheduler!r} with engine {self.engine}; dask needs an address, local none"
            )
        if self.features is None and not self.data:
            raise OptionError(
                "data", "neither --data nor --features is given; expected datasets, or a folder of features"
            )
        if self.features is None and self.classes is not None:
            raise OptionError("classes", "--classes is given without --features; datasets bring their class names")
        if self.features is not None and self.data:
            raise OptionError("features", "--data and --features are both given; expected one of them")
        if self.features is not None and self.protocol is not None:
            raise OptionError("protocol", "ready features cannot be divided again; leave out the protocol")
        if self.features is not None and len(self.splits) != 1:
            raise OptionError("split", f"found {len(self.splits)} with --features; expected one split, that of them")

    def start(self, *, cache: Path, command: str = "", progress: Progress = quiet) -> list[CellRecord]:
        """Open the data and run all cells that OUT/results.jsonl does not have yet.

        Args:
            cache: Folder of features and text embeddings.
            command: How to reproduce the run, noted in OUT/commands.txt.
            progress: Called during long work.

        Returns:
            The records of all cells of this run, in the grid's order.

        Raises:
            InputError: What `run_benchmark` refuses, before anything is computed.
        """
        data: Sequence[Source] = (
            open_datasets(self.data or (), protocol=self.protocol)
            if self.features is None
            else [read_feature_folder(self.features, self.splits[0], classes=self.classes)]
        )
        return run_benchmark(
            data,
            self,
            self.out,
            cache=cache,
            command=command,
            run_file=self.to_toml(),
            workers=self.workers,
            scheduler=self.scheduler,
            progress=progress,
        )

    def to_toml(self) -> str:
        """Return the run file that gives this run again."""
        values = {key: getattr(self, name) for key, name in _attributes().items()}
        methods = [{"name": variant.method, "options": variant.options} for variant in self.methods]
        values["methods"] = [{key: value for key, value in table.items() if value} for table in methods]
        values["prompt"] = [_parts(prompt) for prompt in self.prompts]
        table = {key: str(value) if isinstance(value, Path) else value for key, value in values.items()}
        title = f"# zeroskel {__version__}: `zeroskel benchmark RUN_FILE` runs or resumes this.\n"
        return title + tomli_w.dumps(
            {key: _exchanged(value, None, _NULL) for key, value in table.items() if value is not None}
        )


def read_run_file(file: Path | None, flags: Mapping[str, Any] | None = None) -> BenchmarkRun:
    """Read a run file and check all of it.

    Args:
        file: The TOML file; each key is the name of a flag of `zeroskel benchmark` with _ for -, and the tables
            [options.NAME] set options of methods and encoders. Paths are relative to the working directory. None
            takes everything from `flags`.
        flags: Values that override those of the file, by key; options are merged one by one.

    Returns:
        The run.

    Raises:
        MissingFileError: No such file.
        InputError: Not TOML, an unknown key, or a value that its option cannot have; the message names the file and
            the key, what was found and what was expected.

    Example:
        >>> from pathlib import Path
        >>> from tempfile import TemporaryDirectory
        >>> from zeroskel.benchmark import read_run_file
        >>> with TemporaryDirectory() as folder:
        ...     file = Path(folder) / "run.toml"
        ...     _ = file.write_text('split = "demo"')
        ...     read_run_file(file, {"data": "synthetic", "out": "runs/demo", "seeds": 7}).seeds
        (7,)
    """
    table, given = {} if file is None else _read_table(file), dict(flags or {})
    options = table.get("options")
    if isinstance(options, dict) and "options" in given:
        given["options"] = options | {
            name: {**before, **changes}
            for name, changes in given["options"].items()
            if isinstance(before := options.get(name, {}), Mapping)  # the check finds what is no table
        }
    attributes = _attributes()
    for key in table:
        if key not in attributes:
            hint = did_you_mean(key, attributes) or f"; expected one of {', '.join(attributes)}"
            raise InputError(f"{file}: unknown key {key!r}{hint}")
    values = {**table, **given}
    for key in ("split", "out"):
        if key not in values:
            need = "" if file is None else f", or the key {key} in {file}"
            raise InputError(f"--{key} is missing; expected this flag{need}")
    try:
        values |= {key: _exchanged(values[key], _NULL, None) for key in ("options", "methods") if key in values}
        run = BenchmarkRun(**{attributes[key]: value for key, value in values.items()})
        run.check()
    except OptionError as error:
        flag = "set" if error.key == "options" else error.key.replace("_", "-")
        where = f"--{flag}" if file is None or error.key in given else f"{file}, {error.key}"
        raise InputError(f"{where}: {error.problem}") from error
    return run


def _attributes() -> dict[str, str]:
    """Return the key of every option in a run file, and the attribute that holds its value."""
    grid = {field.name for field in attrs.fields(BenchmarkConfig)}
    fields = sorted(attrs.fields_dict(BenchmarkRun).items(), key=lambda item: item[0] in grid)  # the data come first
    return {field.metadata["key"] or name: name for name, field in fields}


def _read_table(file: Path) -> dict[str, Any]:
    expected = "a run file in TOML (docs/benchmark.md)"
    if not file.is_file():
        raise MissingFileError(f"{file}: no such file; expected {expected}")
    if file.stat().st_size > _LARGEST_FILE:
        raise InputError(f"{file}: found {file.stat().st_size} bytes; expected {expected} of at most {_LARGEST_FILE}")
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise InputError(f"{file}: not TOML ({error}); expected {expected}") from error


def _exchanged(value: Any, old: str | None, new: str | None) -> Any:
    """Return a value with every `old` in its tables and lists replaced by `new`."""
    if isinstance(value, Mapping):
        return {name: _exchanged(item, old, new) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_exchanged(item, old, new) for item in value]
    return new if value == old else value


def _parts(prompt: str) -> str | list[str]:
    parts = prompt.split("+")
    return parts if len(parts) > 1 and set(parts) <= set(prompt_names()) else prompt

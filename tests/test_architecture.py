"""The arrows of the architecture: stages do not know each other, rooms join them, and no import leads in a circle."""

import ast
import subprocess
import sys
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

SOURCE = Path(__file__).resolve().parent.parent / "src" / "zeroskel"
STAGES = {"core", "skeleton", "datasets", "text", "encoders", "align", "evaluate"}
MAY_IMPORT = {
    "core": set(),
    "resources": set(),
    "neural": {"core"},
    "skeleton": {"core"},
    "datasets": {"core", "skeleton"},
    "text": {"core"},
    "encoders": {"core", "neural"},
    "align": {"core", "neural"},
    "evaluate": {"core"},
    "report": {"core", "evaluate"},
    "features": {*STAGES, "neural"},
    "benchmark": {*STAGES, "features", "report"},
    "recognition": {*STAGES, "features"},
    "plot": {"core", "recognition"},
    "app": {"core", "skeleton", "datasets", "text", "features", "benchmark", "recognition", "report"},
}
OF_TORCH = {"neural", "encoders", "align"}


def imported_modules(file: Path) -> set[str]:
    modules = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            modules |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            modules.add(node.module)
            if node.module == "zeroskel":
                modules |= {f"zeroskel.{alias.name}" for alias in node.names}
    return modules


def files_of(stage: str) -> list[Path]:
    return sorted((SOURCE / stage).rglob("*.py"))


def test_every_folder_is_a_known_stage():
    folders = {path.name for path in SOURCE.iterdir() if path.is_dir() and path.name != "__pycache__"}
    assert folders <= set(MAY_IMPORT)


@pytest.mark.parametrize("stage", MAY_IMPORT)
def test_a_stage_imports_only_what_it_may(stage):
    for file in files_of(stage):
        stages = {module.split(".")[1] for module in imported_modules(file) if module.startswith("zeroskel.")}
        strangers = (stages & set(MAY_IMPORT)) - MAY_IMPORT[stage] - {stage}
        assert not strangers, f"{file.relative_to(SOURCE)} imports {strangers}"


def module_name(file: Path) -> str:
    return ".".join(("zeroskel", *file.relative_to(SOURCE).with_suffix("").parts)).removesuffix(".__init__")


def test_no_import_leads_in_a_circle():
    """Also not an import inside a function; only a package's list of public names may point into the package."""
    files = {module_name(file): file for file in SOURCE.rglob("*.py")}
    arrows = {
        name: {module for module in imported_modules(file) if module in files and module != name}
        for name, file in files.items()
        if file.name != "__init__.py"
    }
    try:
        TopologicalSorter(arrows).prepare()
    except CycleError as error:
        pytest.fail(" -> ".join(error.args[1]))


@pytest.mark.parametrize("stage", sorted(set(MAY_IMPORT) - OF_TORCH))
def test_torch_stays_inside_neural_encoders_and_align(stage):
    for file in files_of(stage):
        assert not any(module.split(".")[0] == "torch" for module in imported_modules(file)), file


def test_core_takes_numpy_only():
    allowed = set(sys.stdlib_module_names) | {"attrs", "numpy", "safetensors", "zeroskel"}
    for file in files_of("core"):
        strangers = {module.split(".")[0] for module in imported_modules(file)} - allowed
        assert not strangers, f"{file.name} imports {strangers}"


def test_files_and_functions_stay_short():
    for file in SOURCE.rglob("*.py"):
        text = file.read_text(encoding="utf-8")
        assert len(text.splitlines()) <= 350, file
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                assert node.end_lineno - node.lineno < 80, f"{file}: {node.name}"


def test_nothing_can_execute_data():
    for file in SOURCE.rglob("*.py"):
        text = file.read_text(encoding="utf-8")
        assert not imported_modules(file) & {"dill", "shelve", "marshal"}, file
        assert "joblib" not in imported_modules(file) or file.name == "_backends.py", file  # processes, never its files
        assert not any(word in text for word in ("allow_pickle=True", "torch.load", "joblib.load", "Memory(")), file


def test_one_module_loads_pickles_and_by_an_allow_list():
    """The subclass of the standard unpickler there resolves names itself, and nothing loads a pickle around it."""
    (file,) = [file for file in SOURCE.rglob("*.py") if "pickle" in imported_modules(file)]
    tree = ast.parse(file.read_text(encoding="utf-8"))
    unpicklers = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef) and any("Unpickler" in ast.unparse(base) for base in node.bases)
    ]
    assert [{"find_class"} <= {part.name for part in cls.body if hasattr(part, "name")} for cls in unpicklers] == [True]
    calls = {ast.unparse(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    assert not calls & {"pickle.load", "pickle.loads", "pickle.Unpickler", "pickle._Unpickler", "super().find_class"}
    assert "persistent_load" not in file.read_text(encoding="utf-8")


def test_importing_is_instant_and_takes_no_torch():
    program = (
        "import time; start = time.perf_counter(); import zeroskel; took = time.perf_counter() - start;"
        "import sys; assert not {'torch', 'numpy', 'sklearn', 'sentence_transformers'} & set(sys.modules); print(took)"
    )
    fastest = min(
        float(subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True).stdout)
        for _ in range(3)
    )
    assert fastest < 0.3


def test_reading_takes_no_torch():
    program = "import sys, zeroskel; zeroskel.read; zeroskel.SkeletonDataset; print('torch' in sys.modules)"
    shown = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True).stdout
    assert shown.strip() == "False"

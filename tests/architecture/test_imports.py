"""What imports what: the contracts in pyproject.toml, and those that import-linter can't express."""

from __future__ import annotations

import ast
import functools
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from importlinter.cli import lint_imports

ROOT = Path(__file__).resolve().parents[2]
SOURCES = [*ROOT.glob("app/**/*.py"), *ROOT.glob("goae_core/**/*.py"), *ROOT.glob("resources/**/*.py")]
TESTS = [*ROOT.glob("tests/**/*.py")]
SCRIPTS = [*ROOT.glob("packaging/**/*.py")]
MODULES = sorted(
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
    for path in SOURCES
    if path.name != "__main__.py"
)


def test_import_contracts_hold(capfd: pytest.CaptureFixture[str]) -> None:
    failed = lint_imports(config_filename=str(ROOT / "pyproject.toml"), no_cache=True)
    assert not failed, capfd.readouterr().out


def test_opencv_is_imported_in_one_place() -> None:
    importers = {
        path.relative_to(ROOT).as_posix()
        for path in [*SOURCES, *TESTS]
        if "cv2" in {name.split(".")[0] for name in _imported(path)}
    }
    assert importers == {"goae_core/opencv.py"}


def test_package_of_landmark_files_is_never_run() -> None:
    # It wants pkg_resources, which setuptools dropped; only its data files are of use.
    assert [path for path in [*SOURCES, *TESTS] if "face_recognition_models" in _imported(path)] == []


def test_nothing_unpickles() -> None:
    """`torch.load` counts as safe with `weights_only=True`, which builds tensors and nothing else."""
    found = [
        f"{path.relative_to(ROOT)}:{call.lineno}" for path in SOURCES for call in _calls(path) if _runs(call)
    ]
    assert found == [], "a pickle runs code: read it with goae_core.upstream"


def _runs(call: ast.Call) -> bool:
    keywords = {word.arg: ast.unparse(word.value) for word in call.keywords}
    if ast.unparse(call.func) == "torch.load":
        return keywords.get("weights_only") != "True"
    return ast.unparse(call.func) in {"pickle.load", "pickle.loads"} or keywords.get("allow_pickle") == "True"


def test_networks_open_no_files_and_choose_no_device() -> None:
    for path in ROOT.glob("goae_core/networks/*.py"):
        assert _imported(path).isdisjoint({"os", "pathlib", "io", "safetensors", "goae_core.camera"}), path
        functions = {ast.unparse(call.func) for call in _calls(path)}
        assert functions.isdisjoint({"open", "torch.device", "torch.cuda.is_available"}), path


def test_annotations_are_not_evaluated_at_import() -> None:
    with_code = [
        path
        for path in [*SOURCES, *TESTS, *SCRIPTS]
        if any(not isinstance(node, ast.Expr) for node in _tree(path).body)
    ]
    lacking = [str(path.relative_to(ROOT)) for path in with_code if "__future__" not in _imported(path)]
    assert lacking == [], "add: from __future__ import annotations"


def test_asking_for_help_loads_neither_qt_nor_torch() -> None:
    """`goae --help` answers in well under a second only as long as this holds."""
    loaded = _loaded_by("from app.cli.main import main; main()", "--help")
    assert loaded.isdisjoint({"PySide6", "pyqtgraph", "OpenGL", "torch", "cv2", "scipy", "trimesh"})


def test_core_package_alone_loads_nothing() -> None:
    assert _loaded_by("import goae_core").isdisjoint({"torch", "numpy", "PySide6", "app"})


def test_everything_but_the_window_imports_without_qt_and_gl() -> None:
    """Training may want numba, an extra; nothing else may."""
    headless = [name for name in MODULES if name.startswith(("goae_core", "resources", "app.cli"))]
    assert len(headless) > 20
    training = [name for name in headless if name.startswith("goae_core.training")]
    loaded = _loaded_by(
        "\n".join(
            [
                _ABSENT,
                *(f"importlib.import_module({name!r})" for name in headless if name not in training),
                "absent.remove('numba')",
                *(f"importlib.import_module({name!r})" for name in training),
            ]
        )
    )
    assert {"torch", "goae_core"} <= loaded
    assert loaded.isdisjoint({"PySide6", "pyqtgraph", "OpenGL"})


_ABSENT = """
import importlib, sys
absent = {"PySide6", "shiboken6", "pyqtgraph", "OpenGL", "numba"}
class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in absent:
            raise ModuleNotFoundError(f"No module named {name!r}")
sys.meta_path.insert(0, Absent())
"""


def _loaded_by(program: str, *arguments: str) -> set[str]:
    """Run a program in a new interpreter and return the top-level packages it loaded."""
    wrapped = (
        "import sys\ntry:\n"
        + "".join(f"    {line}\n" for line in program.splitlines())
        + "except SystemExit as end:\n    assert not end.code, end.code\n"
        + "print('\\nLOADED', *{name.split('.')[0] for name in sys.modules})\n"
    )
    ran = subprocess.run(
        [sys.executable, "-c", wrapped, *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stderr
    return set(ran.stdout.splitlines()[-1].removeprefix("LOADED ").split())


@functools.cache
def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def _imported(path: Path) -> set[str]:
    """Return the full names of the modules that a file imports, anywhere in it."""
    names: set[str] = set()
    for node in ast.walk(_tree(path)):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
    return names


def _calls(path: Path) -> Iterator[ast.Call]:
    for node in ast.walk(_tree(path)):
        if isinstance(node, ast.Call):
            yield node

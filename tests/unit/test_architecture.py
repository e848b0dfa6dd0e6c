"""Rules about the repository itself: layers, locks, sizes, what stands at the top."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "fundtrace"
MODULES = sorted(path for path in PACKAGE.rglob("*.py") if path.parts[-2] != "v1")
PRODUCT_LOCK, DEV_LOCK, BENCH_LOCK = LOCKS = [
    ROOT / f"requirements{kind}.txt" for kind in ("", "-dev", "-bench")
]
FILE_LINES_MAX = 400
FUNCTION_LINES_MAX = 60
TOP_LEVEL = {
    *("proto", "fundtrace", "nodes", "scripts", "tests", "docs", ".ci"),
    *("pyproject.toml", *(lock.name for lock in LOCKS)),
    *("README.md", "LICENSE", "CHANGELOG.md", ".gitignore", ".gitattributes"),
}


def _name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def _read_config() -> dict:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def _list_requirements(lock: Path) -> list[str]:
    text = lock.read_text(encoding="utf-8").replace("\\\n", " ")
    return [
        line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")
    ]


def test_the_rooms_import_only_as_the_contracts_say():
    done = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout


def test_every_room_stands_in_the_layers():
    contracts = _read_config()["tool"]["importlinter"]["contracts"]
    layers = next(one for one in contracts if one["id"] == "layers")
    assert layers["exhaustive"] is True
    rooms = {path.parent.name for path in PACKAGE.glob("*/__init__.py")}
    named = {room.strip() for layer in layers["layers"] for room in layer.split("|")}
    assert rooms <= named


@pytest.mark.parametrize("module", MODULES, ids=_name)
def test_a_file_has_at_most_400_lines(module):
    assert len(module.read_text(encoding="utf-8").splitlines()) <= FILE_LINES_MAX


@pytest.mark.parametrize("module", MODULES, ids=_name)
def test_a_function_has_at_most_60_lines(module):
    tree = ast.parse(module.read_text(encoding="utf-8"))
    functions = [
        node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    long = {
        node.name: node.end_lineno - node.lineno + 1
        for node in functions
        if node.end_lineno - node.lineno + 1 > FUNCTION_LINES_MAX
    }
    assert long == {}


@pytest.mark.parametrize("module", MODULES, ids=_name)
def test_a_module_says_what_it_is(module):
    assert ast.get_docstring(ast.parse(module.read_text(encoding="utf-8")))


@pytest.mark.parametrize("lock", LOCKS, ids=_name)
def test_a_lock_names_no_package_host(lock):
    text = lock.read_text(encoding="utf-8")
    assert not re.search(r"://|^\s*--(?!hash=)|@ |\.(?:org|com|net|io|cn)\b", text, re.MULTILINE)


@pytest.mark.parametrize("lock", LOCKS, ids=_name)
def test_every_locked_package_is_pinned_and_hashed(lock):
    requirements = _list_requirements(lock)
    assert requirements
    pinned = re.compile(
        r"[a-z0-9][a-z0-9._\-]*(\[[a-z,]+\])?==\S+( ;.*?)?(\s+--hash=sha256:[0-9a-f]{64})+\s*"
    )
    assert [line for line in requirements if not pinned.fullmatch(line)] == []


@pytest.mark.parametrize("lock", [DEV_LOCK, BENCH_LOCK], ids=_name)
def test_the_larger_locks_hold_all_of_the_product_lock(lock):
    product, larger = (
        {line.split(" ")[0] for line in _list_requirements(one)} for one in (PRODUCT_LOCK, lock)
    )
    assert product <= larger


def test_the_product_lock_holds_nothing_of_an_extra():
    extras = _read_config()["project"]["optional-dependencies"]
    names = {re.match(r"[\w.\-]+", one).group() for extra in extras.values() for one in extra}
    assert names
    locked = {line.split("==")[0] for line in _list_requirements(PRODUCT_LOCK)}
    assert names & locked == set()


@pytest.mark.parametrize(("group", "lock"), [("dev", DEV_LOCK), ("bench", BENCH_LOCK)])
def test_every_direct_dependency_is_locked(group, lock):
    config = _read_config()
    groups = config["dependency-groups"]
    wanted = [*config["project"]["dependencies"], *groups["tools"]]
    wanted += [one for one in groups[group] if isinstance(one, str)]
    if lock == DEV_LOCK:
        extras = config["project"]["optional-dependencies"].values()
        wanted += [one for extra in extras for one in extra]
    names = {re.match(r"[\w.\-]+", one).group().lower() for one in wanted}
    locked = {line.split("==")[0] for line in _list_requirements(lock)}
    assert names <= locked


def test_every_dependency_has_its_reason():
    text = "".join(
        path.read_text(encoding="utf-8") for path in (ROOT / "docs" / "decisions").glob("*.md")
    )
    config = _read_config()
    wanted = [*config["project"]["dependencies"]]
    wanted += [one for group in config["dependency-groups"].values() for one in group]
    wanted += [
        one for extra in config["project"]["optional-dependencies"].values() for one in extra
    ]
    names = {re.match(r"[\w.\-]+", one).group() for one in wanted if isinstance(one, str)}
    assert {name for name in names if f"`{name}`" not in text} == set()


def test_commands_begin_without_the_heavy_libraries():
    heavy = {"numpy", "numba", "polars", "networkx"}  # they cost more than --help may take
    code = f"import sys, fundtrace.cli.main; print(*({heavy!r} & set(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == ""


def test_every_lint_rule_that_is_ignored_has_a_reason():
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    section = text.split("[tool.ruff.lint]")[1].split("[tool.ruff.lint.flake8")[0]
    ignored = re.findall(r'^\s+"[A-Z]+\d*",.*$', section, re.MULTILINE)
    assert ignored
    assert [line for line in ignored if not re.search(r"# \w", line)] == []


def test_nothing_else_is_tracked_at_the_top():
    git = shutil.which("git")
    if git is None:
        pytest.skip("git is absent, so what is tracked is not known")
    done = subprocess.run([git, "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"not a git work tree: {done.stderr.strip()}")
    assert {line.split("/")[0] for line in done.stdout.splitlines()} - TOP_LEVEL == set()

"""Rules of this code base that no linter knows. Docstrings, naming and complexity are ruff's business."""

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent
SHIPPED = sorted([*ROOT.glob("lib/**/*.py"), *ROOT.glob("plugins/**/*.py")])

LAYERS = (
    ("istiokit", "istiokit.errors", "istiokit.findings", "istiokit.cluster"),
    (
        "istiokit.istio",
        "istiokit.flux",
        "istiokit.argocd",
        "istiokit.ownership",
        "istiokit.bigbang",
        "istiokit.helm",
        "istiokit.kyverno",
        "istiokit.gotemplate",
    ),
    ("istiokit.convert",),
    ("istiokit.survey", "istiokit.plan", "istiokit.ui"),
)
"""From the ground up; plugins stand on top. A module may import its own layer and those below."""

PURE = (
    "istiokit.istio",
    "istiokit.argocd",
    "istiokit.ownership",
    "istiokit.bigbang",
    "istiokit.helm",
    "istiokit.kyverno",
    "istiokit.gotemplate",
    "istiokit.convert",
    "istiokit.findings",
)
"""Values in, values out: no files, processes, clocks or network."""
IMPURE_MODULES = {
    "os",
    "io",
    "shutil",
    "tempfile",
    "subprocess",
    "socket",
    "urllib",
    "http",
    "time",
    "random",
}

HEAVY = {"kubernetes", "yaml", "msgspec", "rich", "cryptography"}
"""Not needed to explain a command, so not imported for it."""

WRITERS = {"write_text", "write_bytes", "unlink", "mkdir", "touch", "rename", "rmdir", "symlink_to", "chmod"}
WRITER_MODULES = {"shutil", "tempfile"}


def name_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts[1:]
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def within(name: str, package: str) -> bool:
    return name == package or name.startswith(f"{package}.")


def layer(name: str) -> int:
    packages = [
        (package, rank) for rank, row in enumerate(LAYERS) for package in row if within(name, package)
    ]
    if name == "istiokit" or not within(name, "istiokit"):
        return 0 if name == "istiokit" else len(LAYERS)
    return max(packages, key=lambda found: len(found[0]))[1]


def imports(path: Path) -> Iterator[str]:
    """Every module that the file imports, at its top or later."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            yield node.module or ""
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def calls(path: Path) -> Iterator[tuple[str, ast.Call]]:
    """Every call with the last part of what is called: `print`, `write_text`, `exit`."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call):
            called = node.func
            yield (called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")), node


def test_imports_run_one_way() -> None:
    ours = {name_of(path) for path in SHIPPED}
    wrong = [
        f"{name_of(path)} imports {imported}"
        for path in SHIPPED
        for imported in imports(path)
        if imported in ours and layer(imported) > layer(name_of(path))
    ]
    assert wrong == []


def test_plugins_do_not_import_each_other() -> None:
    plugins = {path.name for path in (ROOT / "plugins").iterdir() if path.is_dir()}
    wrong = [
        f"{path}: {imported}"
        for path in ROOT.glob("plugins/**/*.py")
        for imported in imports(path)
        if imported.split(".")[0] in plugins - {path.relative_to(ROOT).parts[1]}
    ]
    assert wrong == []


def test_only_the_live_cluster_imports_the_client() -> None:
    wrong = [
        str(path)
        for path in SHIPPED
        if any(within(imported, "kubernetes") for imported in imports(path))
        and not name_of(path).startswith("istiokit.cluster.live")
    ]
    assert wrong == []


def opens_for_writing(called: str, call: ast.Call) -> bool:
    words = [argument.value for argument in call.args if isinstance(argument, ast.Constant)]
    words += [keyword.value.value for keyword in call.keywords if isinstance(keyword.value, ast.Constant)]
    modes = [word for word in words if isinstance(word, str) and re.fullmatch(r"[rwaxbt+]{1,4}", word)]
    return called in ("open", "fdopen") and any(set(mode) & set("wax+") for mode in modes)


def test_only_the_file_cluster_and_the_file_journal_write_files() -> None:
    wrong = [
        f"{path}:{call.lineno} {called}"
        for path in SHIPPED
        for called, call in calls(path)
        if called in WRITERS or opens_for_writing(called, call)
    ]
    wrong += [
        f"{path} imports {name}"
        for path in SHIPPED
        for names in [set(imports(path))]
        for name in names & WRITER_MODULES
        if "shutil.which" not in names  # which writes nothing
    ]
    doors = ("/cluster/files", "/plan/store_files")
    assert [line for line in wrong if not any(door in line for door in doors)] == []


def test_pure_packages_do_no_input_or_output() -> None:
    pure = [path for path in SHIPPED if any(within(name_of(path), package) for package in PURE)]
    wrong = [f"{path} imports {name}" for path in pure for name in imports(path) if name in IMPURE_MODULES]
    wrong += [f"{path}:{call.lineno}" for path in pure for called, call in calls(path) if called == "open"]
    assert wrong == []


def test_only_the_app_ends_the_process_and_nobody_prints() -> None:
    doors = [ROOT / "lib/istiokit/ui/app.py", *ROOT.glob("plugins/*/__main__.py")]
    wrong = [
        f"{path}:{call.lineno} {called}"
        for path in SHIPPED
        for called, call in calls(path)
        if (called == "print" and isinstance(call.func, ast.Name))
        or (called in ("exit", "_exit", "SystemExit") and path not in doors)
    ]
    assert wrong == []


def catches_everything(node: ast.AST) -> bool:
    """A broad `except` that keeps what it caught; one that tidies up and ends with a bare `raise` is fine."""
    if not isinstance(node, ast.ExceptHandler):
        return False
    broad = node.type is None or getattr(node.type, "id", "") in ("Exception", "BaseException")
    last = node.body[-1]
    return broad and not (isinstance(last, ast.Raise) and last.exc is None)


def test_nobody_catches_everything_but_the_app() -> None:
    wrong = [
        f"{path}:{getattr(node, 'lineno', 0)}"
        for path in SHIPPED
        if path != ROOT / "lib/istiokit/ui/app.py"
        for node in ast.walk(ast.parse(path.read_text()))
        if catches_everything(node)
    ]
    assert wrong == []


def test_exceptions_from_the_linters_say_why() -> None:
    bare = re.compile(r"#\s*(noqa|type:\s*ignore)(:\s*[A-Z0-9, ]+|\[[a-z, -]+\])?\s*$")
    marks = re.compile(r"#.*\b(TODO|FIXME|XXX)\b")
    wrong = [
        f"{path}:{number}"
        for path in SHIPPED
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if bare.search(line) or marks.search(line)
    ]
    assert wrong == []


def test_functions_and_files_stay_short() -> None:
    long_files = [str(path) for path in SHIPPED if len(path.read_text().splitlines()) > 250]
    long_functions = [
        f"{path}:{node.lineno} {node.name}"
        for path in SHIPPED
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef) and (node.end_lineno or 0) - node.lineno >= 60
    ]
    assert (long_files, long_functions) == ([], [])


def plugin_modules() -> list[str]:
    scripts = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["scripts"]
    return sorted({target.split(":")[0] for target in scripts.values()})


EXPLAIN = """
import io, sys
from {module} import APP
from istiokit.ui.app import Terminal, run_app
for argv in (["--help"], ["--version"], *([command.name, "--help"] for command in APP.commands)):
    out, err = io.StringIO(), io.StringIO()
    assert run_app(APP, argv, Terminal(out, err, io.StringIO(), {{}})) == 0, (argv, err.getvalue())
    assert out.getvalue() and not err.getvalue(), argv
    print(*argv, *sorted(set(sys.modules) & {heavy}))
out, err = io.StringIO(), io.StringIO()
assert run_app(APP, ["__complete", "-"], Terminal(out, err, io.StringIO(), {{}})) == 0
assert "--namespace" in out.getvalue()
print("__complete", *sorted(set(sys.modules) & {heavy}))
"""


def test_help_version_and_flags_import_nothing_heavy() -> None:
    for module in plugin_modules():
        code = EXPLAIN.format(module=module, heavy=HEAVY)
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        wrong = [line for line in done.stdout.splitlines() if set(line.split()) & HEAVY]
        assert wrong == [], f"{module}: what follows the arguments was imported to explain them"


def test_every_plugin_has_both_spellings() -> None:
    scripts = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["scripts"]
    for name, target in scripts.items():
        host, plugin = name.split("-", 1)
        spellings = {f"{host}-{plugin.replace('-', '_')}", f"{host}-{plugin.replace('_', '-')}"}
        assert {scripts.get(spelling) for spelling in spellings} == {target}

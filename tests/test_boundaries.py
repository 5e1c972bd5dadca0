"""The borders of the code: who may import whom, and how long a file and a function may be."""

import ast
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PRODUCT = sorted([*ROOT.glob("llm/**/*.py"), *ROOT.glob("reporting/**/*.py")])
MAX_LINES, MAX_FUNCTION = 400, 40


def imports(path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.partition(".")[0]


def name(path):
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", sorted(ROOT.glob("llm/**/*.py")), ids=name)
def test_llm_knows_no_app(path):
    assert not {"django", "reporting", "celery"} & set(imports(path))


def test_only_the_fill_service_imports_llm():
    found = {name(p) for p in ROOT.glob("reporting/**/*.py") if "llm" in imports(p)}
    assert found == {"reporting/services/fills.py"}


def test_the_statistics_know_no_django():
    for path in ROOT.glob("reporting/stats/**/*.py"):
        assert "django" not in set(imports(path)), name(path)


def test_the_definitions_of_times_stand_alone():
    for path in ROOT.glob("reporting/timing_definitions/*.py"):
        assert "django" not in set(imports(path)), name(path)
        text = path.read_text().replace("reporting.timing_definitions", "")
        assert "from reporting" not in text, name(path)


def test_the_designs_of_studies_know_no_django():
    for path in ROOT.glob("reporting/study_designs/*.py"):
        assert not {"django", "llm"} & set(imports(path)), name(path)
        assert not re.search(r"from reporting\.(?!study_designs)", path.read_text())


def test_the_checks_know_no_django_and_no_model():
    pure = ("report_checks", "prior_diff")
    for path in (p for name in pure for p in ROOT.glob(f"reporting/{name}/*.py")):
        assert not {"django", "llm"} & set(imports(path)), name(path)
        own = {"reporting.report_checks", "reporting.prior_diff", "reporting.placeholders"}
        text = path.read_text()
        for module in own:
            text = text.replace(module, "")
        assert "from reporting." not in text


def test_no_signals_no_save_overrides_no_shared_task():
    for path in ROOT.glob("reporting/**/*.py"):
        tree = ast.parse(path.read_text())
        functions = {n.name for n in ast.walk(tree) if isinstance(n, ast.FunctionDef)}
        assert "save" not in functions or "models" not in path.parts, name(path)
        text = path.read_text()
        assert "shared_task" not in text, name(path)
        assert "django.dispatch" not in text, name(path)
        assert "django.db.models.signals" not in text, name(path)


def test_views_do_not_write():
    writes = re.compile(r"\.(?:save|create|update|delete|bulk_create)\(")
    for path in ROOT.glob("reporting/views/*.py"):
        assert not writes.search(path.read_text()), name(path)


@pytest.mark.parametrize("path", [*PRODUCT, *ROOT.glob("tests/**/*.py")], ids=name)
def test_files_and_functions_stay_short(path):
    if "migrations" in path.parts:
        return
    text = path.read_text()
    assert len(text.splitlines()) <= MAX_LINES
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef):
            length = (node.end_lineno or 0) - node.lineno + 1
            assert length <= MAX_FUNCTION, f"{node.name}: {length} lines"


def test_no_secret_and_no_machine_is_named():
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False
    ).stdout.split("\0")
    named = re.compile(r"/root/|/home/\w|BEGIN (?:RSA |EC )?PRIVATE KEY|index-url")
    for file in filter(None, listed):
        path = ROOT / file
        if path.suffix in {".py", ".md", ".toml", ".yml", ".json", ".txt", ".html", ".js"} and (
            path.is_file() and path.name != "test_boundaries.py"
        ):
            assert not named.search(path.read_text(encoding="utf-8")), file

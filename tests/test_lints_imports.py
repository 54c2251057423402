"""The arrows: each contract catches what it forbids, dependencies are declared, heavy imports wait for their use."""

from __future__ import annotations

import ast
import importlib.metadata
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
ROOMS = [
    "a2a",
    "agents",
    "cli",
    "config",
    "connectors",
    "core",
    "dashboard",
    "demo",
    "ledger",
    "net",
    "platform",
    "tools",
]

# One forbidden import for each contract, by the module that makes it.
FORBIDDEN = {
    "arrows run down only": ("dashboard/x", "headway.platform.x"),
    "net takes nothing from core": ("net/x", "headway.core.events"),
    "core stands on nothing but pydantic": ("core/x", "httpx"),
    "only the demo and the command line start": ("platform/agents", "headway.agents.x"),
    "only the command line knows": ("agents/settings", "headway.config.x"),
    "the configuration needs no screen": ("config/x", "httpx"),
    "only the dashboard finds styles": ("platform/styles", "headway.resources"),
    "only the dashboard imports": ("cli/start", "textual.app"),
    "the board's records": ("dashboard/feed", "textual"),
    "only the dashboard draws": ("a2a/y", "rich.text"),
    "only the platform imports": ("tools/x", "fastapi"),
    "only servers import": ("a2a/x", "uvicorn"),
    "only the ledger imports": ("platform/tables", "sqlalchemy"),
    "what an agent imports": ("tools/y", "headway.ledger.x"),
    "only the MCP server imports": ("cli/mcp", "mcp"),
    "only the tracing of the tools": ("platform/spans", "opentelemetry.trace"),
    "only the command line starts the MCP server": ("tools/z", "headway.tools.mcp.x"),
}
# What is allowed, and must not be reported when nothing else is wrong.
ALLOWED = {
    "cli/start": [
        "headway.config.x",
        "headway.agents.x",
        "headway.dashboard.x",
        "headway.platform.x",
        "headway.tools.mcp.x",
    ],
    "demo/x": ["headway.agents.x", "headway.connectors.x"],
    "dashboard/x": ["textual.app", "rich.text", "headway.connectors.x", "headway.resources"],
    "platform/x": [
        "fastapi",
        "starlette.responses",
        "uvicorn",
        "headway.ledger.x",
        "headway.a2a.x",
        "headway.net.clock",
    ],
    "tools/x": ["headway.a2a.x", "headway.connectors.x", "headway.core.events"],
    "tools/mcp/x": ["headway.tools.x", "mcp.server", "starlette.types", "uvicorn"],
    "tools/tracing": ["opentelemetry.trace"],
    "ledger/x": ["sqlalchemy", "headway.core.events"],
    "agents/x": ["starlette.responses", "uvicorn", "headway.core.text", "headway.net.clock"],
    "config/x": ["headway.core.text", "pydantic", "platformdirs"],
    "net/clock": ["headway.core.clock", "headway.core.text", "httpx"],
    "core/x": ["pydantic"],
}


def build_house(root: Path, imports: dict[str, list[str]]) -> None:
    modules = {
        "core": ["text", "clock", "events"],
        "net": ["clock"],
        "dashboard": [
            "actions",
            "columns",
            "detail",
            "feed",
            "operations",
            "prose",
            "store",
            "stream_text",
            "thin/__init__",
            "thin/output",
            "throttle",
        ],
        "tools": ["mcp/__init__", "mcp/x"],
    }
    for room in ROOMS:
        for module in ["__init__", "x", *modules.get(room, [])]:
            file = root / "headway" / room / f"{module}.py"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.touch()
    (root / "headway/__init__.py").touch()
    (root / "headway/resources.py").touch()
    for module, names in imports.items():
        (root / f"headway/{module}.py").write_text("".join(f"import {name}\n" for name in names))
    shutil.copy(ROOT / "pyproject.toml", root)


def broken_contracts(root: Path) -> list[str]:
    command = [Path(sys.executable).with_name("lint-imports"), "--no-logo", "--no-cache"]
    environment = {"PYTHONPATH": str(root), "PATH": ""}
    result = subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert "Contracts: " in result.stdout, result.stdout + result.stderr
    return re.findall(r"^(.*) BROKEN", result.stdout, flags=re.MULTILINE)


def test_every_contract_catches_what_it_forbids(tmp_path: Path) -> None:
    build_house(tmp_path, {module: [name] for module, name in FORBIDDEN.values()})
    broken = broken_contracts(tmp_path)
    assert [[name for name in broken if name.startswith(start)] for start in FORBIDDEN] == [[name] for name in broken]


def test_no_contract_forbids_what_the_house_needs(tmp_path: Path) -> None:
    build_house(tmp_path, ALLOWED)
    assert broken_contracts(tmp_path) == []


def test_rooms_that_are_not_built_yet_break_nothing(tmp_path: Path) -> None:
    build_house(tmp_path, {})
    for room in ("demo", "cli"):
        shutil.rmtree(tmp_path / "headway" / room)
    assert broken_contracts(tmp_path) == []


def test_every_third_party_import_is_a_declared_dependency() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    asked = [*project["dependencies"], *(one for extra in project["optional-dependencies"].values() for one in extra)]
    declared = {re.split(r"[^A-Za-z0-9._-]", wanted)[0].lower() for wanted in asked}
    imported: dict[str, str] = {}
    for file in sorted((ROOT / "app/headway").rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Import):
                imported.update({alias.name.partition(".")[0]: file.name for alias in node.names})
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                imported[node.module.partition(".")[0]] = file.name
    distributions = importlib.metadata.packages_distributions()
    strangers = {name: file for name, file in imported.items() if name not in {*sys.stdlib_module_names, "headway"}}
    assert {
        name: file
        for name, file in strangers.items()
        if not declared & {one.lower().replace("_", "-") for one in distributions.get(name, [])}
    } == {}


# The modules that must stay light, and what they must not load: frameworks are imported where they are first needed.
LIGHT = {
    "headway.core.events": {"httpx", "textual", "rich", "sqlalchemy", "fastapi", "starlette"},
    "headway.a2a.client": {"textual", "sqlalchemy", "fastapi", "starlette", "uvicorn"},
    "headway.dashboard.store": {"textual", "sqlalchemy", "fastapi", "starlette", "uvicorn"},
    "headway.dashboard.feed": {"textual", "sqlalchemy", "fastapi", "starlette", "uvicorn"},
    "headway.config.settings": {"httpx", "textual", "rich", "sqlalchemy", "fastapi", "starlette", "asyncio"},
    "headway.tools": {"asyncio", "httpx", "pydantic", "sqlite3", "textual", "sqlalchemy", "fastapi", "starlette"},
    "headway.cli.boarding": {
        "click",
        "httpx",
        "pydantic",
        "textual",
        "tomllib",
        "typer",
        "uvicorn",
        "headway.config.model",
    },
    "headway.connectors.headway": {"anyio", "h11", "httpcore", "httpx", "rich", "typer", "headway.connectors.http"},
    "headway.dashboard.app": {
        "httpx",
        "typer",
        "sqlalchemy",
        "fastapi",
        "starlette",
        "headway.core.api.gateway",
        "headway.core.api.tokens",
        "headway.dashboard.screens.agents",
        "headway.dashboard.screens.detail",
        "headway.dashboard.screens.dispatch",
        "headway.dashboard.screens.events",
        "headway.dashboard.screens.help",
        "headway.dashboard.screens.themes",
    },
    "headway.cli.app": {
        "httpx",
        "pydantic",
        "headway.config.settings",
        "headway.connectors.connector",
        "textual",
        "sqlalchemy",
        "fastapi",
        "starlette",
        "uvicorn",
        "alembic",
        "mcp",
    },
}


def modules_after(program: str) -> set[str]:
    """What a new interpreter has loaded once it has run this."""
    result = subprocess.run(
        [sys.executable, "-c", f"{program}\nimport sys; print(*sys.modules)"],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert result.returncode == 0, result.stderr
    return set(result.stdout.split())


@pytest.mark.parametrize(("module", "heavy"), LIGHT.items(), ids=LIGHT)
def test_light_modules_load_no_framework(module: str, heavy: set[str]) -> None:
    assert heavy & modules_after(f"import {module}") == set()


# What an agent's import may load of ours, whatever names it takes; the rest comes when tools are opened.
OF_TOOLS = {
    "headway", "headway.core", "headway.core.naming", "headway.core.text", "headway.core.timestamps",
    "headway.core.trace", "headway.core.urls", "headway.net", "headway.net.addresses", "headway.tools",
    "headway.tools.default", "headway.tools.descriptions", "headway.tools.errors", "headway.tools.outcome",
    "headway.tools.settings", "headway.tools.tool_messages", "headway.tools.tools", "headway.tools.tracing",
    "headway.tools.wanted",
}  # fmt: skip
STRANGERS = {
    "anyio", "click", "fastapi", "h11", "httpcore", "httpx", "httpx_sse", "mcp", "opentelemetry", "pydantic",
    "pydantic_core", "rich", "sqlalchemy", "sqlite3", "starlette", "textual", "typer", "typing_extensions", "uvicorn",
}  # fmt: skip


def test_importing_every_name_of_the_tools_loads_what_the_names_are_and_no_more() -> None:
    loaded = modules_after("import headway.tools\nfor name in dir(headway.tools): getattr(headway.tools, name)")
    assert {one for one in loaded if one.partition(".")[0] == "headway"} <= OF_TOOLS
    assert loaded & STRANGERS == set()
    assert "headway.tools.tools" in loaded

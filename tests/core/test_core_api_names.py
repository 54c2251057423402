"""The bodies of the HTTP API are there under one name, each imported when it is asked for."""

from __future__ import annotations

import ast
import importlib
import inspect
import subprocess
import sys

from headway.core import api


def test_every_name_is_found_where_type_checkers_look_for_it() -> None:
    imports = [node for node in ast.walk(ast.parse(inspect.getsource(api))) if isinstance(node, ast.ImportFrom)]
    told = {
        one.name: node.module for node in imports if (node.module or "").startswith(api.__name__) for one in node.names
    }
    assert sorted(told) == sorted(api.__all__)
    for name, module in told.items():
        assert getattr(api, name) is getattr(importlib.import_module(module or ""), name)


def test_a_body_brings_no_other() -> None:
    program = "import sys; from headway.core.api import ErrorBody; print(*(m for m in sys.modules if '.api.' in m))"
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True)
    assert ran.stdout.split() == ["headway.core.api.body"]


def test_a_name_that_is_none_is_no_attribute() -> None:
    assert not hasattr(api, "NoSuchBody")

"""Styles are found beside the code: in a source tree, in an installed package, and not by accident."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest
from headway import resources


def resources_at(package: Path) -> ModuleType:
    """The module as if the package were installed in that folder."""
    package.mkdir(parents=True, exist_ok=True)
    copy = package / "resources.py"
    copy.write_text(Path(resources.__file__).read_text())
    spec = importlib.util.spec_from_file_location("resources_elsewhere", copy)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_a_source_tree_has_them_beside_app(tmp_path: Path) -> None:
    (tmp_path / "styles").mkdir()
    assert resources_at(tmp_path / "app/headway").styles_folder() == tmp_path / "styles"


def test_an_installed_package_has_them_inside(tmp_path: Path) -> None:
    inside = tmp_path / "site-packages/headway/styles"
    inside.mkdir(parents=True)
    (tmp_path / "styles").mkdir()
    assert resources_at(inside.parent).styles_folder() == inside


def test_a_damaged_installation_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "styles").mkdir()
    with pytest.raises(FileNotFoundError, match="Install headway again"):
        resources_at(tmp_path / "site-packages/headway").styles_folder()

"""docs/api.md and the limits of docs/operations.md are what the code says, and the docs name what there is."""

from __future__ import annotations

import re
from pathlib import Path

import api_docs
from headway.platform.folder import DataFolder

ROOT = Path(__file__).resolve().parent.parent
OPERATIONS = (ROOT / "docs/operations.md").read_text()


def test_every_limit_says_what_it_is() -> None:
    rows = [line for line in api_docs.limits().splitlines() if line.startswith("| `")]
    assert len(rows) > 20
    assert not [row for row in rows if row.endswith("|  |")], "a setting without a docstring"


def test_a_page_has_each_call_and_each_field() -> None:
    schema = {"type": "object", "required": ["a"], "properties": {"a": {"type": "string", "maxLength": 5}}}
    operation = {
        "description": "Does it.",
        "requestBody": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Thing"}}}},
        "responses": {"201": {"content": {}}, "401": {}, "409": {}},
    }
    page = api_docs.page(
        {"paths": {"/x/{id}": {"post": operation}}, "components": {"schemas": {"Thing": schema}}}, "Hi"
    )
    assert (
        "### `POST /x/:id`\n\nDoes it.\n\n- body: [Thing](#thing) (may be left out)\n- 201: no body\n- refused: 409"
        in page
    )
    assert "### Thing\n\n- `a`: string of 0 to 5 characters, required" in page


def test_the_files_of_the_data_folder_are_those_of_the_docs() -> None:
    folder = DataFolder(Path("x"))
    for path in (folder.ledger, folder.token_file, folder.log):
        assert f"`{path.name}`" in OPERATIONS


def test_links_between_the_docs_lead_somewhere() -> None:
    for path in (ROOT / "docs").glob("*.md"):
        for target in re.findall(r"\]\(([\w./-]+\.\w+)(?:#[\w-]+)?\)", path.read_text()):
            assert (path.parent / target).exists(), (path.name, target)

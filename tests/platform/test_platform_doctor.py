"""What `headway doctor` finds out about a token, from a real platform."""

from __future__ import annotations

from pathlib import Path

import pytest
from headway.cli.doctor import health_finding, token_finding
from headway.cli.place import open_connector
from headway.core.scopes import READ, workspace_scope
from headway.platform.auth import token_hash
from headway.platform.platform import Platform
from support.platforms import platform


@pytest.mark.req("D16")
async def test_the_scope_of_a_token_is_found_out_and_nothing_is_changed(tmp_path: Path, opened: list[Platform]) -> None:
    async with platform(tmp_path) as served:
        ledger = opened[0].ledger
        await ledger.add_token(token_hash("reader-token"), READ)
        await ledger.add_token(token_hash("seat-token"), workspace_scope(served.source))
        before = ledger.head
        for token, says, code in (
            (served.token, "admin: sees everything and may act", 0),
            ("reader-token", "read: sees everything and changes nothing", 0),
            ("seat-token", "accepted, but it does not open the board", 4),
            ("no-token", "invalid workspace auth token", 4),
            (None, "missing workspace auth token", 4),
        ):
            connector = open_connector(served.url, token)
            finding, exit_code = await token_finding(connector)
            health, well = await health_finding(connector)
            await connector.aclose()
            assert (says in finding.says, exit_code) == (True, code), finding
            assert (health.level.value, well) == ("ok", 0)
        assert ledger.head == before

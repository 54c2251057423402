"""Tokens from the command line, and a board's connector that may only look."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from headway.connectors.connector import DispatchOrder
from headway.connectors.errors import NotAllowed
from headway.connectors.headway import HeadwayConnector
from headway.net.clock import SystemClock
from support.platforms import NOBODY, serve
from support.processes import Cli


@pytest.mark.req("S1")
async def test_a_token_is_made_listed_used_and_removed(tmp_path: Path) -> None:
    async with serve(tmp_path) as served:
        cli = Cli(tmp_path)
        made = cli("token", "new", "--scope", "read", "--label", "wall").out.strip()
        assert len(made) >= 43
        [own, wall] = cli("token", "ls", "--json").json()
        assert (wall["scope"], wall["label"]) == ("read", "wall")
        shown = cli("token", "ls")
        header, _, line = shown.out.splitlines()
        assert header.split() == ["ID", "CREATED", "SCOPE", "LABEL"]
        assert line.split() == [wall["id"], wall["created_at"][:19] + "Z", "read", "wall"]
        assert made not in shown.out
        reader = Cli(tmp_path, HEADWAY_TOKEN=made)
        assert reader("ls").code == 0
        assert reader("token", "ls").code == 4
        assert reader("agents", "add", "x", "http://127.0.0.1:9").code == 4

        connector = HeadwayConnector(served.url, made, clock=SystemClock(), rng=random.Random())
        assert not connector.capabilities.read_only
        await connector.snapshot()
        assert connector.capabilities.read_only
        with pytest.raises(NotAllowed, match="read-only"):
            await connector.dispatch(DispatchOrder(NOBODY, "hello", "key"))
        token = served.folder.token()
        connector.use_token(token)
        await connector.snapshot()
        assert not connector.capabilities.read_only
        await connector.aclose()

        assert cli("token", "rm", wall["id"]).code == 0
        assert reader("ls").code == 4
        refused = cli("token", "rm", own["id"])
        assert refused.code == 5
        assert "data folder" in refused.err

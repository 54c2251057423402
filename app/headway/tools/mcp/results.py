"""A verb's answer as the result of an MCP call: the same keys as structured content, and as text."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

from mcp import types

from headway.tools.outcome import UNTRUSTED

PROVENANCE: Final = "headway/provenance"
"""Where a result's `_meta` says who wrote the text in it (spec: agent-tools)."""


def as_result(answer: dict[str, Any]) -> types.CallToolResult:
    """A refusal is a tool error whose first text is plain words. What an agent wrote stays inside JSON strings."""
    provenance = provenance_of(answer)
    return types.CallToolResult(
        content=[types.TextContent(type="text", text=text) for text in _texts(answer)],
        structured_content=answer,
        is_error=is_error(answer),
        _meta={PROVENANCE: provenance} if provenance else None,
    )


def refused(error: str) -> types.CallToolResult:
    """The call did nothing; `error` says why."""
    return as_result({"success": False, "error": error})


def is_error(answer: Mapping[str, Any]) -> bool:
    """Whether a call failed. To look at a task that failed is no failure."""
    return answer.get("success") is False or answer.keys() == {"error"}


def provenance_of(answer: Mapping[str, Any]) -> dict[str, Any] | None:
    """Who wrote what is in an answer; None where no agent has a word in it."""
    if "provenance" in answer:
        return dict(answer["provenance"])
    if "delegations" in answer:
        return {"trust": UNTRUSTED} if answer["delegations"] else None
    if "state" in answer and "text" in answer:
        return _written_by(answer["agent"], answer, answer["text"], url=answer["url"])
    if "workspace_id" in answer:
        said = next((answer[key] for key in ("result", "message", "error") if answer.get(key)), None)
        return _written_by(answer["workspace_id"], answer, said) if said else None
    return None


def _written_by(agent: str, answer: Mapping[str, Any], text: str, **more: str) -> dict[str, str]:
    digest = hashlib.sha256(text.encode()).hexdigest()
    return {"agent": agent, **more, "task_id": answer["task_id"], "sha256": digest, "trust": UNTRUSTED}


def _texts(answer: Mapping[str, Any]) -> Iterator[str]:
    if is_error(answer):
        yield _plain(answer)
        if not answer.keys() - {"success", "error"}:
            return
    yield json.dumps(answer, ensure_ascii=False)


def _plain(answer: Mapping[str, Any]) -> str:
    """Why a call failed. Where an agent may have a word in it, that is quoted: it is no word of ours."""
    if "message" in answer or "provenance" not in answer:
        return str(answer.get("message") or answer["error"])
    return f"{answer['state']}: {json.dumps(answer['error'], ensure_ascii=False)}"

"""An agent that says the hostile corpus as it is, byte for byte: in its card, its output, its questions and its ends.

It speaks A2A 0.3 from a thread of the tests' process. What it does is the first word of a task: `17:failed` says text
17 and fails with it; `all:completed` says the whole corpus.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

CORPUS: list[str] = [
    json.loads(line)["text"] for line in (Path(__file__).parents[1] / "data/hostile.jsonl").read_text().splitlines()
]
SHORT = "\n".join(text for text in CORPUS if len(text) <= 1_000)
ALL = "\n".join([SHORT, *(text for text in CORPUS if len(text) > 1_000)])
"""The whole corpus, the long ones last."""
MARKDOWN = "\n\n".join(f"# {text}\n\n- **{text}** [{text}]({text})\n\n`{text}`" for text in CORPUS if len(text) <= 200)
ENDINGS = ("completed", "failed", "input-required")


def said_of(task: str) -> tuple[str, str]:
    """The text that a task asks for, and the state it ends in."""
    which, _, ending = task.split()[0].partition(":")
    texts = {"all": ALL, "markdown": MARKDOWN}
    return texts[which] if which in texts else CORPUS[int(which)], ending


class _Answer(BaseHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it so
        """Nothing is logged."""

    def do_GET(self) -> None:
        host, port = self.server.server_address[:2]
        card = {
            "protocolVersion": "0.3.0",
            "name": SHORT,
            "description": SHORT,
            "url": f"http://{host!s}:{port}/",
            "preferredTransport": "JSONRPC",
            "version": SHORT,
            "capabilities": {"streaming": True},
            "defaultInputModes": ["text/plain"],
            "defaultOutputModes": ["text/plain"],
            "skills": [{"id": text, "name": text, "description": text, "tags": [text]} for text in CORPUS[:45]],
        }
        self._send("application/json", json.dumps(card).encode())

    def do_POST(self) -> None:
        call = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if call["method"] != "message/stream":
            error = {"code": -32001, "message": SHORT}
            self._send("application/json", json.dumps({"jsonrpc": "2.0", "id": call["id"], "error": error}).encode())
            return
        sent = call["params"]["message"]
        text, ending = said_of("".join(part.get("text", "") for part in sent["parts"]))
        events = _events(sent.get("contextId") or sent["messageId"], text, ending)
        lines = (json.dumps({"jsonrpc": "2.0", "id": call["id"], "result": event}) for event in events)
        self._send("text/event-stream", "".join(f"data: {line}\n\n" for line in lines).encode())

    def _send(self, kind: str, body: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def _events(context: str, text: str, ending: str) -> Iterator[dict[str, Any]]:
    """A task that works, puts out the text, and ends with it."""
    ids = {"taskId": f"task-{context}", "contextId": context}

    def status(state: str, *, final: bool) -> dict[str, Any]:
        message = {"kind": "message", "role": "agent", "messageId": state, "parts": [{"kind": "text", "text": text}]}
        return {"kind": "status-update", **ids, "status": {"state": state, "message": message}, "final": final}

    yield {"kind": "task", "id": ids["taskId"], "contextId": context, "status": {"state": "submitted"}}
    yield status("working", final=False)
    artifact = {"artifactId": text[:64] or "out", "name": text[:64], "parts": [{"kind": "text", "text": text}]}
    yield {"kind": "artifact-update", **ids, "artifact": artifact, "lastChunk": True}
    yield status(ending, final=True)


@contextmanager
def hostile_agent() -> Iterator[str]:
    """Its address, until the block ends."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Answer)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()

"""An A2A agent in this process whose bytes go out when the benchmark says so. It streams over JSON-RPC, v1.0."""

from __future__ import annotations

import json
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Agent:
    """Takes every task, works on it for ever, and says what it is told to say."""

    def __init__(self) -> None:
        self.url = ""
        self.took = threading.Condition()
        self.streams: dict[str, Stream] = {}
        """By the text of the task."""

    def stream(self, task: str) -> Stream:
        """The stream of a task, once the agent has it."""
        with self.took:
            assert self.took.wait_for(lambda: task in self.streams, timeout=60), f"the agent never got {task!r}"
            return self.streams[task]


class Stream:
    """What an agent writes of one task."""

    def __init__(self, handler: BaseHTTPRequestHandler, call_id: Any) -> None:
        self.ids = {"taskId": str(uuid.uuid4()), "contextId": str(uuid.uuid4())}
        self._handler = handler
        self._call_id = call_id

    def write(self, result: dict[str, Any]) -> float:
        """Write one event; when its bytes were given to the socket."""
        data = json.dumps({"jsonrpc": "2.0", "id": self._call_id, "result": result})
        at = time.perf_counter()
        self._handler.wfile.write(f"data: {data}\n\n".encode())
        return at

    def begin(self) -> None:
        ids = {"id": self.ids["taskId"], "contextId": self.ids["contextId"]}
        self.write({"task": {**ids, "status": {"state": "TASK_STATE_WORKING"}}})

    def say(self, text: str) -> float:
        """Go on with the output; when its bytes were given to the socket."""
        artifact = {"artifactId": "output", "parts": [{"text": text}]}
        return self.write({"artifactUpdate": {**self.ids, "artifact": artifact, "append": True, "lastChunk": False}})


@contextmanager
def agent() -> Iterator[Agent]:
    """An agent that is there until the block ends."""
    ours = Agent()
    done = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

        def do_GET(self) -> None:
            self._answer({
                "name": "bench", "description": "", "version": "1", "url": ours.url,
                "supportedInterfaces": [{"url": ours.url, "protocolBinding": "JSONRPC", "protocolVersion": "1.0"}],
                "capabilities": {"streaming": True}, "defaultInputModes": ["text/plain"],
                "defaultOutputModes": ["text/plain"], "skills": [],
            })  # fmt: skip

        def do_POST(self) -> None:
            call = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            if call["method"] != "SendStreamingMessage":
                error = {"code": -32601, "message": "not here"}
                self._answer({"jsonrpc": "2.0", "id": call["id"], "error": error})
                return
            self.send_response(200)
            self.send_header("Content-Type", "text/event-stream")
            self.send_header("Connection", "close")
            self.end_headers()
            stream = Stream(self, call["id"])
            stream.begin()
            with ours.took:
                ours.streams[call["params"]["message"]["parts"][0]["text"]] = stream
                ours.took.notify_all()
            done.wait()

        def _answer(self, body: object) -> None:
            content = json.dumps(body).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        ours.url = f"http://127.0.0.1:{server.server_port}/"
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield ours
        finally:
            done.set()
            server.shutdown()
            thread.join()

"""`make fuzz`: every call that OpenAPI names, against a real platform with a real simulated agent behind it.

schemathesis makes requests that fit the description and requests that do not. No answer may be a fault of the platform,
have a status that is not described, or a body that does not fit its description. Afterwards every list still answers.
The event streams are left out, as they do not end; their tests are tests/platform/test_platform_stream*.py.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

ROOT = Path(__file__).resolve().parent.parent
CHECKS = (
    "status_code_conformance",
    "content_type_conformance",
    "response_schema_conformance",
    "response_headers_conformance",
    "no_fault_of_the_platform",
)
LISTS = ("/workspaces", "/workspaces/operator/delegations", "/admin/delegations?limit=500", "/snapshot?finished=5000")


@contextmanager
def running(*command: str, log: Path) -> Iterator[str]:
    """A server of ours until the block ends; the URL it listens on."""
    with log.open("w") as errors:
        process = subprocess.Popen(
            [sys.executable, "-m", "headway", *command], stdout=subprocess.PIPE, stderr=errors, text=True
        )
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            if "http" not in line:
                raise SystemExit(f"{' '.join(command)} did not start: {line}{log.read_text()}")
            yield "http" + line.strip().rpartition("http")[2]
        finally:
            process.terminate()
            process.wait()


def prepare(http: httpx.Client, agent: str) -> dict[str, list[str]]:
    """Workspaces and delegations to ask about; the ids that exist, by the name of what takes one."""
    lead = made(http.post("/workspaces", json={"name": "lead"}))
    coder = made(http.post("/workspaces", json={"name": "coder", "url": agent, "max_concurrent_tasks": 4}))
    tasks = ("steps=2 delay=0", "steps=2 delay=0 fail=x", "steps=2 delay=0 ask=which", "steps=200 delay=1")
    answers = [http.post(f"/workspaces/{lead}/delegate", json={"target_id": coder, "task": task}) for task in tasks]
    delegations = [answer.raise_for_status().json()["delegation_id"] for answer in answers]
    return {
        "workspace_id": [lead, lead, coder, "operator"],
        "id": [lead, coder],
        "target_id": [coder, coder, lead],
        "delegation_id": delegations,
        "source": [lead],
        "prefix": delegations,
    }


def made(answer: httpx.Response) -> str:
    return str(answer.raise_for_status().json()["id"])


def look_again(http: httpx.Client, log: Path) -> list[str]:
    """What is wrong with a platform that was asked all that."""
    wrong = []
    for path in LISTS:
        answer = http.get(path)
        if answer.status_code != 200:
            wrong.append(f"{path} answers {answer.status_code}: {answer.text[:500]}")
        else:
            answer.json()
    if "Traceback" in (said := log.read_text()):
        wrong.append(f"the platform's log:\n{said[-4_000:]}")
    return wrong


def fuzz(schemathesis: str, folder: Path, examples: int, arguments: list[str]) -> int:
    """Run all of it; the exit code."""
    log = folder / "platform.log"
    with (
        running("agent", "--name", "coder", "--port", "0", log=folder / "agent.log") as agent,
        running("serve", "--port", "0", "--data", str(folder / "data"), log=log) as url,
    ):
        token = (folder / "data/admin-token").read_text().strip()
        with httpx.Client(base_url=url, headers={"Authorization": f"Bearer {token}"}, timeout=30) as http:
            known = prepare(http, agent)
            config = folder / "schemathesis.toml"
            config.write_text('headers = { Authorization = "Bearer ${FUZZ_TOKEN}" }\n')
            environment: dict[str, str] = {
                **os.environ,
                "FUZZ_TOKEN": token,
                "FUZZ_KNOWN": json.dumps(known),
                "SCHEMATHESIS_HOOKS": "fuzz_hooks",
                "PYTHONPATH": str(ROOT / ".ci"),
            }
            command = [schemathesis, "--config-file", str(config), "run", f"{url}/openapi.json"]
            command += ["--phases", "examples,coverage,fuzzing", "--checks", ",".join(CHECKS)]
            command += ["--exclude-path-regex", "/events/stream$", "--max-examples", str(examples)]
            command += ["--generation-deterministic", "--continue-on-failure"]
            command += ["--request-timeout", "20", "--warnings", "off", "--no-color", *arguments]
            found = subprocess.run(command, cwd=folder, env=environment, check=False).returncode
            wrong = look_again(http, log)
    print("\n".join(wrong) or "afterwards every list answers, and the platform's log has no traceback")
    return 1 if found or wrong else 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    # absolute: it is run in a folder of its own
    parser.add_argument("--schemathesis", required=True, type=os.path.abspath, help="the program")
    parser.add_argument("--examples", type=int, default=100, help="requests of the fuzzing phase for each call")
    options, rest = parser.parse_known_args()
    with tempfile.TemporaryDirectory(prefix="headway-fuzz-") as folder:
        return fuzz(options.schemathesis, Path(folder), options.examples, rest)


if __name__ == "__main__":
    sys.exit(main())

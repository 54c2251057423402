"""Makes screenshots/demo.jsonl.gz again: a minute and a half of a real demo (`make recording`)."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

FILE = Path(__file__).resolve().parent / "demo.jsonl.gz"
SECONDS = 90
LARGEST = 300_000
"""Bytes that a file of the repository may have."""
HEADWAY = (sys.executable, "-m", "headway")


def record(file: Path, data: str) -> None:
    """Run the demo's platform and agents on a data folder, and record them from their first task on."""
    serve = [*HEADWAY, "serve", "--port", "0", "--data", data, "--stuck-after", "25", "--allow", "127.0.0.1:*"]
    with subprocess.Popen(serve, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as platform:
        assert platform.stdout is not None
        url = platform.stdout.readline().removeprefix("listening on ").strip()
        fleet = [*HEADWAY, "demo-fleet", "--url", url, "--data", data, "--rate", "0.4"]
        with subprocess.Popen(fleet, stderr=subprocess.DEVNULL) as agents:
            try:
                command = [*HEADWAY, "record", str(file), "--data", data, "--for", str(SECONDS)]
                subprocess.run(command, check=True)
            finally:
                agents.terminate()
                platform.terminate()


def main() -> int:
    with TemporaryDirectory() as folder:
        made = Path(folder, FILE.name)
        record(made, str(Path(folder, "data")))
        size = made.stat().st_size
        if size > LARGEST:
            print(f"{size:,} bytes are too many (at most {LARGEST:,}). {FILE.name} is as it was.", file=sys.stderr)
            return 1
        FILE.write_bytes(made.read_bytes())
    print(f"{FILE.name}: {size:,} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())

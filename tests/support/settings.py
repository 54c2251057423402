"""The command line with a configuration of its own, run in this process: quick, and all the same from outside."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from headway.cli.app import app
from support.processes import Ran
from typer.testing import CliRunner


@dataclass
class Configured:
    """A home folder with a `config.toml`, and `headway …` in it."""

    home: Path
    environment: dict[str, str] = field(default_factory=dict)

    @property
    def file(self) -> Path:
        return self.home / "config/headway/config.toml"

    def writes(self, text: str) -> Configured:
        self.file.parent.mkdir(parents=True, exist_ok=True)
        self.file.write_text(text, "utf-8")
        return self

    @property
    def variables(self) -> dict[str, str]:
        return {
            "HOME": str(self.home),
            "XDG_CONFIG_HOME": str(self.home / "config"),
            "XDG_DATA_HOME": str(self.home / "data"),
            **self.environment,
        }

    def run(self, *arguments: str) -> Ran:
        cleared: dict[str, str | None] = {name: None for name in os.environ if name.startswith("HEADWAY_")}
        ran = CliRunner().invoke(app, arguments, env={**cleared, **self.variables})
        if ran.exception is not None and not isinstance(ran.exception, SystemExit):
            raise ran.exception
        return Ran(ran.exit_code, ran.stdout, ran.stderr)

    def effective(self, *flags: str) -> Mapping[str, Mapping[str, Any]]:
        """The settings as `headway config --json` tells them."""
        settings: Mapping[str, Mapping[str, Any]] = self.run(*flags, "config", "--json").json()["settings"]
        return settings

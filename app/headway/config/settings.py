"""What holds in the end: flags before the environment, that before the file, that before the defaults.

Each value keeps where it came from, so that `headway config` can say it.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

from headway.config.contexts import ContextsFile, Kept
from headway.config.environment import CONFIG, SCALARS, TOKEN, URL, checked, settings_in, variable
from headway.config.errors import ConfigError
from headway.config.file import ConfigFile, read, shown_path
from headway.config.model import Config, ContextEntry
from headway.config.token import read_token
from headway.config.usual import default_file
from headway.core.naming import nearest, quoted

SWITCH: Final = "headway ctx"
THEME_KEY: Final = "chosen on the board"


class Layer(StrEnum):
    """Where a value can come from, the strongest first. The switch is what `headway ctx NAME` keeps."""

    FLAG = "flag"
    ENVIRONMENT = "environment"
    SWITCH = "switch"
    CONTEXT = "context"
    FILE = "file"
    DEFAULT = "default"


@dataclass(frozen=True, slots=True)
class Setting:
    """A value and its origin; `place` names the flag, the variable or the line."""

    value: Any
    layer: Layer
    place: str = ""


@dataclass(frozen=True, slots=True)
class Flags:
    """What the command line says; None is nothing. `headway FLAGS command FLAGS` is one set of flags."""

    config: Path | None = None
    url: str | None = None
    context: str | None = None
    data: Path | None = None
    read_only: bool | None = None
    theme: str | None = None
    color: bool | None = None
    ascii: bool | None = None
    animations: bool | None = None
    link: str | None = None

    def given(self) -> dict[str, Any]:
        return {one.name: value for one in fields(self) if (value := getattr(self, one.name)) is not None}


@dataclass(frozen=True, slots=True)
class Context:
    """A context that exists, and what says so."""

    name: str
    entry: ContextEntry
    place: str
    base: Path
    """The folder that a relative `token_file` starts from."""
    kept: bool
    """`headway ctx add` made it; the others stand in config.toml."""

    @property
    def token_path(self) -> Path | None:
        return None if self.entry.token_file is None else self.base / Path(self.entry.token_file).expanduser()


@dataclass(frozen=True, slots=True)
class Settings:
    """Every setting with its origin, the contexts there are, and which platform all of it comes to.

    `url` and `context_origin` are never both set; where neither is, the platform is the one of the data folder.
    """

    file: ConfigFile
    file_origin: Setting
    contexts_file: ContextsFile
    contexts: Mapping[str, Context]
    values: Mapping[str, Setting]
    url: Setting | None = None
    context_origin: Setting | None = None
    """What chose the context, and its name, whether or not there is one of that name."""
    environ: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def config(self) -> Config:
        return self.file.config

    def value(self, name: str) -> Any:
        return self.values[name].value

    @property
    def context(self) -> Context | None:
        """The context that is used. Raises ConfigError where the one that was chosen is not there."""
        origin = self.context_origin
        if origin is None:
            return None
        if origin.value in self.contexts:
            return self.contexts[origin.value]
        known = ", ".join(self.contexts) or "none yet"
        raise ConfigError(
            [
                f"{origin.place}: there is no context {quoted(origin.value)}{nearest(origin.value, self.contexts)} "
                f"(known: {known}); `headway ctx add NAME URL` adds one"
            ]
        )

    @property
    def platform_url(self) -> str | None:
        """The address that was named; None for the platform of the data folder."""
        if self.url is not None:
            return str(self.url.value)
        context = self.context
        return context.entry.url if context else None

    @property
    def read_only(self) -> bool:
        """Whether nothing may be changed: set so, or a property of the context, which nothing undoes."""
        context = self.context
        return bool(self.value("read_only")) or (context is not None and context.entry.read_only)

    @property
    def token(self) -> str | None:
        """HEADWAY_TOKEN, else what the context's file holds; None where neither is. Raises ConfigError for a bad file.

        The data folder's token is not looked at here: it belongs to the platform of that folder.
        """
        if given := self.environ.get(TOKEN):
            return given
        context = self.context
        if context is None or context.token_path is None:
            return None
        return read_token(context.token_path, f"{context.place}: the token file of {context.name}")


def load(flags: Flags, environ: Mapping[str, str] = os.environ) -> Settings:
    """Read everything there is. Raises ConfigError with every problem that was found at one place."""
    origin = _file_origin(flags, environ)
    file = read(origin.value, needed=origin.layer is not Layer.DEFAULT)
    contexts_file = ContextsFile.beside(file.path)
    kept = contexts_file.read()
    contexts = _contexts(file, contexts_file, kept)
    layers = _layers(flags, environ, file)
    url, context_origin = _platform(flags, environ, layers, kept, file)
    return Settings(
        file=file,
        file_origin=origin,
        contexts_file=contexts_file,
        contexts=contexts,
        values={name: _strongest(name, _with_kept(layers, kept)) for name in SCALARS if name != "context"},
        url=url,
        context_origin=context_origin,
        environ=environ,
    )


def _file_origin(flags: Flags, environ: Mapping[str, str]) -> Setting:
    if flags.config is not None:
        return Setting(flags.config, Layer.FLAG, "--config")
    if named := environ.get(CONFIG):
        return Setting(Path(named).expanduser(), Layer.ENVIRONMENT, CONFIG)
    return Setting(default_file(), Layer.DEFAULT)


def _layers(flags: Flags, environ: Mapping[str, str], file: ConfigFile) -> list[dict[str, Setting]]:
    """The plain settings of flags, environment and file, the strongest first."""
    by_flag = {
        name: Setting(checked(name, str(value) if name == "data" else value, flag(name)), Layer.FLAG, flag(name))
        for name, value in flags.given().items()
        if name in SCALARS
    }
    by_variable = {
        name: Setting(value, Layer.ENVIRONMENT, variable(name)) for name, value in settings_in(environ).items()
    }
    by_file = {
        name: Setting(getattr(file.config, name), Layer.FILE, file.place(name))
        for name in SCALARS
        if name in file.config.model_fields_set
    }
    if data := by_file.get("data"):
        by_file["data"] = Setting(str(file.beside(data.value)), data.layer, data.place)
    return [by_flag, by_variable, by_file]


def flag(name: str) -> str:
    """The flag of a setting."""
    return f"--{name.replace('_', '-')}"


def _with_kept(layers: list[dict[str, Setting]], kept: Kept) -> list[dict[str, Setting]]:
    """The layers with what was chosen on the board, which goes before the file."""
    chosen = {"theme": Setting(kept.theme, Layer.SWITCH, THEME_KEY)} if kept.theme else {}
    *stronger, by_file = layers
    return [*stronger, chosen, by_file]


def _strongest(name: str, layers: list[dict[str, Setting]]) -> Setting:
    for layer in layers:
        if name in layer:
            return layer[name]
    return Setting(Config.model_fields[name].default, Layer.DEFAULT)


def _contexts(file: ConfigFile, contexts_file: ContextsFile, kept: Kept) -> dict[str, Context]:
    """All contexts by name; one of config.toml hides one of the same name that `headway ctx add` made."""
    found = {
        name: Context(name, entry, shown_path(contexts_file.path), contexts_file.path.parent, kept=True)
        for name, entry in kept.contexts.items()
    }
    for name, entry in file.config.contexts.items():
        found[name] = Context(name, entry, file.place("contexts", name), file.path.parent, kept=False)
    return dict(sorted(found.items()))


def _platform(
    flags: Flags, environ: Mapping[str, str], layers: list[dict[str, Setting]], kept: Kept, file: ConfigFile
) -> tuple[Setting | None, Setting | None]:
    """The address or the context that names the platform, by the strongest layer that names any; both may be None.

    A data folder names a platform too: the one that runs on it.
    """
    by_flag, by_variable, by_file = layers
    addresses = (
        (Setting(flags.url, Layer.FLAG, "--url") if flags.url else None, by_flag),
        (Setting(environ[URL], Layer.ENVIRONMENT, URL) if environ.get(URL) else None, by_variable),
    )
    for url, layer in addresses:
        context = layer.get("context")
        if url and context:
            raise ConfigError([f"{url.place} and {context.place} name a platform each; give one of them"])
        if url or context:
            return url, context
        if "data" in layer:
            return None, None
    if kept.current is not None:
        return None, Setting(kept.current, Layer.SWITCH, SWITCH)
    return None, by_file.get("context")

"""What can be set for the tools: the documented defaults, the variables, and errors that name them."""

from __future__ import annotations

from pathlib import Path

import pytest
from headway.net.addresses import Allowance
from headway.tools.errors import SettingsError
from headway.tools.settings import ToolSettings


def test_without_a_variable_the_limits_are_those_of_the_spec() -> None:
    settings = ToolSettings.from_environment({})
    assert settings == ToolSettings()
    assert (settings.task_limit, settings.silence_limit, settings.sweep_every) == (256, 7_200, 600)
    assert settings.max_age is None
    assert (settings.delegation_attempts, settings.delegation_delay) == (3, 5)
    assert settings.workspace_roles == ("operator",)
    assert settings.allowances() == ()


def test_each_variable_is_read() -> None:
    settings = ToolSettings.from_environment(
        {
            "PLATFORM_URL": "http://127.0.0.1:8700/",
            "WORKSPACE_ID": "ws-1",
            "WORKSPACE_TOKEN": "secret",
            "WORKSPACE_ROLES": "reader, auditor",
            "DELEGATION_RETRY_ATTEMPTS": "5",
            "DELEGATION_RETRY_DELAY": "0",
            "DELEGATION_TIMEOUT": "12.5",
            "HEADWAY_TOOLS_DATA": "/tmp/data",
            "A2A_ALLOW": "127.0.0.1:9000,10.0.0.0/8",
            "A2A_TASK_LIMIT": "8",
            "A2A_SILENCE_LIMIT": "60",
            "A2A_SWEEP_EVERY": "0.5",
            "A2A_MAX_AGE": "3600",
            "A2A_KEEP_FINISHED": "30",
            "A2A_KEPT_FINISHED": "9",
            "A2A_CANCEL_SECONDS": "2",
            "A2A_IDLE_SECONDS": "3",
            "A2A_ASK_PATIENCE": "4",
        }
    )
    assert settings.platform_url == "http://127.0.0.1:8700"
    assert (settings.workspace_id, settings.workspace_token) == ("ws-1", "secret")
    assert settings.workspace_roles == ("reader", "auditor")
    assert (settings.delegation_attempts, settings.delegation_delay, settings.delegation_timeout) == (5, 0, 12.5)
    assert settings.data_folder == Path("/tmp/data")
    assert (settings.task_limit, settings.silence_limit, settings.sweep_every) == (8, 60, 0.5)
    assert (settings.max_age, settings.keep_finished, settings.kept_finished) == (3_600, 30, 9)
    assert (settings.cancel_seconds, settings.idle_seconds, settings.ask_patience) == (2, 3, 4)
    assert settings.allowances() == tuple(map(Allowance.parse, ("127.0.0.1:9000", "10.0.0.0/8", "127.0.0.1:8700")))


def test_max_age_can_be_switched_off() -> None:
    assert ToolSettings.from_environment({"A2A_MAX_AGE": "off"}).max_age is None


def test_every_bad_value_is_named_at_once_and_no_token_is_shown() -> None:
    bad = {
        "PLATFORM_URL": "http://user:{}@host".format("pass"),
        "WORKSPACE_ID": "two words",
        "WORKSPACE_TOKEN": "se cret",
        "WORKSPACE_ROLES": "ok,<b>",
        "DELEGATION_RETRY_ATTEMPTS": "0",
        "DELEGATION_TIMEOUT": "nan",
        "A2A_ALLOW": "169.254.169.254",
        "A2A_TASK_LIMIT": "-1",
        "A2A_SILENCE_LIMIT": "inf",
        "A2A_MAX_AGE": "soon",
    }
    with pytest.raises(SettingsError) as raised:
        ToolSettings.from_environment(bad)
    assert [problem.split()[0] for problem in raised.value.problems] == list(bad)
    assert "se cret" not in str(raised.value)
    assert "pass@" not in str(raised.value)


@pytest.mark.parametrize(
    "url",
    [
        "ftp://h", "http://", "http://h:99999", "http://h:0", "http://169.254.169.254/", "http://h?q", "x", "http://h\nt",
        "http://h/\x7f", "http://xn--a", "http://xn--zz--/", "http://[v1.a]", "http://h/" + "p" * 100_000,
    ],
)  # fmt: skip
def test_a_platform_that_cannot_be_reached_is_refused_at_the_start(url: str) -> None:
    with pytest.raises(SettingsError, match="PLATFORM_URL"):
        ToolSettings.from_environment({"PLATFORM_URL": url})


def test_a_token_is_not_part_of_what_settings_print() -> None:
    assert "hush" not in repr(ToolSettings(workspace_token="hush"))

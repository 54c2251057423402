"""Settings every test shares: hypothesis profiles, and the rule that a test which proves a requirement must run."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING

import certifi
import pytest
from hypothesis import settings

if TYPE_CHECKING:
    from collections.abc import Generator

settings.register_profile("dev", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True, print_blob=True)
settings.load_profile("ci" if os.environ.get("CI") else "dev")


def pytest_configure() -> None:
    """A run in the background of a script ignores ctrl+c, and what it started would, too."""
    for number in (signal.SIGINT, signal.SIGHUP):
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.skipped and item.get_closest_marker("req"):
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} carries req(...): what proves a requirement is neither skipped nor xfail"
    return report


@pytest.fixture(scope="session", autouse=True)
def _nobodys_configuration(tmp_path_factory: pytest.TempPathFactory) -> Generator[None, None, None]:
    """No test, and no process that it starts, reads the configuration of whoever runs it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CONFIG_HOME", str(tmp_path_factory.mktemp("config")))
        yield


@pytest.fixture(scope="session", autouse=True)
def _few_authorities(tmp_path_factory: pytest.TempPathFactory) -> Generator[None, None, None]:
    """A client of a test trusts one authority and not 150: reading them all takes longer than most tests."""
    begin, end = "-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----"
    one = begin + certifi.contents().split(begin, 1)[1].split(end, 1)[0] + end + "\n"
    bundle = tmp_path_factory.mktemp("authorities") / "one.pem"
    bundle.write_text(one)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(certifi, "where", lambda: str(bundle))
        yield

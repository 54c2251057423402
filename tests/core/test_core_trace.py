"""W3C trace context: what is read, and what is refused."""

from __future__ import annotations

import random

import pytest
from headway.core import trace
from hypothesis import given
from hypothesis import strategies as st

TRACE, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
VALID = f"00-{TRACE}-{SPAN}-01"


@pytest.mark.parametrize("value", [VALID, f"00-{TRACE}-{SPAN}-00", f"00-{'0' * 31}1-{'0' * 15}1-ff"])
def test_a_valid_one_is_kept_as_it_is(value: str) -> None:
    assert str(trace.read(value)) == value


@pytest.mark.parametrize("value", [f"cc-{TRACE}-{SPAN}-01", f"cc-{TRACE}-{SPAN}-01-what-comes-later"])
def test_of_a_later_version_what_is_known_is_read(value: str) -> None:
    assert str(trace.read(value)) == VALID


@pytest.mark.parametrize(
    "value",
    [
        None,
        7,
        "",
        VALID[:-1],
        VALID + "0",
        VALID + "\n",
        f" {VALID}",
        f"00-{'0' * 32}-{SPAN}-01",
        f"00-{TRACE}-{'0' * 16}-01",
        f"ff-{TRACE}-{SPAN}-01",
        f"00-{TRACE.upper()}-{SPAN}-01",
        f"00-{TRACE[:-1]}g-{SPAN}-01",
        f"00-{TRACE}-{SPAN}-01-more",
        f"cc-{TRACE}-{SPAN}-01x",
        f"cc-{TRACE}-{SPAN}-01-{'x' * 300}",
        f"00-{TRACE[:-1]}\uff11-{SPAN}-01",
        f"00_{TRACE}_{SPAN}_01",
    ],
)
def test_what_is_none_is_refused(value: object) -> None:
    assert trace.read(value) is None


@given(st.text())
def test_nothing_else_is_read(value: str) -> None:
    found = trace.read(value)
    assert found is None or trace.read(str(found)) == found


@given(st.randoms())
def test_what_is_begun_can_be_read(rng: random.Random) -> None:
    begun = trace.begin(rng.getrandbits)
    assert trace.read(str(begun)) == begun
    child = begun.child(trace.new_span_id(rng.getrandbits))
    assert (trace.read(str(child)), child.trace_id) == (child, begun.trace_id)
    assert trace.read(str(trace.begin(lambda bits: 0))) is not None

"""The incremental order of a table, against sorted()."""

from __future__ import annotations

import random

import pytest
from headway.dashboard.ordering import Ordering
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

IDS = st.sampled_from([f"id{number}" for number in range(40)])


class OrderingMachine(RuleBasedStateMachine):
    """Random operations on tiny blocks, so that blocks split and vanish all the time."""

    @initialize(reverse=st.booleans())
    def begin(self, reverse: bool) -> None:
        self.keys: dict[str, int] = {}
        self.inside: set[str] = set()
        self.ordering = Ordering(self.keys.__getitem__, reverse=reverse, block=2)

    @rule(delegation_id=IDS, key=st.integers(0, 5))
    def put(self, delegation_id: str, key: int) -> None:
        moved = delegation_id not in self.inside or self.keys[delegation_id] != key
        self.keys[delegation_id] = key
        self.inside.add(delegation_id)
        assert self.ordering.put(delegation_id) == moved

    @rule(delegation_id=IDS)
    def discard(self, delegation_id: str) -> None:
        assert self.ordering.discard(delegation_id) == (delegation_id in self.inside)
        self.inside.discard(delegation_id)

    @rule()
    def turn_around(self) -> None:
        self.ordering.reverse = not self.ordering.reverse

    @rule(sign=st.sampled_from([1, -1]))
    def sort_by_another_key(self, sign: int) -> None:
        self.keys.update({delegation_id: sign * key for delegation_id, key in self.keys.items()})
        self.ordering.rebuild(self.inside)

    @rule(start=st.integers(-3, 45), length=st.integers(0, 45))
    def take_a_slice(self, start: int, length: int) -> None:
        assert self.ordering.slice(start, start + length) == self.expected()[max(0, start) : max(0, start + length)]

    def expected(self) -> list[str]:
        in_order = sorted(self.inside, key=lambda delegation_id: (self.keys[delegation_id], delegation_id))
        return in_order[::-1] if self.ordering.reverse else in_order

    @invariant()
    def is_sorted_and_indexed(self) -> None:
        expected = self.expected()
        assert list(self.ordering) == expected
        assert len(self.ordering) == len(expected)
        for index, delegation_id in enumerate(expected):
            assert self.ordering.index_of(delegation_id) == index
            assert self.ordering.id_at(index) == delegation_id


TestOrderingMachine = OrderingMachine.TestCase


def test_ten_thousand_operations_keep_id_and_index_consistent() -> None:
    rng = random.Random(7)
    keys = {f"d{number}": rng.random() for number in range(2_000)}
    ordering = Ordering(keys.__getitem__, block=16)
    inside: set[str] = set()
    for step in range(10_000):
        delegation_id = f"d{rng.randrange(2_000)}"
        if rng.random() < 0.3:
            ordering.discard(delegation_id)
            inside.discard(delegation_id)
        else:
            keys[delegation_id] = rng.random()
            ordering.put(delegation_id)
            inside.add(delegation_id)
        if inside and step % 10 == 0:
            index = rng.randrange(len(inside))
            assert ordering.index_of(ordering.id_at(index)) == index
    assert list(ordering) == sorted(inside, key=lambda delegation_id: (keys[delegation_id], delegation_id))


@given(st.dictionaries(IDS, st.integers()))
def test_rebuilding_sorts(keys: dict[str, int]) -> None:
    ordering = Ordering(keys.__getitem__, block=3)
    ordering.rebuild(keys)
    assert list(ordering) == sorted(keys, key=lambda delegation_id: (keys[delegation_id], delegation_id))


def test_a_row_that_is_not_in_has_no_place() -> None:
    ordering = Ordering(len)
    ordering.rebuild(["a"])
    with pytest.raises(KeyError):
        ordering.index_of("b")
    for index in (-1, 1):
        with pytest.raises(IndexError):
            ordering.id_at(index)


def test_moving_one_row_among_a_hundred_thousand_touches_one_block() -> None:
    keys = {f"{number:06d}": number for number in range(100_000)}
    compared = 0

    class Counted(int):
        def __lt__(self, other: int) -> bool:
            nonlocal compared
            compared += 1
            return int(self) < int(other)

    ordering = Ordering(lambda delegation_id: Counted(keys[delegation_id]))
    ordering.rebuild(keys)
    compared = 0
    keys["000000"] = 99_999
    ordering.put("000000")
    assert ordering.index_of("000000") == 99_998
    assert compared < 100

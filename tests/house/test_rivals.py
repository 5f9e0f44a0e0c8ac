"""Rivals themselves: what a race that broke off leaves behind for the next one."""

from threading import BrokenBarrierError

import pytest

from tests import rivals as rivals_of_tests
from tests.deadlocks import others
from tests.rivals import rivals, wait_until

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_race_that_cannot_start_says_so_and_leaves_no_connection_open(monkeypatch):
    monkeypatch.setattr(rivals_of_tests, "TOGETHER_WITHIN_SECONDS", 0)
    done, before = [], others().keys()
    with rivals(3) as at_once:
        with pytest.raises(BrokenBarrierError):
            at_once(*[lambda: done.append(1)] * 3)
        assert others().keys() - before  # at least one was there in time to give up

    assert done == []
    wait_until(lambda: not others().keys() - before)

"""Whose turn it is: lanes first, then departments by what they have had."""

from __future__ import annotations

from collections import Counter, deque

from hypothesis import given
from hypothesis import strategies as st

from hongyan.dispatch.leasing import Head, LeasedBatch, LeasedMessage
from hongyan.gateway.works import LOW_WATER, MOST_IN_HAND, Work, Works

VERIFICATION, NOTICE, MARKETING = 0, 1, 3


def a_work(number: int, *, department: int = 1, lane: int = NOTICE, messages: int = 1000) -> Work:
    batch = LeasedBatch(number, 1, department, lane, "notice", messages, None, "", True, 0)
    waiting = deque(LeasedMessage(number * 1000 + place, "+8613800138000", "", 1) for place in range(messages))
    return Work(batch, waiting, messages)


def send(works: Works, count: int) -> Work:
    work = works.next()
    count = min(count, len(work.waiting))
    for _ in range(count):
        work.waiting.popleft()
    works.sent(work, count)
    return work


def test_the_most_urgent_lane_goes_first_however_much_waits_elsewhere() -> None:
    works = Works()
    works.add(a_work(1, lane=MARKETING))
    works.add(a_work(2, lane=NOTICE))
    works.add(a_work(3, lane=VERIFICATION, messages=1))
    assert [send(works, 1000).batch.id for _ in range(3)] == [3, 2, 1]


def test_a_campaign_leaves_the_other_department_its_half() -> None:
    works = Works()
    for number in (1, 2, 3):
        works.add(a_work(number, department=1))
    works.add(a_work(4, department=2, messages=300))
    served: Counter[int] = Counter()
    while served[2] < 300:
        work = works.next()
        served[work.batch.department_id] += min(50, len(work.waiting))
        send(works, 50)
    assert served in ({1: 300, 2: 300}, {1: 250, 2: 300})


def test_who_comes_late_has_saved_nothing_up() -> None:
    works = Works()
    works.add(a_work(1, department=1, messages=1000))
    for _ in range(10):
        send(works, 50)
    works.add(a_work(2, department=2, messages=1000))
    turns = [send(works, 50).batch.department_id for _ in range(10)]
    assert Counter(turns) == {1: 5, 2: 5}


def test_the_older_batch_of_a_department_goes_first() -> None:
    works = Works()
    works.add(a_work(9))
    works.add(a_work(5))
    assert works.next().batch.id == 5


def test_a_further_batch_is_wanted_while_little_is_in_hand() -> None:
    works = Works()
    head = Head(NOTICE, 1)
    assert works.wants(head)
    works.add(a_work(1, messages=LOW_WATER))
    assert not works.wants(head)
    send(works, 1)
    assert works.wants(head)


def test_what_is_more_urgent_is_wanted_with_full_hands() -> None:
    works = Works()
    for number in range(MOST_IN_HAND):
        works.add(a_work(number, department=number, lane=MARKETING))
    assert not works.wants(Head(MARKETING, 99))
    assert works.wants(Head(NOTICE, 99))


@given(st.lists(st.tuples(st.integers(1, 4), st.integers(1, 400)), min_size=1, max_size=12), st.integers(1, 120))
def test_no_department_is_ever_ahead_by_more_than_a_turn(batches: list[tuple[int, int]], turn: int) -> None:
    works = Works()
    for number, (department, messages) in enumerate(batches, start=1):
        works.add(a_work(number, department=department, messages=messages))
    served: Counter[int] = Counter({department: 0 for department, _ in batches})
    left = Counter[int]()
    for department, messages in batches:
        left[department] += messages
    while len(works):
        work = works.next()
        count = min(turn, len(work.waiting))
        send(works, turn)
        served[work.batch.department_id] += count
        left[work.batch.department_id] -= count
        waiting = [one for one in served if left[one]]
        if len(waiting) > 1:
            assert max(served[one] for one in waiting) - min(served[one] for one in waiting) <= turn
    assert not +left

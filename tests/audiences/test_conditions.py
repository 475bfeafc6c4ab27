"""Trees of conditions: read, written, changed part by part."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hongyan.audiences import conditions
from hongyan.audiences.conditions import Branch, Joined, Malformed, Node, Test

texts = st.text(st.characters(exclude_categories=["Cs", "Cc", "Z"]), min_size=1, max_size=8)
leaves = st.builds(Test, texts, texts, st.lists(texts, max_size=3).map(tuple))
trees = st.recursive(
    leaves, lambda inner: st.builds(Branch, st.sampled_from(Joined), st.lists(inner, max_size=3).map(tuple)), max_leaves=8
)  # fmt: skip


def _depth(node: Node) -> int:
    return 1 + max(map(_depth, node.parts), default=0) if isinstance(node, Branch) else 1


@settings(max_examples=60, deadline=None)
@given(trees)
def test_what_is_written_is_read_again(tree: Node) -> None:
    if _depth(tree) > conditions.DEEPEST:
        with pytest.raises(Malformed):
            conditions.read(conditions.to_json(tree))
        return
    read = conditions.read(conditions.to_json(tree))
    assert read == (tree if isinstance(tree, Branch) else Branch(Joined.ALL, (tree,)))


@pytest.mark.parametrize(
    ("stored", "code", "place"),
    [
        ("everybody", "not_a_condition", ""),
        ({"all": "x"}, "not_a_condition", ""),
        ({"all": [], "any": []}, "not_a_condition", ""),
        ({"all": [{"attribute": 3}]}, "not_a_condition", "all[0]"),
        ({"all": [{"attribute": "a", "operator": "is", "sql": "drop"}]}, "not_a_condition", "all[0]"),
        ({"any": [{"attribute": "a", "operator": "is", "values": [[1]]}]}, "bad_values", "any[0].values[0]"),
        ({"any": [{"attribute": "a", "operator": "is", "values": ["\x00"]}]}, "bad_values", "any[0].values[0]"),
        ({"all": [{"attribute": "a"}] * 61}, "too_many", ""),
    ],
)
def test_what_is_no_tree_is_refused_with_its_place(stored: Any, code: str, place: str) -> None:
    with pytest.raises(Malformed) as error:
        conditions.read(stored)
    assert (error.value.code, error.value.place) == (code, place)


def test_parts_are_added_and_removed_by_their_place() -> None:
    tree = conditions.added(Branch(), (), Branch(Joined.ANY, (Test("a"),)))
    tree = conditions.added(tree, (0,), Test("b"))
    assert tree == Branch(Joined.ALL, (Branch(Joined.ANY, (Test("a"), Test("b"))),))
    assert conditions.removed(tree, (0, 0)) == Branch(Joined.ALL, (Branch(Joined.ANY, (Test("b"),)),))
    assert conditions.removed(tree, (0,)) == Branch()


def test_what_a_person_has_several_of_holds_conditions_of_its_own() -> None:
    orders = Test(
        "orders", "total_at_least", ("2000",), Branch(Joined.ALL, (Test("order.category", "one_of", ("4",)),))
    )
    stored = {
        "all": [
            {
                "attribute": "orders", "operator": "total_at_least", "values": ["2000"],
                "where": {"all": [{"attribute": "order.category", "operator": "one_of", "values": ["4"]}]},
            }
        ]
    }  # fmt: skip
    assert conditions.read(stored) == Branch(Joined.ALL, (orders,))
    assert conditions.to_json(Branch(Joined.ALL, (orders,))) == stored
    assert [one.attribute for one in conditions.tests(orders)] == ["orders", "order.category"]
    more = conditions.added(Branch(Joined.ALL, (Test("orders"),)), (0,), Test("order.day"))
    assert more.parts == (Test("orders", where=Branch(Joined.ALL, (Test("order.day"),))),)
    assert conditions.removed(more, (0, 0)).parts == (Test("orders", where=Branch()),)

"""What a condition on people's own record offers to choose from."""

from __future__ import annotations

import pytest

from hongyan.accounts.models import User
from hongyan.accounts.rights import Role
from hongyan.audiences import people
from hongyan.contacts import grants
from hongyan.contacts.allowing import Allows
from tests.builders import Company, a_group, a_user

pytestmark = pytest.mark.django_db


def groups_offered(user: User) -> set[str]:
    (found,) = (one for one in people.attributes(user) if one.key == "person.groups")
    return {option.label for option in found.options(user, [])}


def test_a_group_is_named_with_those_above_it_that_the_user_sees(company: Company) -> None:
    field = a_user("field", company.finance, Role.SALESPERSON)
    staff = a_group(company.book, "Staff")
    east = a_group(company.book, "East", parent=a_group(company.book, "Secret project", parent=staff))
    a_group(company.book, "Harbour", parent=east)
    book = company.book.name
    assert f"Staff / Secret project / East ({book})" in groups_offered(company.administrator)
    assert groups_offered(field) == set()
    grants.give(company.administrator, east, Allows.SEE, to_user=field)
    assert groups_offered(field) == {f"East ({book})", f"East / Harbour ({book})"}

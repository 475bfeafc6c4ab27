"""What can go wrong with a file: stable codes and sentences for whoever gave it."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from hongyan import fields
from hongyan.spreadsheets.errors import FAULT_WORDS, Fault, SpreadsheetError
from hongyan.spreadsheets.errors import WORDS as FILE_WORDS

ROW_REASONS: dict[str, str | Promise] = {
    "number_twice_in_file": _("This number appears earlier in the file; the first row was used."),
    "too_long": _("This text is too long for its field."),
    "no_number_column": _("This row ends before the column of numbers."),
    "carrier_unknown": _("There is no carrier with this name."),
    "carrier_missing": _("The row names no carrier, and none was chosen for the file."),
    "record_out_of_reach": _("It belongs to somebody else, or does not exist."),
    "facts_missing": _("Facts that its type requires are missing."),
    "code_taken": _("Another customer has this number already."),
    "number_twice": _("Two people of this customer have the same mobile number."),
    "several_customers": _("Several customers have this name: give the customer number."),
    "no_type": _("There is no customer type with this name."),
    "no_source": _("The source is neither a partner's list nor a field visit."),
    "no_post": _("There is no post with this name."),
    "no_salesperson": _("No one salesperson within your reach has this name."),
    "no_customer": _("No one customer of yours has this name or number."),
    "no_product": _("There is no product with this SKU."),
    "sku_missing": _("The SKU is missing."),
    "product_incomplete": _("A new product needs name, category and price."),
    "no_day": _("This is not a day, such as 2026-11-30."),
    "no_figure": _("This is not a number."),
    "no_state": _("There is no such state of an order."),
    "line_out_of_range": _("Quantities must be above zero, prices not below."),
    "required": _("This field is required."),
    "value_taken": _("Another row has this value already, and it may appear only once."),
    "value_twice_in_file": _("This value appears earlier in the file, and it may appear only once."),
    "key_missing": _("The row has no value by which it could be recognised."),
    "row_unknown": _("No row of the table has this value, so there is nothing to update."),
    "row_exists": _("A row with this value is there already."),
    "several_rows": _("Several rows of the table have this value, so it is not clear which is meant."),
    "person_unknown": _("Nobody in the address book has this value, so there is nothing to update."),
    "person_exists": _("Somebody with this value is in the address book already."),
    "several_people": _("Several people in the address book have this value, so it is not clear who is meant."),
    "number_missing": _("A new person needs a mobile number."),
    "number_taken": _("Somebody else in the address book has this number already."),
    "topic_unknown": _("There is no topic with this code or name."),
    "evidence_missing": _("The row has no evidence of the consent."),
    "date_unreadable": _("This is not a date."),
    "ported_abroad": _("Only mainland numbers are ported between these carriers."),
    "username_missing": _("The row has no sign-in name."),
    "name_missing": _("A new user needs a name."),
    "user_twice_in_file": _("This sign-in name appears earlier in the file; the first row was used."),
    "department_missing": _("The row names no department, and none was chosen for such rows."),
    "department_unknown": _("There is no department with this name."),
    "department_ambiguous": _(
        "Several departments have this name: write the path from the top, such as “Sales / East”."
    ),
    "department_beyond": _("You do not manage this department."),
    "role_unknown": _("There is no role with this name."),
    "not_yes_or_no": _("Write yes or no."),
    "email_invalid": _("This is not an e-mail address."),
    "extension_invalid": _("An extension is made of digits."),
    "extension_taken": _("Another user has this extension already."),
    "username_taken": _("This sign-in name is already taken."),
    "not_allowed": _("You do not manage this user."),
    "role_above_own": _("You cannot assign a role above your own."),
    "own_account": _("Your own role, department and sign-in are changed by another administrator."),
    "last_administrator": _("This is the last administrator. Appoint another one first."),
    "user_gone": _("This user no longer exists, or you no longer manage them."),
    "refused": _("This row was refused."),
}
"""Reasons of a row beside those of its number (`dispatch/numbers.py`) and of its writing (`spreadsheets/errors.py`)."""


def reason_words(code: str) -> str:
    """A row error's reason in the reader's language."""
    if code in ROW_REASONS:
        return str(ROW_REASONS[code])
    if code in set(Fault):
        return gettext(FAULT_WORDS[Fault(code)])
    return fields.reason_words(code)


def file_words(error: SpreadsheetError) -> str:
    """A file's trouble in the reader's language, with the line where it was noticed."""
    words = gettext(FILE_WORDS[error.trouble])
    return f"{words} {pgettext_lazy('file', 'Line %(line)s.') % {'line': error.line}}" if error.line else words

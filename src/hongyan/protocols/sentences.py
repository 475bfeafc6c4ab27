"""Sentences about connections, as sessions and the gateway say them, for translation where they are shown.

They are put together of parts with ": " between and may name an address, a number or a command: `parts` takes them
apart again, so that each part is one message id with its values.
"""

from __future__ import annotations

import re


def N_(text: str) -> str:  # noqa: N802 - the customary mark for words that are translated where they are shown
    return text


SENTENCES = (
    N_("the peer no longer answers"),
    N_("the peer logged out"),
    N_("logged out"),
    N_("logged out; the peer did not answer"),
    N_("closed before login"),
    N_("the login was not completed in time"),
    N_("the peer closed the connection"),
    N_("the connection was lost"),
    N_("the carrier refused the login"),
    N_("the login was refused"),
    N_("the database does not answer"),
    N_("the password was stored with another installation's key; enter it again"),
    N_("the message structure is wrong"),
    N_("the source address (login) is not known"),
    N_("the password is wrong"),
    N_("the protocol version is too high"),
    N_("the login name or password is wrong"),
    N_("logged in already on this connection"),
    N_("too many connections"),
    N_("wrong login type"),
    N_("logins too frequent"),
    N_("the node is busy"),
    N_("the system is busy"),
    N_("this address may not log in"),
    N_("the login or the password is wrong"),
    N_("the account has expired"),
    N_("already logged in"),
    N_("system error"),
    N_("login failed"),
    N_("the login (system_id) is not known"),
)

_PATTERNS = (
    (re.compile(r"(?P<address>\S+:\d+) does not answer"), N_("%(address)s does not answer")),
    (re.compile(r"(?P<address>\S+:\d+) refuses connections"), N_("%(address)s refuses connections")),
    (re.compile(r"the host name (?P<name>\S+) is not known"), N_("the host name %(name)s is not known")),
    (
        re.compile(r"port (?P<port>\d+), connections from the carrier"),
        N_("port %(port)s, connections from the carrier"),
    ),
    (re.compile(r"port (?P<port>\d+) cannot be opened"), N_("port %(port)s cannot be opened")),
    (
        re.compile(r"the peer sent command (?P<command>\S+) before login"),
        N_("the peer sent command %(command)s before login"),
    ),
    (
        re.compile(r"the peer sent command (?P<command>\S+), which has no place here"),
        N_("the peer sent command %(command)s, which has no place here"),
    ),
    (
        re.compile(r"the peer announced a PDU of (?P<octets>\d+) octets"),
        N_("the peer announced a PDU of %(octets)s octets"),
    ),
    (re.compile(r"nothing came for (?P<seconds>\S+) seconds"), N_("nothing came for %(seconds)s seconds")),
    (re.compile(r"status (?P<status>\S+)"), N_("status %(status)s")),
)


def parts(sentence: str) -> list[tuple[str, dict[str, str]]]:
    """(message id, values) of each part; what is none of ours, as the system's own words, is its own message id."""
    found = []
    for part in sentence.split(": "):
        for pattern, message in _PATTERNS:
            if match := pattern.fullmatch(part):
                found.append((message, match.groupdict()))
                break
        else:
            found.append((part, {}))
    return found

"""Sentences about connections, as sessions and the gateway say them, for translation where they are shown.

They are put together of parts with ": " between and may name an address, a number or a command: `parts` takes them
apart again, so that each part is one message id with its values.
"""

from __future__ import annotations

import re


def N_(text: str) -> str:  # noqa: N802 - the customary mark for words that are translated where they are shown
    return text


SAID = (
    N_("the peer no longer answers"),
    N_("the peer answers no requests"),
    N_("the peer logged out"),
    N_("logged out"),
    N_("logged out; the peer did not answer"),
    N_("logged out before the answer came"),
    N_("no answer within the time limit"),
    N_("closed before login"),
    N_("the login was not completed in time"),
    N_("the peer closed the connection"),
    N_("the connection was lost"),
    N_("the peer does not read what is sent to it"),
    N_("the carrier refused the login"),
    N_("the carrier refuses every message"),
    N_("the customer refused the login"),
    N_("the login was refused"),
    N_("the carrier could not prove that it knows the password"),
    N_("the login request came without the right name and password"),
    N_("the database does not answer"),
    N_("the password was stored with another installation's key; enter it again"),
    N_("the PDU is shorter than its header"),
    N_("the peer submits to a distribution list"),
    N_("the peer submits a receipt"),
    N_("the peer wants an earlier message replaced"),
    N_("the peer asks for a prepared message, and there is none"),
    N_("the peer wants a charging record only"),
    N_("the peer sent a submit_multi without destinations"),
    N_("the peer announced more destinations than it sent"),
    N_("the peer announced more failures than it sent"),
    N_("the peer sent a PDU that ends too early"),
    N_("the peer announced more content than it sent"),
)
"""Of sessions and the gateway."""
REASONS = (
    N_("credentials"),
    N_("login"),
    N_("version"),
    N_("connections"),
    N_("address"),
    N_("busy"),
    N_("type"),
    N_("repeated"),
    N_("frequent"),
)
"""For which a server refuses a login, as `refuse_login` takes them."""
STATUSES = (
    N_("the message structure is wrong"),
    N_("the source address (login) is not known"),
    N_("the password is wrong"),
    N_("the protocol version is too high"),
    N_("another reason, often too many connections or an address that is not allowed"),
    N_("the login name or password is wrong"),
    N_("logged in already on this connection"),
    N_("too many connections"),
    N_("wrong login type"),
    N_("wrong format of a parameter"),
    N_("wrong phone number (perhaps without 86)"),
    N_("wrong command"),
    N_("wrong length"),
    N_("wrong or repeated sequence number"),
    N_("not allowed at the name server"),
    N_("the node is busy"),
    N_("the service code is not assigned"),
    N_("the fee does not match the service"),
    N_("the LinkID does not match"),
    N_("the user has not subscribed to the service"),
    N_("only one number in each submit"),
    N_("the destination cannot be reached now"),
    N_("routing error"),
    N_("no route to this number"),
    N_("wrong charged number"),
    N_("the phone is off or out of coverage"),
    N_("the phone's memory is full"),
    N_("the phone takes no short messages"),
    N_("the phone could not receive it"),
    N_("unknown user"),
    N_("the function is not offered"),
    N_("illegal device"),
    N_("system failure"),
    N_("the message centre's queue is full, or the traffic limit is passed"),
    N_("logins too frequent"),
    N_("over the limit for this service"),
    N_("payment by a third party is not allowed"),
    N_("a message of the system is not allowed here"),
    N_("a keyword is not allowed"),
    N_("the notice was stopped"),
    N_("wrong packet length"),
    N_("the user's contract does not allow it"),
    N_("the user's credit could not be charged"),
    N_("a monthly fee is not allowed now"),
    N_("the system is busy"),
    N_("wrong structure"),
    N_("repeated sequence number"),
    N_("this address may not log in"),
    N_("the login or the password is wrong"),
    N_("wrong MsgType"),
    N_("wrong Priority"),
    N_("wrong FeeType"),
    N_("wrong FeeCode"),
    N_("wrong MsgFormat"),
    N_("wrong time format"),
    N_("wrong MsgLength"),
    N_("the validity is over"),
    N_("wrong QueryType"),
    N_("no route"),
    N_("wrong FixedFee"),
    N_("wrong UpdateType"),
    N_("wrong RouteId"),
    N_("wrong ServiceId"),
    N_("wrong ValidTime"),
    N_("wrong AtTime"),
    N_("wrong source number"),
    N_("wrong destination number"),
    N_("wrong SP code"),
    N_("wrong SrcGatewayID"),
    N_("wrong QueryTermID"),
    N_("no route found"),
    N_("wrong SPType"),
    N_("wrong LastRouteID"),
    N_("wrong RouteType"),
    N_("wrong DestGatewayID"),
    N_("wrong DestGatewayIP"),
    N_("wrong DestGatewayPort"),
    N_("wrong TermRangeID"),
    N_("wrong ProvinceCode"),
    N_("wrong UserType"),
    N_("no route updates here"),
    N_("wrong SPID"),
    N_("wrong SPAccessType"),
    N_("the route update failed"),
    N_("wrong Time"),
    N_("wrong MServiceID"),
    N_("no sending at this hour"),
    N_("the day's volume is used up"),
    N_("the account has expired"),
    N_("wrong message length"),
    N_("wrong command length"),
    N_("unknown command"),
    N_("not allowed in this bind state"),
    N_("already logged in"),
    N_("wrong priority"),
    N_("wrong registered delivery flag"),
    N_("system error"),
    N_("wrong message id"),
    N_("login failed"),
    N_("the login (system_id) is not known"),
    N_("cancelling failed"),
    N_("replacing failed"),
    N_("the queue is full"),
    N_("wrong service type"),
    N_("wrong number of destinations"),
    N_("the distribution list is not known"),
    N_("wrong destination flag"),
    N_("submitting with replacement is not allowed"),
    N_("wrong esm_class"),
    N_("cannot submit to the distribution list"),
    N_("submit failed"),
    N_("wrong type of the source number"),
    N_("wrong numbering plan of the source number"),
    N_("wrong type of the destination number"),
    N_("wrong numbering plan of the destination number"),
    N_("wrong system type"),
    N_("wrong replacement flag"),
    N_("wrong number of messages"),
    N_("flow control"),
    N_("wrong schedule time"),
    N_("wrong validity time"),
    N_("the prepared message is not known"),
    N_("the receiver could not take it now"),
    N_("the receiver cannot take it"),
    N_("the receiver refused it"),
    N_("querying failed"),
    N_("the optional parameters cannot be read"),
    N_("an optional parameter is not allowed"),
    N_("wrong length of an optional parameter"),
    N_("an optional parameter is missing"),
    N_("wrong value of an optional parameter"),
    N_("delivery failed"),
    N_("unknown error"),
    N_("no right to this service type"),
    N_("the operation is prohibited"),
    N_("the service type is not available"),
    N_("the service type is denied"),
    N_("wrong data coding"),
    N_("wrong subunit of the source address"),
    N_("wrong subunit of the destination address"),
    N_("wrong interval between broadcasts"),
    N_("wrong alias of the broadcast area"),
    N_("wrong form of the broadcast area"),
    N_("wrong number of broadcast areas"),
    N_("wrong content type of the broadcast"),
    N_("wrong class of the broadcast"),
    N_("broadcasting failed"),
    N_("querying the broadcast failed"),
    N_("cancelling the broadcast failed"),
    N_("wrong number of repetitions of the broadcast"),
    N_("wrong service group of the broadcast"),
    N_("wrong channel of the broadcast"),
)
"""The words of the protocols' own tables."""
SENTENCES = frozenset((*SAID, *REASONS, *STATUSES))

_PDU = r"(?P<pdu>(?:CMPP|SGIP|SMGP)[\w ,]*)"
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
        re.compile(r"the peer announced a PDU of (?P<octets>\d+) octets"),
        N_("the peer announced a PDU of %(octets)s octets"),
    ),
    (re.compile(r"nothing came for (?P<seconds>\S+) seconds"), N_("nothing came for %(seconds)s seconds")),
    (re.compile(r"status (?P<status>\S+)"), N_("status %(status)s")),
    (re.compile(r"result (?P<result>\d+)"), N_("result %(result)s")),
    (re.compile(r"the carrier speaks (?P<version>[\d.]+)"), N_("the carrier speaks %(version)s")),
    (re.compile(r"the peer asks for version (?P<version>[\d.]+)"), N_("the peer asks for version %(version)s")),
    (
        re.compile(r"the peer's login type is (?P<given>\d+), not (?P<wanted>\d+)"),
        N_("the peer's login type is %(given)s, not %(wanted)s"),
    ),
    (
        re.compile(r"the peer sent (?P<count>\d+) requests without waiting for answers"),
        N_("the peer sent %(count)s requests without waiting for answers"),
    ),
    (
        re.compile(r"the peer sent the destination flag (?P<flag>\d+)"),
        N_("the peer sent the destination flag %(flag)s"),
    ),
    (
        re.compile(r"the server does not offer to bind as (?P<kind>\w+)"),
        N_("the server does not offer to bind as %(kind)s"),
    ),
    (
        re.compile(r"a PDU of (?P<real>\d+) octets says that it has (?P<said>\d+)"),
        N_("a PDU of %(real)s octets says that it has %(said)s"),
    ),
    (re.compile(rf"{_PDU} is too short"), N_("%(pdu)s is too short")),
    (
        re.compile(rf"{_PDU} announces (?:more|other) content than it holds"),
        N_("%(pdu)s announces other content than it holds"),
    ),
    (
        re.compile(rf"{_PDU} announces (?:more|other) (?:numbers|nodes) than it holds"),
        N_("%(pdu)s announces other numbers than it holds"),
    ),
    (
        re.compile(rf"{_PDU} has an optional parameter that goes beyond its end"),
        N_("%(pdu)s has an optional parameter that goes beyond its end"),
    ),
    (
        re.compile(r"(?P<field>[\w ,]+) holds (?P<limit>\d+) octets at most"),
        N_("%(field)s holds %(limit)s octets at most"),
    ),
    (re.compile(r"(?P<field>[\w ,]+) holds ASCII only"), N_("%(field)s holds ASCII only")),
    (re.compile(r"(?P<node>-?\d+) is not an SGIP node number"), N_("%(node)s is not an SGIP node number")),
)


def is_known(message: str) -> bool:
    """Whether the catalogues have it."""
    return message in SENTENCES or any(message == known for _pattern, known in _PATTERNS)


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

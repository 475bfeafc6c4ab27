"""The form of a channel."""

from __future__ import annotations

from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.utils.translation import gettext_lazy as _

from hongyan.dispatch.channels import Options, codes_of, networks_of
from hongyan.dispatch.models import Channel
from hongyan.protocols.registry import ADVANCED, Protocol
from hongyan.runtime.secrets import encrypt

OPTIONS = tuple(dict.fromkeys(name for one in Protocol for name in one.facts.options))
"""Form fields that only some protocols have: `Facts.options` says which."""
DEFAULTS = Options()


def _text(label: Any, most: int, help_text: Any = "") -> forms.CharField:
    return forms.CharField(label=label, required=False, max_length=most, help_text=help_text)


def _digits(label: Any, most: int, help_text: Any) -> forms.CharField:
    field = _text(label, most, help_text)
    field.validators.append(RegexValidator(r"^\d*$", _("Digits only.")))
    return field


def _whole_number(label: Any, least: int, most: int, help_text: Any) -> forms.IntegerField:
    return forms.IntegerField(label=label, required=False, min_value=least, max_value=most, help_text=help_text)


def _choice(label: Any, choices: list[tuple[str, Any]], help_text: Any = "") -> forms.ChoiceField:
    return forms.ChoiceField(label=label, required=False, choices=choices, help_text=help_text)


def _switch(label: Any, help_text: Any = "") -> forms.BooleanField:
    return forms.BooleanField(label=label, required=False, help_text=help_text)


def _type_of_number(label: Any) -> forms.IntegerField:
    return _whole_number(
        label, 0, 6, _("0 unknown, 1 international, 2 national, 3 network, 5 alphanumeric; usually empty.")
    )


def _plan_of_number(label: Any) -> forms.IntegerField:
    return _whole_number(label, 0, 18, _("0 unknown, 1 telephone (E.164), 8 national, 9 private; usually empty."))


class ChannelForm(forms.ModelForm[Channel]):
    protocol = forms.ChoiceField(label=_("Protocol"), choices=[(one.value, one.label) for one in Protocol])
    secret = forms.CharField(
        label=_("Password"),
        required=False,
        widget=forms.PasswordInput({"autocomplete": "new-password"}),
        help_text=_("Stored encrypted and never shown again; leave empty to keep the current one."),
    )
    price = forms.DecimalField(
        label=_("Price of a segment (yuan)"), min_value=0, max_value=100, decimal_places=4, initial="0.05"
    )
    service_id = _text(
        _("Service code"), 10, _("The product code the carrier gave, if any (Service_Id, ServiceType, service_type).")
    )
    needs_signature = _switch(
        _("Texts need a signature"),
        _(
            "Texts to mainland numbers without 【…】 at the beginning or end are held back, as the carrier would refuse them."
        ),
    )
    with_country_code = _switch(_("Send mainland numbers with 86 in front"))
    corp_id = _text(_("Enterprise code (CorpId)"), 5, _("Five digits from the contract."))
    node = _whole_number(
        _("Node number"),
        1,
        0xFFFFFFFF,
        _("3, the area code in four digits, the enterprise code: 3010061118 for 61118 in Beijing."),
    )
    listen_port = _whole_number(
        _("Port for the carrier's connections"),
        1,
        65535,
        _(
            "SGIP: the carrier reports to this port of ours, usually 8801; without it no receipts and replies come. "
            "SMPP: only where the carrier connects to us and asks for the login (outbind)."
        ),
    )
    peer_login = _text(
        _("The carrier's login"), 16, _("The name the carrier logs in to us with; empty: the same as above.")
    )
    peer_secret = forms.CharField(
        label=_("The carrier's password"),
        required=False,
        max_length=16,
        widget=forms.PasswordInput({"autocomplete": "new-password"}),
        help_text=_("Leave empty to keep the current one; initially the same as above."),
    )
    peer_addresses = _text(
        _("Addresses the carrier connects from"),
        400,
        _(
            "Such as 10.1.2.3 or 10.1.2.0/24, separated by commas; empty allows any. Connections from elsewhere are refused."
        ),
    )
    msg_src = _text(
        _("Source code (MsgSrc)"),
        8,
        _("Only if the carrier asks for it; CMPP: empty is the login, and six characters are the most."),
    )
    system_type = _text(_("System type"), 12, _("Only if the carrier asks for it."))
    bind = _choice(
        _("Login as"),
        [
            ("transceiver", _("Transceiver: sends and receives")),
            ("transmitter", _("Transmitter: sends only")),
            ("receiver", _("Receiver: receives only")),
        ],
    )
    long_texts = _choice(
        _("Long texts"),
        [
            ("udh", _("With a user-data header (usual)")),
            ("sar", _("With SAR parameters")),
            ("payload", _("Whole, as message_payload")),
        ],
    )
    text_format = _choice(
        _("Encoding of texts"),
        [("ucs2", _("UCS-2, format 8 (usual)")), ("gbk", _("GBK, format 15"))],
        _("Take GBK only if the gateway demands format 15."),
    )
    login_mode = _choice(
        _("Login mode"),
        [
            ("both", _("Sends and receives (usual)")),
            ("send", _("Sends only")),
            ("receive", _("Receives only")),
        ],
    )
    m_service_id = _text(_("Mobile service code (MServiceID)"), 21, _("Only if the carrier asks for it."))
    charge_number = _digits(_("Charged number"), 21, _("Empty: the sender pays."))
    fee_type = _digits(
        _("Fee type"), 2, _("As the contract says; empty is free to the recipient (CMPP 01, SGIP 1, SMGP 00).")
    )
    fee_code = _digits(_("Fee (fen)"), 6, _("As the contract says; empty is zero."))
    checks_server = _switch(
        _("The gateway must prove that it knows the password"),
        _("Many gateways cannot: leave it off unless the carrier says otherwise."),
    )
    default_alphabet = _choice(
        _("Meaning of data_coding 0"),
        [
            ("gsm7", _("GSM alphabet, a character in each octet (usual)")),
            ("gsm7_packed", _("GSM alphabet, packed")),
            ("latin1", "Latin-1"),
            ("ascii", "ASCII"),
        ],
        _("Characters outside the alphabet are sent as UCS-2."),
    )
    id_form = _choice(
        _("Ids in receipts"),
        [
            ("same", _("As in the answer to the submit (usual)")),
            ("decimal", _("Decimal, where the answer has hexadecimal")),
            ("hexadecimal", _("Hexadecimal, where the answer has decimal")),
        ],
        _("If wrong, no message ever becomes delivered."),
    )
    source_ton = _type_of_number(_("Type of the service number (TON)"))
    source_npi = _plan_of_number(_("Plan of the service number (NPI)"))
    dest_ton = _type_of_number(_("Type of recipients' numbers (TON)"))
    dest_npi = _plan_of_number(_("Plan of recipients' numbers (NPI)"))
    address_range = _text(_("Numbers served (address_range)"), 40, _("Only if the carrier asks for it."))
    receipts_by_text = _switch(
        _("Recognise receipts by their text"),
        _("Only for carriers that do not mark receipts; phones can write such texts too."),
    )
    accepted_is_final = _switch(
        _("ACCEPTD means delivered"), _("The standard says so, but most carriers send another receipt later.")
    )
    throttled = _text(
        _("Flow control codes"),
        100,
        _("Codes that slow the channel down instead of failing, separated by commas; empty uses the protocol's own."),
    )
    reference_bits = forms.TypedChoiceField(
        label=_("Reference of long texts"),
        required=False,
        coerce=int,
        choices=[(8, _("8 bits (usual)")), (16, _("16 bits: one character less in each part"))],
    )
    reports_once = _switch(
        _("One receipt for all parts of a long text"),
        _("Only for carriers that report once for a whole text: with the others a part that failed would not be seen."),
    )
    zone = _text(
        _("Time zone of the carrier"),
        40,
        _("For times in receipts and logins, such as Asia/Shanghai or Europe/London."),
    )
    heartbeat_s = _whole_number(
        _("Heartbeat after (s)"),
        5,
        600,
        _("After this much silence a heartbeat is sent to the carrier; usually 30."),
    )
    answer_limit_s = _whole_number(
        _("Longest wait for an answer (s)"),
        5,
        600,
        _("After this the outcome of a submit counts as unknown; usually 60."),
    )

    class Meta:
        model = Channel
        fields = (
            "name",
            "protocol",
            "host",
            "port",
            "login",
            "service_number",
            "speed_per_s",
            "window_size",
            "connections",
            "numbers_per_submit",
        )
        labels = {"name": _("Name of the channel"), "connections": _("Connections")}
        help_texts = {
            "login": _("CMPP: the six digits of the SP id. SGIP: login name. SMGP: ClientID. SMPP: system_id."),
            "service_number": _("The number recipients see; users' extensions are appended to it."),
            "window_size": _("How many submits may be unanswered; see the contract."),
            "connections": _("Simultaneous connections; no more than the contract allows."),
            "numbers_per_submit": _(
                "How many numbers share one submit when the text is the same; not every gateway accepts 100."
            ),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        channel = self.instance
        stored = Options.read(channel.options if channel.pk else {})
        for name in OPTIONS:
            if name != "peer_secret":
                value = getattr(stored, name)
                # Zero is a type of numbers, but no port.
                self.fields[name].initial = None if value == 0 and name == "listen_port" else value
        if channel.pk:
            self.fields["price"].initial = channel.price_micros / 1_000_000
        else:
            self.fields["secret"].required = True
            self.fields["secret"].help_text = _("Stored encrypted and never shown again.")
        for name, most in (
            ("speed_per_s", 100_000),
            ("window_size", 10_000),
            ("connections", 64),
            ("numbers_per_submit", 100),
            ("port", 65535),
        ):
            self.fields[name].validators += [MinValueValidator(1), MaxValueValidator(most)]

    @property
    def protocols(self) -> dict[str, Any]:
        """What the page's script needs to show each protocol's own fields and usual values."""
        return {
            one.value: {
                "port": one.facts.usual_port, "options": one.facts.options,
                "numbers": one.facts.most_numbers_per_submit, "window": one.facts.usual_window,
                "throttled": ", ".join(map(str, one.facts.usual_throttled)),
            }
            for one in Protocol
        }  # fmt: skip

    def own_fields(self) -> list[forms.BoundField]:
        """The fields that only some protocols have."""
        return [self[name] for name in OPTIONS if name not in ADVANCED]

    def advanced_fields(self) -> list[forms.BoundField]:
        """What only an unusual contract or gateway asks for."""
        return [self[name] for name in OPTIONS if name in ADVANCED]

    def has_advanced_values(self) -> bool:
        """Whether the folded part hides something: an error, or what is not as usual."""
        stored = Options.read(self.instance.options or {})
        return any(name in self.errors or getattr(stored, name) != getattr(DEFAULTS, name) for name in ADVANCED)

    def clean_throttled(self) -> str:
        codes, others = codes_of(self.cleaned_data["throttled"])
        if others:
            raise forms.ValidationError(_("Not a code: %(what)s") % {"what": others[0]})
        return ",".join(map(str, sorted(codes)))

    def clean_peer_addresses(self) -> str:
        networks, others = networks_of(self.cleaned_data["peer_addresses"])
        if others:
            raise forms.ValidationError(
                _("%(text)s is not an address such as 10.1.2.3 or 10.1.2.0/24.") % {"text": others[0][:43]}
            )
        return ", ".join(map(str, networks))

    def clean_zone(self) -> str:
        name: str = self.cleaned_data["zone"].strip() or DEFAULTS.zone
        if name not in available_timezones():
            raise forms.ValidationError(_("This time zone is not known."))
        return name

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        if "protocol" not in cleaned:
            return cleaned
        facts = Protocol(cleaned["protocol"]).facts
        for name, most in (("login", facts.login_octets), ("secret", facts.secret_octets)):
            if len(cleaned.get(name, "").encode()) > most:
                self.add_error(
                    name,
                    _("%(protocol)s has room for %(most)d characters here.") % {"protocol": facts.label, "most": most},
                )
        if "node" in facts.options and not cleaned.get("node") and "node" not in self.errors:
            self.add_error("node", _("%(protocol)s needs a node number.") % {"protocol": facts.label})
        for name, most in (("msg_src", facts.login_octets), ("fee_type", 1 if facts.calls_back else 2)):
            if name in facts.options and len(cleaned.get(name) or "") > most:
                self.add_error(
                    name,
                    _("%(protocol)s has room for %(most)d characters here.") % {"protocol": facts.label, "most": most},
                )
        return cleaned

    def facts(self) -> dict[str, Any]:
        """Values for the channel's verbs."""
        cleaned = self.cleaned_data
        facts = {name: cleaned[name] for name in self.Meta.fields}
        facts["price_micros"] = round(cleaned["price"] * 1_000_000)
        own = Protocol(cleaned["protocol"]).facts.options
        given = {name: cleaned[name] for name in own if name != "peer_secret" and cleaned.get(name) not in (None, "")}
        # What is as usual is not stored, so that a better default reaches old channels too.
        given = {name: value for name, value in given.items() if value != getattr(DEFAULTS, name)}
        if "node" in given:
            given["node"] = str(given["node"])
        if cleaned.get("peer_secret") and "peer_secret" in own:
            given["peer_secret_encrypted"] = encrypt(cleaned["peer_secret"])
        kept = {name: value for name, value in self.instance.options.items() if name not in OPTIONS}
        facts["options"] = kept | given
        return facts

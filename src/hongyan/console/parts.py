"""Words for the parts of the installation."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

PART_WORDS = {
    "web": _("Pages and API"),
    "live": _("Live updates"),
    "worker": _("Background work: imports, planning, schedules"),
    "gateway": _("Connections to the carriers"),
    "doors": _("Customers' doors"),
    "simulator": _("Simulated carriers"),
    "database": _("Database"),
}

"""Sentences that several verbs share."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

NOT_YOURS = _("You may not change this.")

"""Pages and API; event streams have a process of their own (`live.py`)."""

from __future__ import annotations

import os

from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

from hongyan.runtime import garbage

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hongyan.site.settings")

application = get_wsgi_application()
# Load all views now: the first person, or the first verification code, is not to wait for it.
get_resolver().url_patterns  # noqa: B018
garbage.leave_what_is_loaded()

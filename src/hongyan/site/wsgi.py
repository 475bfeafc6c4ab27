"""Pages and API; event streams have a process of their own (`live.py`)."""

from __future__ import annotations

import os

from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

from hongyan.runtime import garbage
from hongyan.runtime.logging import set_up
from hongyan.runtime.settings import settings
from hongyan.site.settings import DATABASES

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hongyan.site.settings")

LIMITS = "-c statement_timeout=30s -c lock_timeout=10s -c idle_in_transaction_session_timeout=60s"
"""Of the web's connections: a question that is too dear ends with a page that says so, not with a thread less. What takes
longer is a job, and the worker's connections have no such limits."""

set_up(settings().log_level)
DATABASES["default"]["OPTIONS"]["options"] = f"{DATABASES['default']['OPTIONS'].get('options', '')} {LIMITS}".strip()
application = get_wsgi_application()
# Load all views now: the first person, or the first verification code, is not to wait for it.
get_resolver().url_patterns  # noqa: B018
garbage.leave_what_is_loaded()

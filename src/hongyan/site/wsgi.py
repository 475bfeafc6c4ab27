"""Pages and API; event streams have a process of their own (`live.py`)."""

from __future__ import annotations

import os

from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

from hongyan.runtime import garbage
from hongyan.runtime.logging import set_up
from hongyan.runtime.settings import settings

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hongyan.site.settings")

# Granian starts these processes, so that no command of ours has set up their logs.
set_up(settings().log_level)
application = get_wsgi_application()
# Load all views now: the first person, or the first verification code, is not to wait for it.
get_resolver().url_patterns  # noqa: B018
garbage.leave_what_is_loaded()

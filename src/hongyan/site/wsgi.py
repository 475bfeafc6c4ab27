"""Pages and API; event streams have a process of their own (`live.py`)."""

from __future__ import annotations

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hongyan.site.settings")

application = get_wsgi_application()

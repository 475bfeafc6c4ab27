"""Django's settings, made from the operator's (`runtime/settings.py`)."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from django.utils.translation import gettext_lazy as _

from hongyan.runtime import database
from hongyan.runtime.settings import settings as operator

PACKAGE = Path(__file__).resolve().parent.parent
OPERATOR = operator()

DEBUG = OPERATOR.is_debug
SECRET_KEY = OPERATOR.secret()
ALLOWED_HOSTS = OPERATOR.allowed_hosts.split(",")
CSRF_TRUSTED_ORIGINS = [origin for origin in OPERATOR.trusted_origins.split(",") if origin]
ROOT_URLCONF = "hongyan.site.urls"
WSGI_APPLICATION = "hongyan.site.wsgi.application"
AUTH_USER_MODEL = "accounts.User"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
SILENCED_SYSTEM_CHECKS = ["axes.W003"]  # our own back end stands before axes' on purpose

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.sessions",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "axes",
    "django_htmx",
    "procrastinate.contrib.django",
    "hongyan.dispatch",
    "hongyan.fields",
    "hongyan.accounts",
    "hongyan.uploads",
    "hongyan.exports",
    "hongyan.reachability",
    "hongyan.contacts",
    "hongyan.duplicates",
    "hongyan.consent",
    "hongyan.crm",
    "hongyan.audiences",
    "hongyan.datasets",
    "hongyan.messaging",
    "hongyan.mailbox",
    "hongyan.carriers",
    "hongyan.enrolment",
    "hongyan.reports",
    "hongyan.doors",
    "hongyan.erasure",
    "hongyan.console",
    "hongyan.api",
    "hongyan.public",
    "hongyan.demo",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "hongyan.api.problems.ProblemMiddleware",
    "hongyan.site.readable.ReadableMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "hongyan.console.middleware.SignedInMiddleware",
    "hongyan.console.middleware.RefusedMiddleware",
    "axes.middleware.AxesMiddleware",
]

LOADERS = ["django.template.loaders.filesystem.Loader", "django.template.loaders.app_directories.Loader"]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "OPTIONS": {
            # As the app of template_partials would set it up, which loads the admin for that.
            "loaders": [("template_partials.loader.Loader", [("django.template.loaders.cached.Loader", LOADERS)])],
            "libraries": {"partials": "template_partials.templatetags.partials"},
            "builtins": [
                "django.templatetags.i18n",
                "hongyan.console.templatetags.components",
                "hongyan.console.templatetags.lists",
            ],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "hongyan.console.context.frame",
            ],
        },
    }
]


def _database() -> dict[str, Any]:
    """Django's connection from one PostgreSQL address; a socket folder may stand in the query as `host`."""
    url = urlsplit(database.url(OPERATOR))
    options = dict(parse_qsl(url.query))
    return {
        "ENGINE": "hongyan.site.postgresql",
        "NAME": unquote(url.path.lstrip("/")),
        "USER": unquote(url.username or ""),
        "PASSWORD": unquote(url.password or ""),
        "HOST": options.pop("host", None) or url.hostname or "",
        "PORT": options.pop("port", None) or url.port or "",
        # Values go beside the statement, and what comes a third time is parsed and planned once for the connection.
        "OPTIONS": options | {"server_side_binding": True, "prepare_threshold": 3},
        "CONN_MAX_AGE": 600,
        "CONN_HEALTH_CHECKS": True,
    }


DATABASES = {"default": _database()}

AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "console:sign_in"
LOGIN_REDIRECT_URL = "console:overview"
LOGOUT_REDIRECT_URL = "console:sign_in"
SESSION_COOKIE_AGE = 14 * 24 * 3600
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
# A proxy that speaks https in front names its origin; then cookies need not travel in clear.
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = bool(CSRF_TRUSTED_ORIGINS)
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if CSRF_TRUSTED_ORIGINS else None
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"

# Five failures lock the pair of name and address for a quarter of an hour.
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = 0.25
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
AXES_LOCKOUT_CALLABLE = "hongyan.console.account.views.locked_out"
AXES_VERBOSE = False

USE_I18N = True
USE_TZ = True
TIME_ZONE = OPERATOR.time_zone
LANGUAGE_CODE = OPERATOR.language
LANGUAGES = [("zh-hans", _("简体中文")), ("zh-hant", _("繁體中文")), ("en", _("English"))]
LOCALE_PATHS = sorted(PACKAGE.glob("*/locale")) + sorted(PACKAGE.glob("console/*/locale"))

STATIC_URL = "/static/"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
WHITENOISE_USE_FINDERS = True
MEDIA_ROOT = OPERATOR.data_path / "uploads"
FILE_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
# 100,000 pasted numbers are 1.5 MB of text.
DATA_UPLOAD_MAX_MEMORY_SIZE = 16 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5000

PROCRASTINATE_ON_APP_READY = None
LOGGING_CONFIG = None
TEST_RUNNER = "django.test.runner.DiscoverRunner"

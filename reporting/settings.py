"""Settings of Concludo. Every key comes from the environment; .env.example lists them all.

DATABASE_URL and SECRET_KEY may be absent when these settings are read, so that commands which
start the database can run; the first use of either then fails with its name.
"""

import os
from pathlib import Path
from typing import Any

import dj_database_url
import django_stubs_ext

from reporting.embedded.secret_files import embedded_url
from reporting.env import env_bool, env_choice, env_int, env_list, env_secret

django_stubs_ext.monkeypatch()

BASE_DIR = Path(__file__).resolve().parent.parent
DATA_DIR = Path(os.getenv("DATA_DIR", str(BASE_DIR / "var"))).resolve()

# Constants, not environment variables: nothing outside the tests' own settings can set them.
TESTING = False
ENGINE_NAMES = frozenset({"transformers", "openai"})

DEBUG = env_bool("DEBUG", "False")
SECRET_KEY = env_secret("SECRET_KEY")
ALLOWED_HOSTS = env_list("ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]")
PORT = env_int("PORT", "8000", minimum=1)
CSRF_TRUSTED_ORIGINS = [
    f"https://{host}" for host in ALLOWED_HOSTS if host not in {"*", "localhost"}
]


def database(url: str) -> dict[str, Any]:
    """Return the Django database for a URL; an empty URL gives one that fails when used."""
    if not url:
        return {}
    parsed: dict[str, Any] = dict(
        dj_database_url.parse(url, conn_max_age=60, conn_health_checks=True)
    )
    parsed.setdefault("OPTIONS", {}).setdefault("connect_timeout", 5)
    return parsed


# Without a setting, commands use the embedded database that `manage.py up` has started.
DATABASE_URL = env_secret("DATABASE_URL") or embedded_url(DATA_DIR, "concludo_web")
DATABASE_OWNER_URL = env_secret("DATABASE_OWNER_URL")
DATABASES: dict[str, dict[str, Any]] = {"default": database(DATABASE_URL)}
if DATABASE_OWNER_URL:
    # The role that owns the tables and migrates them; web and worker never use it.
    DATABASES["owner"] = database(DATABASE_OWNER_URL) | {"TEST": {"MIRROR": "default"}}
DATABASE_WEB_ROLE = "concludo_web"

INSTALLED_APPS = [
    "reporting",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django_htmx",
    "template_partials",
    "axes",
    "csp",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "reporting.http.database_unavailable",
    "reporting.http.page_of_request",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "reporting.idle.idle_logoff",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "reporting.urls"
WSGI_APPLICATION = "reporting.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

AUTH_USER_MODEL = "reporting.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "worklist"
LOGOUT_REDIRECT_URL = "login"
AXES_FAILURE_LIMIT = 10
AXES_COOLOFF_TIME = 0.25
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_VERBOSE = False

SESSION_COOKIE_AGE = 12 * 3600
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        "manifest-src": ["'self'"],
        "form-action": ["'self'"],
        "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
    }
}
# A conclusion of one megabyte must reach the view, which answers with a clear message.
DATA_UPLOAD_MAX_MEMORY_SIZE = 8 * 1024 * 1024

LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_I18N = True
USE_TZ = True

STATIC_URL = "static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
STATICFILES_DIRS = [path for path in (BASE_DIR / "static",) if path.is_dir()]
WHITENOISE_USE_FINDERS = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = env_secret("REDIS_URL") or "redis://127.0.0.1:6379/0"

FIXTURES_DIR = BASE_DIR / "fixtures"
LLM_ENGINE = env_choice("LLM_ENGINE", "transformers", choices=ENGINE_NAMES)
LLM_BASE_MODEL_DIR = os.getenv("LLM_BASE_MODEL_DIR", "") or str(
    DATA_DIR / "models" / "smollm2-135m-instruct"
)
# Not set: the adapter that was promoted last, or the shipped one.
LLM_ADAPTER_DIR = os.getenv("LLM_ADAPTER_DIR", "")

FILL_TIMEOUT_SECONDS = env_int("FILL_TIMEOUT_SECONDS", "120", minimum=1)
FILL_LEASE_SECONDS = env_int("FILL_LEASE_SECONDS", "15", minimum=1)
FILL_BATCH_SIZE = env_int("FILL_BATCH_SIZE", "8", minimum=1)
FILL_POLL_SECONDS = 2.0
FILL_MAX_ATTEMPTS = 3

SIGN_REQUIRES_PASSWORD = env_bool("SIGN_REQUIRES_PASSWORD", "True")
IDLE_LOGOFF_SECONDS = env_int("IDLE_LOGOFF_SECONDS", "1800")
# Longer than the minute after which browsers slow the clock of a page in the background.
REPORT_HOLD_SECONDS = env_int("REPORT_HOLD_SECONDS", "90", minimum=15)
TIMING_SKEW_BOUND_SECONDS = env_int("TIMING_SKEW_BOUND_SECONDS", "10", minimum=1)
TIMING_IDLE_SECONDS = env_int("TIMING_IDLE_SECONDS", "30", minimum=1)
# What salts the names in exports of studies; not set: derived from SECRET_KEY.
EXPORT_SALT = env_secret("EXPORT_SALT")

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": "INFO"},
}

"""The settings of the tests: those of the product, with the switches that only tests may have."""

import os
import tempfile

os.environ.setdefault("SECRET_KEY", "only-for-tests-and-known-to-everybody-0123456789")
os.environ.setdefault("DATABASE_URL", "postgres://postgres@127.0.0.1:5432/concludo")
os.environ.setdefault("DATA_DIR", tempfile.gettempdir() + "/concludo-tests")

from reporting.settings import *  # noqa: F403

TESTING = True
ENGINE_NAMES = ENGINE_NAMES | {"fake"}  # noqa: F405
LLM_ENGINE = os.getenv("TEST_LLM_ENGINE", "fake")
AXES_ENABLED = False
# Tests that stop the clock stay signed in; those of the sign-off set it.
IDLE_LOGOFF_SECONDS = 0
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}

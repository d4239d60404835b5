"""Settings of every environment: they differ by environment variables only."""

from datetime import timedelta
from pathlib import Path

import environ
from csp.constants import NONE, SELF, UNSAFE_EVAL, UNSAFE_INLINE
from django.utils.translation import gettext_lazy as _

from config import embedded
from config.appearance import UNFOLD  # noqa: F401 - read by django-unfold
from config.database import database
from config.environment import listed, whole
from config.logs import logging_settings
from config.mail import mail

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()

DEVELOPMENT_SECRET_KEY = "insecure-development-key"  # noqa: S105 - a check refuses it in production
SECRET_KEY = env("SECRET_KEY", default="") or DEVELOPMENT_SECRET_KEY
# Keys of before: what they sealed stays readable while SECRET_KEY is changed.
SECRET_KEY_FALLBACKS = listed("SECRET_KEY_FALLBACKS")
DEBUG = env.bool("DEBUG", default=False)
DEMO_MODE = env.bool("DEMO_MODE", default=False)
ALLOWED_HOSTS = listed("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS = listed("CSRF_TRUSTED_ORIGINS")

INSTALLED_APPS = [
    "unfold",
    "unfold.contrib.filters",
    "unfold.contrib.forms",
    "unfold.contrib.import_export",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django.contrib.humanize",
    "rest_framework",
    "rest_framework.authtoken",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_filters",
    "phonenumber_field",
    "django_celery_beat",
    "import_export",
    "pgtrigger",
    "django_prometheus",
    "django_structlog",
    "csp",
    "axes",
    "django_otp",
    "django_otp.plugins.otp_totp",
    "templates_sync",
    "audiences",
    "campaigns",
    "orders",
    "conversations",
    # Last: it gives other packages' admin pages this admin's frame.
    "config",
]

MIDDLEWARE = [
    "config.webhooks_first.WebhooksFirst",
    "django_prometheus.middleware.PrometheusBeforeMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "config.language.ChosenLanguageMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django_otp.middleware.OTPMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_structlog.middlewares.RequestMiddleware",
    "axes.middleware.AxesMiddleware",
    "django_prometheus.middleware.PrometheusAfterMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "config" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "config.banner.banners",
            ]
        },
    }
]

# Without an address the embedded services are meant: this computes where they will listen and
# starts nothing (manage.py and the test suite do).
APP_VAR = embedded.folder()
DATABASES = {"default": database(env("DATABASE_URL", default=""), APP_VAR)}
DATABASES["default"] |= {"CONN_MAX_AGE": None, "CONN_HEALTH_CHECKS": True}

AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
    "config.demo_auth.DemoBackend",
]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
_VALIDATION = "django.contrib.auth.password_validation"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"{_VALIDATION}.UserAttributeSimilarityValidator"},
    {"NAME": f"{_VALIDATION}.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": f"{_VALIDATION}.CommonPasswordValidator"},
    {"NAME": f"{_VALIDATION}.NumericPasswordValidator"},
]
LOGIN_URL = "admin:login"
LOGIN_REDIRECT_URL = "admin:index"
# Per login and address: a stranger cannot lock out a colleague from elsewhere.
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_FAILURE_LIMIT = 8
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_RESET_ON_SUCCESS = True
AXES_LOCKOUT_TEMPLATE = "config/locked_out.html"
AXES_VERBOSE = False
AXES_ENABLE_ADMIN = False  # registered in config/admin.py

# Browsers reach production by HTTPS, said by its trusted origins; a local start has plain HTTP.
IS_HTTPS = any(origin.startswith("https://") for origin in CSRF_TRUSTED_ORIGINS)
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if IS_HTTPS else None
SECURE_SSL_REDIRECT = IS_HTTPS
SECURE_REDIRECT_EXEMPT = [r"^health/", r"^metrics$"]
SECURE_HSTS_SECONDS = 31_536_000 if IS_HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = IS_HTTPS
SECURE_HSTS_PRELOAD = IS_HTTPS
SESSION_COOKIE_SECURE = IS_HTTPS
CSRF_COOKIE_SECURE = IS_HTTPS
LANGUAGE_COOKIE_SECURE = IS_HTTPS
X_FRAME_OPTIONS = "DENY"
# The admin's Alpine evaluates expressions and sets styles; no inline script runs anywhere.
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF, UNSAFE_EVAL],
        "style-src": [SELF, UNSAFE_INLINE],
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
        "base-uri": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}

LANGUAGE_CODE = "it"
LANGUAGES = [("it", _("Italian")), ("en", _("English"))]
# The second one holds other packages' texts: those without Italian, and "Cancella" for Delete.
LOCALE_PATHS = [BASE_DIR / "config" / "locale", BASE_DIR / "config" / "borrowed" / "locale"]
FORMAT_MODULE_PATH = "config.formats"
TIME_ZONE = "Europe/Rome"
USE_TZ = True
USE_THOUSAND_SEPARATOR = True
STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
# Collected, hashed and compressed for people; a developer and the demo read them where they lie.
NEEDS_COLLECTED_STATIC = not (DEBUG or DEMO_MODE)
WHITENOISE_USE_FINDERS = not NEEDS_COLLECTED_STATIC
# What customers sent: outside every folder that is served, shown by a page that asks who looks.
MEDIA_ROOT = APP_VAR / "files"
STORAGES = {
    "default": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"file_permissions_mode": 0o600, "directory_permissions_mode": 0o700},
    },
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if NEEDS_COLLECTED_STATIC
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}

PHONENUMBER_DEFAULT_REGION = "IT"
PHONENUMBER_DB_FORMAT = "E164"

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "rest_framework.authentication.TokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_PAGINATION_CLASS": "rest_framework.pagination.PageNumberPagination",
    "PAGE_SIZE": 50,
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "EXCEPTION_HANDLER": "config.api.errors_as_lists",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Zampa: WhatsApp campaigns",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "ENUM_NAME_OVERRIDES": {
        "ConsentStateEnum": "audiences.models.contact.ConsentState",
        "ConsentPurposeEnum": "audiences.models.consent.ConsentPurpose",
        "TemplateCategoryEnum": "templates_sync.models.TemplateVersion.Category",
    },
}

CELERY_BROKER_URL = env("CELERY_BROKER_URL", default="") or embedded.Valkey(APP_VAR).broker_url()
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_BEAT_SCHEDULER = "django_celery_beat.schedulers:DatabaseScheduler"
CELERY_TIMEZONE = "UTC"
CELERY_TASK_DEFAULT_QUEUE = "default"
# Here and not on the tasks: Celery takes the task attribute away in version 6.
CELERY_TASK_ROUTES = {
    "campaigns.tasks.drain": {"queue": "sender"},
    "campaigns.tasks.refresh_account": {"queue": "sync"},
    "templates_sync.tasks.*": {"queue": "sync"},
    # What waits for strangers' servers must not keep a customer's STOP waiting.
    "conversations.tasks.fetch_files": {"queue": "default"},
    "conversations.tasks.fetch_history": {"queue": "default"},
    "conversations.tasks.look_after_webhooks": {"queue": "sync"},
    "conversations.tasks.*": {"queue": "webhooks"},
    "orders.tasks.process_deliveries": {"queue": "webhooks"},
    "orders.tasks.sweep_deliveries": {"queue": "webhooks"},
}
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
# Who hands work over waits for no broker that is away (kombu would try for six seconds): every piece of work is
# a row as well, which a sweep finds. Workers wait for it as long as it takes.
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "max_retries": 1,
    "interval_start": 0,
    "interval_step": 0.05,
    "interval_max": 0.1,
}

# Alerts by mail; without an address nothing is sent (a developer sees it in the terminal).
MAIL = mail(env("EMAIL_URL", default=""), is_shown=DEBUG)
EMAIL_BACKEND, EMAIL_HOST, EMAIL_PORT = MAIL.backend, MAIL.host, MAIL.port
EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = MAIL.user, MAIL.password
EMAIL_USE_TLS, EMAIL_USE_SSL = MAIL.uses_starttls, MAIL.uses_tls
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = env("MAIL_FROM", default="") or "Zampa <zampa@localhost>"

# The function that builds a Spoki client; tasks and views import it by name (floors: nobody imports config).
SPOKI_GATEWAY = "config.gateways.spoki_gateway"
SPOKI_BASE_URL = env("SPOKI_BASE_URL", default="https://api.spoki.com")
SPOKI_API_KEY = env("SPOKI_API_KEY", default="")
SPOKI_WEBHOOK_SECRETS = listed("SPOKI_WEBHOOK_SECRETS")
SPOKI_HISTORY_PATH = env("SPOKI_HISTORY_PATH", default="")
# The history of one number is not asked again before, after an answer and after a failure.
HISTORY_REMEMBER_MINUTES = whole("HISTORY_REMEMBER_MINUTES", default=10)
HISTORY_RETRY_MINUTES = whole("HISTORY_RETRY_MINUTES", default=5)
# Where our webhooks are sent; without it: the first trusted origin, or where those that exist are sent.
SPOKI_WEBHOOK_URL = env("SPOKI_WEBHOOK_URL", default="")
# Whence attachments may be fetched, subdomains included.
SPOKI_MEDIA_HOSTS = [
    host.lower() for host in listed("SPOKI_MEDIA_HOSTS", default=["spoki.com", "spoki.it"])
]
# Meta takes documents of up to 100 MB from customers; one that is bigger than this stays on Spoki.
MEDIA_MAX_MEGABYTES = whole("MEDIA_MAX_MEGABYTES", default=100)
MEDIA_RETENTION_DAYS = whole("MEDIA_RETENTION_DAYS", default=365)

# The function that builds a Shopify client, found like Spoki's.
SHOPIFY_GATEWAY = "config.gateways.shopify_gateway"
SHOPIFY_SHOP_DOMAIN = env("SHOPIFY_SHOP_DOMAIN", default="").strip().lower()
# The app's client secret and, for webhooks made in Shopify's admin, the value shown there.
SHOPIFY_WEBHOOK_SECRETS = listed("SHOPIFY_WEBHOOK_SECRETS")
# Client-credentials grant: tokens that end after a day; or one that was made by hand and stays.
SHOPIFY_CLIENT_ID = env("SHOPIFY_CLIENT_ID", default="")
SHOPIFY_CLIENT_SECRET = env("SHOPIFY_CLIENT_SECRET", default="")
SHOPIFY_ADMIN_TOKEN = env("SHOPIFY_ADMIN_TOKEN", default="")
# In place of https://<shop domain>, for tests.
SHOPIFY_ADMIN_URL = env("SHOPIFY_ADMIN_URL", default="")
SHOPIFY_API_VERSION = env("SHOPIFY_API_VERSION", default="2026-10")
# Where our webhooks are sent; without it: where those that exist are sent, or to the first trusted origin.
SHOPIFY_WEBHOOK_URL = env("SHOPIFY_WEBHOOK_URL", default="")
SHOPIFY_COD_GATEWAYS = listed("SHOPIFY_COD_GATEWAYS")

# Phones in E.164; while not empty nobody else is written to.
SEND_ALLOWLIST = listed("SEND_ALLOWLIST")
# Hands that post: rate × p95 latency × 1.3 of them are enough (32 hold 100 a second at 300 ms).
SENDER_THREADS = whole("SENDER_THREADS", default=64)
# A send without answer is given up as unknown after this long: more than the client waits at most.
SENDER_UNDECIDED_SECONDS = env.float("SENDER_UNDECIDED_SECONDS", default=60.0)

LOGGING = logging_settings(as_json=not (DEBUG or DEMO_MODE))
DJANGO_STRUCTLOG_CELERY_ENABLED = True
DJANGO_STRUCTLOG_CELERY_TASK_START_LOG_LEVEL = 10
DJANGO_STRUCTLOG_CELERY_TASK_SUCCESS_LOG_LEVEL = 10
DJANGO_STRUCTLOG_STATUS_START_LOG_LEVEL = 10
PROMETHEUS_EXPORT_MIGRATIONS = False

# How many days snapshots keep phones and values (see `audiences.retention`).
SNAPSHOT_RETENTION_DAYS = whole("SNAPSHOT_RETENTION_DAYS", default=365)

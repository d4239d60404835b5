# Everything a person does with this checkout. `make demo` is the place to begin.

PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv/bin
# What production sets; `make lint` runs Django's checks of a deployment with these.
PRODUCTION := SECRET_KEY=check-0123456789-abcdefghijklmnopqrstuvwxyz-ABCDEFGHIJ ALLOWED_HOSTS=app.example.com \
	CSRF_TRUSTED_ORIGINS=https://app.example.com SPOKI_API_KEY=check-only \
	SPOKI_WEBHOOK_SECRETS=check-only-0123456789 DEBUG= DEMO_MODE= SEND_ALLOWLIST=

# Some machines forbid Python to keep what it compiled: then every process that the demo and the suite start,
# some hundred, would compile Django anew, three seconds each.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help setup setup-dev setup-bench demo test lint bench lock

help:
	@echo "make demo   everything, on invented data: prints the address and the logins"
	@echo "make test   the whole suite"
	@echo "make lint   style, types, floors, checks of a deployment, translations"
	@echo "make bench  the promises that need real time, and whom the sender is measured against; half an hour"
	@echo "make setup  only the virtual environment, at .venv/"
	@echo "make lock   locks the requirements anew"

setup:
	@$(PYTHON) requirements/install.py base
	@$(VENV)/python -m config.translations

setup-dev:
	@$(PYTHON) requirements/install.py dev
	@$(VENV)/python -m config.translations

setup-bench:
	@$(PYTHON) requirements/install.py bench
	@$(VENV)/python -m config.translations

demo: setup
	@exec $(VENV)/python manage.py demo

test: setup-dev
	$(VENV)/pytest -n 3

lint: setup-dev
	$(VENV)/ruff check .
	$(VENV)/ruff format --check .
	$(VENV)/mypy .
	$(VENV)/lint-imports --no-cache
	$(PRODUCTION) $(VENV)/python manage.py check --deploy --fail-level WARNING
	$(VENV)/python manage.py makemigrations --check --dry-run
	$(VENV)/python -m config.translations --check

bench: setup-bench
	$(VENV)/python -m tests.bench

# For the oldest Python that must work, so that what only it needs is locked too. `make setup` installs uv.
LOCK := $(VENV)/uv pip compile --quiet --python-version 3.11 --generate-hashes --no-header
lock:
	$(LOCK) requirements/uv.in -o requirements/uv.txt
	$(LOCK) requirements/base.in -o requirements/base.txt
	$(LOCK) -c requirements/base.txt requirements/dev.in -o requirements/dev.txt
	$(LOCK) -c requirements/dev.txt requirements/bench.in -o requirements/bench.txt

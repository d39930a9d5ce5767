# Everything runs in .venv, which the stamp makes once for each change of the requirements.
# Nothing is needed beforehand but Python 3.11 or later and make.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.PHONY: demo run test lint format requirements audit

demo: $(STAMP)
	$(BIN)/python manage.py demo $(ARGS)

# The web server alone, for working on pages; the worker is `manage.py qcluster`.
run: export DEBUG ?= true
run: $(STAMP)
	$(BIN)/python manage.py migrate
	$(BIN)/python manage.py runserver

test: lint
	$(BIN)/python -m pytest -n 2

lint: export DJANGO_SETTINGS_MODULE = tests.settings
lint: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python manage.py check
	$(BIN)/python manage.py makemigrations --check --dry-run

format: $(STAMP)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

requirements: $(STAMP)
	$(BIN)/python -m pip install --quiet uv
	for name in requirements tests/requirements; do \
		UV_CUSTOM_COMPILE_COMMAND="make requirements" $(BIN)/uv pip compile --quiet --no-emit-index-url \
			--universal --python-version 3.11 --generate-hashes $$name.in -o $$name.txt || exit 1; \
	done

# What is installed, with licences and hashes; then whether a hole is known in any of it.
audit: $(STAMP)
	mkdir -p var
	$(BIN)/python deploy/sbom.py > var/sbom.json
	$(BIN)/python -m pip install --quiet pip-audit
	$(BIN)/pip-audit --disable-pip --require-hashes -r requirements.txt

$(STAMP): requirements.txt tests/requirements.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes \
		-r requirements.txt -r tests/requirements.txt
	touch $@

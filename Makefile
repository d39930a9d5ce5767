# Everything runs in .venv, which the stamp makes once for each change of the requirements.
# Nothing is needed beforehand but Python 3.11 or later and make.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.PHONY: demo run test lint screenshots format requirements sbom audit fuzz

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

# The pictures of the README, from the real pages.
screenshots: $(STAMP)
	mkdir -p docs/images
	PICTURES=docs/images $(BIN)/python -m pytest -q tests/walk/test_tasks.py

format: $(STAMP)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

requirements: $(STAMP)
	$(BIN)/python -m pip install --quiet uv
	for name in requirements tests/requirements; do \
		UV_CUSTOM_COMPILE_COMMAND="make requirements" $(BIN)/uv pip compile --quiet --no-emit-index-url \
			--universal --python-version 3.11 --generate-hashes $$name.in -o $$name.txt || exit 1; \
	done

# What is installed, with licences and hashes, asked of nobody else.
sbom: $(STAMP)
	mkdir -p var
	$(BIN)/python deploy/sbom.py > var/sbom.json

# The same, and whether a hole is known in any of it: that is asked of a public list.
audit: sbom
	$(BIN)/python -m pip install --quiet pip-audit
	$(BIN)/pip-audit --disable-pip --require-hashes -r requirements.txt

# By coverage, ten minutes each; `make fuzz FUZZ_SECONDS=3600` for a night.
FUZZ_SECONDS ?= 600
fuzz: $(STAMP)
	$(BIN)/python -m pip install --quiet atheris
	mkdir -p var/fuzz
	for name in vcard table xlsx any_file graph batch callback; do \
		$(BIN)/python -m tests.security.fuzz $$name -max_total_time=$(FUZZ_SECONDS) -timeout=10 \
			-artifact_prefix=var/fuzz/$$name- || exit 1; \
	done

$(STAMP): requirements.txt tests/requirements.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes \
		-r requirements.txt -r tests/requirements.txt
	touch $@

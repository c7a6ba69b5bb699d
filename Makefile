# Everything from a bare checkout: `make pack` makes a sample pack, `make test` checks the code.
# Needs Python 3.11 or newer and make. Overridable: PYTHON, VENV, OUT, PYTEST_ARGS.

PYTHON ?= python3
VENV ?= .venv
OUT ?= packs/out/first-pack
PYTEST_ARGS ?=

BIN := $(VENV)/bin
PIP_INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt
# torch with more threads than free cores collapses; tests use one.
TEST_ENV := OMP_NUM_THREADS=1 MKL_NUM_THREADS=1

.DEFAULT_GOAL := help
.PHONY: help pack test init fmt lint type unit bench docs clean

help:  ## List the targets
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 8

pack: $(VENV)/.installed  ## Install, make a pack with the bundled model and say where it lies
	$(BIN)/samplegen loops --bpm 128 --bars 4 -n 8 --seed 1 --out "$(OUT)"
	$(BIN)/samplegen oneshots -n 12 --seed 1 --out "$(OUT)"
	@echo "Your first pack: $$(cd "$(OUT)" && pwd)"

test: lint type unit  ## Install with the dev extra, then formatting, lint, types, import contracts and tests

init: $(VENV)/.installed-dev  ## Create the environment for development

fmt: $(VENV)/.installed-dev  ## Format the code and sort the imports
	$(BIN)/ruff check --select I --fix .
	$(BIN)/ruff format .

lint: $(VENV)/.installed-dev  ## Formatting, lint and import contracts
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/lint-imports

type: $(VENV)/.installed-dev  ## Types
	$(BIN)/mypy

unit: $(VENV)/.installed-dev  ## Tests
	$(TEST_ENV) $(BIN)/python -m pytest $(PYTEST_ARGS)

bench: $(VENV)/.installed-dev  ## Speed against the stated baselines
	$(BIN)/python benchmarks/generate.py

docs: $(VENV)/.installed-dev  ## Run the examples of README.md and docs/
	$(TEST_ENV) $(BIN)/python -m pytest tests/test_docs.py -q

clean:  ## Remove the environment and every cache
	rm -rf "$(VENV)" build dist .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# Stamp files: pip runs again only when the dependencies change.
$(VENV)/.installed: pyproject.toml constraints.txt | $(BIN)/python
	$(PIP_INSTALL) -e .
	@touch $@

$(VENV)/.installed-dev: pyproject.toml constraints.txt | $(BIN)/python
	$(PIP_INSTALL) -e ".[dev]"
	@touch $(VENV)/.installed $@

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "samplegen needs Python 3.11 or newer; name one: make PYTHON=python3.12")'
	$(PYTHON) -m venv "$(VENV)"

# Each target sets up what it needs, in .venv and .scratch.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
PG_CONFIG ?= pg_config
# One process per core, each with its own server. A file runs in one process, so its tests share fixtures.
PROCESSES ?= auto
PYTEST_ARGS ?= --numprocesses $(PROCESSES) --maxprocesses 4 --dist loadfile --no-loadscope-reorder
# test-fast leaves out other languages, the documentation, frameworks, ways to install, and tests marked as slow.
FAST := -m 'not slow' $(addprefix --ignore=tests/,clients docs frameworks install)
LOWEST := .scratch/lowest
# A file with the versions of packages to install, such as constraints.txt, which CI uses.
CONSTRAINTS ?=
DEMO_DATA ?= $(CURDIR)/.scratch/demo

.DEFAULT_GOAL := help
.PHONY: help demo test test-fast test-lowest lint lint-python format constraints docs bench sql install-extension playground site dist clean

help: ## Show the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 20

$(VENV)/base: pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit("vecs-sql needs Python 3.10 or later" if sys.version_info < (3, 10) else 0)'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "Setting up $(VENV)"
	@$(PIP) install --upgrade 'pip>=23'
	@$(PIP) install $(CONSTRAINTS:%=--constraint=%) --editable '.[embedded,text-embedding]'
	@touch $@

# By uv, which is quicker than pip. It has all that base has, too.
$(VENV)/dev: pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "Setting up $(VENV)"
	@$(PIP) install $(CONSTRAINTS:%=--constraint=%) uv
	@$(BIN)/uv pip install --quiet --python $(BIN)/python $(CONSTRAINTS:%=--constraint=%) --editable '.[dev]'
	@touch $(VENV)/base $@

demo: $(VENV)/base ## Search 25,000 dictionary entries by meaning, on an embedded PostgreSQL
	@mkdir -p $(dir $(DEMO_DATA))
	@$(BIN)/vecs-sql demo --data '$(DEMO_DATA)'

test: $(VENV)/dev ## Run all tests against a real server
	@$(BIN)/python -m tests.servers
	@$(BIN)/python -m pytest $(PYTEST_ARGS)

test-fast: $(VENV)/dev ## Run the tests that need no other language, framework or server
	@$(BIN)/python -m pytest $(PYTEST_ARGS) $(FAST)

$(LOWEST)/made: $(VENV)/dev
	@echo "Setting up $(LOWEST)"
	@rm -rf $(LOWEST)
	@$(PYTHON) -m venv $(LOWEST)
	@$(BIN)/uv pip install --quiet --python $(LOWEST)/bin/python --resolution lowest-direct --editable '.[dev]'
	@touch $@

LOWEST_TESTS ?= tests/python
test-lowest: $(LOWEST)/made ## Run the tests of the Python package with the lowest versions that pyproject.toml allows
	@$(LOWEST)/bin/python -m pytest $(PYTEST_ARGS) $(LOWEST_TESTS)

lint: lint-python ## Check formatting, types and the SQL
	@$(BIN)/python -m pytest -q tests/rules

lint-python: $(VENV)/dev
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/python tools/async_to_sync.py --check
	@$(BIN)/mypy

format: $(VENV)/dev ## Format the Python code, and generate the sync client from the async one
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .
	@$(BIN)/python tools/async_to_sync.py

constraints: $(VENV)/dev ## Write the newest versions of all dependencies into constraints.txt
	@$(BIN)/uv pip compile --quiet --upgrade --universal --python-version 3.10 --all-extras --no-annotate \
		--custom-compile-command 'make constraints' --output-file constraints.txt pyproject.toml

docs: $(VENV)/dev ## Write the generated parts of docs/; needs all languages of docs/languages.md
	@VECS_SQL_WRITE_DOCS=1 $(BIN)/python -m pytest -q tests/clients tests/docs/test_reference.py

bench: $(VENV)/dev ## Compare with hand-written SQL and other stores; writes bench/results and docs/benchmark.md
	@$(PIP) install $(CONSTRAINTS:%=--constraint=%) --editable '.[bench]'
	@for part in prepare first sweep statistics graph precision throughput growth many adopted builds clients judged words page; do $(BIN)/python -m bench $$part || exit; done

sql: $(VENV)/base ## Render the SQL layer: sql/vecs.sql, and the files of docs/install.md in dist/sql
	@$(BIN)/vecs-sql render --output sql/vecs.sql
	@$(BIN)/vecs-sql render --all dist/sql

install-extension: sql ## Install the extension into the server of PG_CONFIG, for CREATE EXTENSION vecs
	install -d '$(DESTDIR)$(shell $(PG_CONFIG) --sharedir)/extension'
	install -m 644 dist/sql/extension/* '$(DESTDIR)$(shell $(PG_CONFIG) --sharedir)/extension/'

playground: $(VENV)/dev ## Build the playground, a static page, in dist/playground
	@$(BIN)/python tools/playground.py dist/playground
	@echo "Serve it: $(BIN)/python -m http.server --directory dist/playground"

site: $(VENV)/dev ## Build the site in dist/site: guides, reference, benchmark and playground
	@$(BIN)/python -m tools.website dist/site
	@echo "Serve it: $(BIN)/python -m http.server --directory dist/site"

dist: $(VENV)/dev ## Build sdist and wheel
	@rm -rf dist
	@$(BIN)/python -m build

clean: ## Remove everything that the other targets create
	rm -rf $(VENV) .scratch dist build .mypy_cache .pytest_cache .ruff_cache

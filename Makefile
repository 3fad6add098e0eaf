# Kapı. Two commands matter: `make demo` serves the whole gateway with demo data, `make test` passes the tests.
# Needed: python3 (3.11 or newer) with venv, git, make. Everything else is put into .venv and node_modules.
PORT ?= 8000
# In which random order the tests run. The gate takes the same each time; `make test SEED=7` and `make prove` take others.
SEED ?= 29820
VENV := .venv/bin
UV := $(VENV)/uv sync --frozen --quiet --inexact --all-extras

.DEFAULT_GOAL := help
.PHONY: help setup demo assets test-assets test a11y check prove bench clean

help:
	@echo "make demo [PORT=8000]  serve the gateway with demo data and two sample institutions"
	@echo "make test              pass the tests (SQLite, a browser)"
	@echo "make a11y              pass the accessibility gate: every page, both languages, dark, narrow, by keyboard, ..."
	@echo "make check             lint, types, import contracts; our longest functions and files"
	@echo "make prove             the long proofs, all tests in a new order with many more examples, and make bench"
	@echo "make bench             measure, and write docs/measured/"
	@echo "make clean             remove everything that was made, the demo's data too"

# What the demo needs; compiled at once, so that even the first start is quick.
.venv/.ready: pyproject.toml uv.lock
	@python3 -c 'import sys; sys.exit("Python 3.11 or newer is needed.") if sys.version_info < (3, 11) else 0'
	@echo "Setting up .venv ..."
	@test -x $(VENV)/python || python3 -m venv .venv || { echo "Install python3-venv."; exit 1; }
	@test -x $(VENV)/uv || $(VENV)/pip install --quiet --disable-pip-version-check uv
	@$(UV) --no-group dev --compile-bytecode
	@touch $@

# What tests and checks need on top.
.venv/.ready-dev: .venv/.ready
	@$(UV)
	@touch $@

setup: .venv/.ready-dev

demo: .venv/.ready
	@$(VENV)/kapi demo --port $(PORT)

assets: .venv/.ready
	@$(VENV)/kapi messages --compile
	@$(VENV)/kapi assets

# What browser tests need on top: axe-core, a Chromium, a client library.
test-assets: .venv/.ready
	@$(VENV)/kapi messages --compile
	@$(VENV)/kapi assets --with-tests

test: setup test-assets
	$(VENV)/pytest -n auto -m "not proof and not look" --randomly-seed=$(SEED)

a11y: setup test-assets
	$(VENV)/pytest -n auto tests/accessibility --randomly-seed=$(SEED)

check: setup
	$(VENV)/ruff format --check .
	$(VENV)/ruff check .
	$(VENV)/mypy
	$(VENV)/lint-imports
	@$(VENV)/python -m tests.architecture.longest

prove: setup test-assets
	$(VENV)/pytest -m proof
	$(VENV)/pytest -n auto -m "not proof" --hypothesis-profile=search
	@$(MAKE) --no-print-directory bench

bench: setup test-assets
	$(VENV)/kapi bench all --save docs/measured

clean:
	rm -rf .venv node_modules var dist build src/kapi/sites/ui/static/ui/dist
	rm -rf .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
	find src -name '*.mo' -delete

# Kapı. Two commands matter: `make demo` serves the whole gateway with demo data, `make test` passes the tests.
PORT ?= 8000
VENV := .venv/bin

.DEFAULT_GOAL := help
.PHONY: help setup assets demo test check

help:
	@echo "make demo [PORT=8000]  set up everything and serve the gateway with demo data"
	@echo "make test              set up everything and pass the tests"
	@echo "make check             lint, types, import contracts, our longest functions and files"

setup: .venv/.ready

.venv/.ready: pyproject.toml uv.lock
	python3 -m venv .venv
	$(VENV)/pip install --quiet uv
	$(VENV)/uv sync --frozen --quiet
	touch $@

demo: setup
	@$(VENV)/kapi demo --port $(PORT)

assets: setup
	$(VENV)/kapi messages --compile
	$(VENV)/kapi assets

test: assets
	$(VENV)/pytest -n auto

check: setup
	$(VENV)/ruff format --check .
	$(VENV)/ruff check .
	$(VENV)/mypy
	$(VENV)/lint-imports

.DEFAULT_GOAL := help
BIN := .venv/bin

.PHONY: help setup run test bench soak lock

help: ## what can be made
	@grep -hE "^[a-z]+:.*##" Makefile | sed -E "s/:.*## /\t/"

setup: ## locked Python and npm dependencies
	@scripts/setup

run: setup ## the demo on http://127.0.0.1:8000
	$(BIN)/jieban init --demo
	$(BIN)/jieban serve --demo

test: setup ## every check
	scripts/setup-tests
	$(BIN)/ruff check .
	$(BIN)/ruff format --check --quiet .
	$(BIN)/mypy
	$(BIN)/python -m pytest --quiet tests/test_import_rule.py
	for pack in bpmn/*/pack.toml; do $(BIN)/jieban lint "$$(dirname $$pack)" || exit 1; done
	$(BIN)/python -m pytest --numprocesses 2 --dist loadfile

bench: setup ## measure, into bench/results.json (about an hour; parts: python -m bench NAME)
	scripts/setup-tests
	$(BIN)/python -m bench

soak: setup ## kill everything again and again, into bench/soak.json (about an hour)
	scripts/setup-tests
	$(BIN)/python -m tests.crash.soak

lock: ## newer dependencies into both lock files
	scripts/lock

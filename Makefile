# `make setup`, `make test`, `make demo` need nothing but Python 3.11+, git and make.
.DEFAULT_GOAL := help
.PHONY: help setup test lint types format bench demo docs clean

ARGS ?=

help: ## Show this list
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

setup: ## Make .venv from the lock (quick when nothing changed)
	@scripts/setup

test: setup ## Run the tests; ARGS="tests/unit/lang -k join" chooses
	@scripts/test $(ARGS)

lint: setup ## ruff and mypy, strict
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy

format: setup ## Let ruff format and mend what it can
	.venv/bin/ruff format .
	.venv/bin/ruff check --fix .

bench: setup ## Measure the promised figures into bench/RESULTS.md
	.venv/bin/python -m bench $(ARGS)

demo: setup ## The main job on real data: push, train, compare
	@.venv/bin/drivetrain demo $(ARGS)

docs: setup ## Build the documentation into site/
	.venv/bin/python scripts/cli_reference docs/cli.md
	.venv/bin/mkdocs build --strict --quiet

clean: ## Remove what can be made again
	rm -rf .venv .tools site build .mypy_cache .ruff_cache .hypothesis

# `make help` lists the targets; PYTHON=python3.12 make run takes another interpreter (3.11 or later).
PYTHON ?= python3
BIN := .venv/bin
# Every module that can be run; the others in that folder are their parts.
BENCHMARKS = $(sort $(basename $(notdir $(shell grep -l '__main__' tests/benchmarks/*.py))))

.DEFAULT_GOAL := help
.PHONY: help run chat test check lint types layers bench workshop serve

help: ## list the targets
	@sed -nE 's/^([a-z]+):.*## (.*)/  make \1	\2/p' $(MAKEFILE_LIST)

# One stamp for each of the two sets of packages, so that `make run` alone never waits for the development tools.
.venv/run.stamp: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or later is needed: PYTHON=python3.12 make run")'
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet -c constraints.txt -e .
	@touch $@

# torch by itself first: its CPU build is found before anything else asks for another.
.venv/dev.stamp: .venv/run.stamp
	$(BIN)/python -m pip install --quiet -c constraints.txt torch
	$(BIN)/python -m pip install --quiet -c constraints.txt -e '.[dev,train,loaders]'
	@touch $@

run: .venv/run.stamp ## install, load the bundled figures and hold a short session over them
	@$(BIN)/python -m app chat < docs/first_session.txt
	@printf '\n接着自己问：%s -m app chat\n' $(BIN)/python

chat: .venv/run.stamp ## talk to the assistant
	@$(BIN)/python -m app chat

test: .venv/dev.stamp ## run the tests, on all cores
	$(BIN)/python -m pytest -n auto

check: lint types layers test ## everything that CI checks

lint: .venv/dev.stamp ## ruff
	$(BIN)/ruff check .

types: .venv/dev.stamp ## mypy --strict
	$(BIN)/mypy

layers: .venv/dev.stamp ## the rooms and the direction of imports
	$(BIN)/lint-imports --no-logo

bench: .venv/dev.stamp ## print every benchmark
	@for name in $(BENCHMARKS); do echo "== $$name"; $(BIN)/python -m tests.benchmarks.$$name || exit 1; done

workshop: .venv/dev.stamp ## rows, training, evaluation, release, service, A/B and rollback, small, in one go
	$(BIN)/python -m app train workshop

serve: ## not part of this release
	@echo 'the HTTP service is not part of this release yet; use `make run` or `python -m app chat`' >&2; exit 1

# Everything sets up what it needs by itself, in .venv and build/.
# Needed beforehand: Python 3.11 or newer, pip, make, git. `make test PYTHON=python3.13` chooses a Python.

SHELL := bash
MAKEFLAGS += --no-print-directory
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

BIN := .venv/bin
PIP := $(BIN)/python -m pip --quiet --disable-pip-version-check
CANDIDATES := $(or $(PYTHON),python3 python3.14 python3.13 python3.12 python3.11 python)

.PHONY: help demo test check coverage prove bench format clean

help:  ## list the targets
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/make \1#\2/p' Makefile | tr "#" "\t" | expand -t 16

demo: .venv/.package  ## watch waits on a simulated cluster, through both drivers
	@$(BIN)/ais-job demo

test: .venv/.tools build/wheels/.complete  ## run the tests, with the coverage gates of the core
	@$(BIN)/python -m pytest --cov
	@$(BIN)/python -m tests.own

check: .venv/.tools  ## lint, check the format and the types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/pyright --pythonpath $(BIN)/python

coverage: .venv/.tools  ## after a test run: what it covered, drivers and testing kit included
	@$(BIN)/coverage report --include='ais_jobcore/*,transports/*' --omit='tests/*' --fail-under=0

prove: .venv/.prove  ## run the long proofs, within an hour on two cores; ARGS='fuzz' runs one of them
	@$(BIN)/python -m tests.proof $(ARGS)

bench: build/bench/.complete  ## measure, side by side with the official SDK; fails where a bound is missed
	@PYTHONPATH=.:transports build/bench/bin/python -m benchmarks $(ARGS)

format: .venv/.tools  ## format, and mend what ruff can mend
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

clean:  ## remove everything that the other targets made
	rm -rf .venv build dist .coverage .hypothesis .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# A Python without ensurepip (Debian splits it off) lends the environment its own pip.
.venv/.python:
	@for python in $(CANDIDATES); do \
	    if "$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
	        found=$$python; break; \
	    fi; \
	done; \
	if [ -z "$$found" ]; then \
	    echo 'Python 3.11 or newer is needed; none of these is one: $(CANDIDATES).' >&2; \
	    echo 'Name yours: make $(or $(MAKECMDGOALS),test) PYTHON=/path/to/python3' >&2; \
	    exit 1; \
	fi; \
	echo "Setting up .venv with $$($$found --version), once; this takes a minute."; \
	"$$found" -m venv --clear .venv >/dev/null 2>&1 \
	|| { "$$found" -m venv --clear --without-pip .venv \
	     && "$$found" -m pip --quiet --python $(BIN)/python install pip; }
	@$(PIP) install --constraint constraints.txt --upgrade pip
	@touch $@

.venv/.package: .venv/.python pyproject.toml constraints.txt
	@$(PIP) install --constraint constraints.txt --group build
	@$(PIP) install --constraint constraints.txt --no-build-isolation --editable '.[all]'
	@touch $@

.venv/.tools: .venv/.package
	@$(PIP) install --constraint constraints.txt --group dev
	@touch $@

.venv/.prove: .venv/.tools
	@$(PIP) install --constraint constraints.txt --group prove
	@touch $@

# The benchmarks measure imports: nothing is there but what they compare.
build/bench/.complete: .venv/.python pyproject.toml constraints.txt
	@$(BIN)/python -m venv --clear --without-pip build/bench
	@$(PIP) --python build/bench/bin/python install --constraint constraints.txt --group bench
	@touch $@

# What tests/packaging installs from, so that a test run needs no network.
build/wheels/.complete: .venv/.python constraints.txt constraints-lowest.txt
	@rm -rf $(@D)
	@$(PIP) download --only-binary :all: --dest $(@D) --requirement constraints-lowest.txt
	@sed 's/[#=].*//' constraints-lowest.txt | xargs \
	    $(PIP) download --only-binary :all: --dest $(@D) --constraint constraints.txt
	@touch $@

# Everything a developer runs. Each target does its own set-up; `make help` lists them.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
LOCK_TOOL := uv==0.13.9
JOBS ?= auto

.DEFAULT_GOAL := help
.PHONY: help setup demo test check format bench deb lock clean

help: ## list the targets
	@sed -n 's/^\([a-z]*\):.*## /  make \1\t/p' Makefile | expand -t 16

setup: $(READY) ## build .venv with everything that development needs

$(READY): requirements/dev.txt pyproject.toml
	@PYTHON="$(PYTHON)" sh .ci/system-packages
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $(READY)

demo: setup ## a simulated concentrator, a few devices and a network server, live in this terminal
	@$(BIN)/candelabre demo $(ARGS)

test: setup ## every test
	$(BIN)/python -m pytest -n $(JOBS) $(ARGS)

check: setup ## lint, format, types and import contracts
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

format: setup ## apply the formatter and the safe fixes of the linter
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: setup ## what the program costs on this machine
	$(BIN)/python -m bench $(ARGS)

deb: setup ## the Debian package, in dist/: for arm64, or ARGS="--arch amd64"
	$(BIN)/python packaging/build.py $(ARGS)

LOCK := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--custom-compile-command "make lock" $(UPGRADE) pyproject.toml

lock: setup ## renew requirements/ after a change of pyproject.toml (UPGRADE=--upgrade for newer releases)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check $(LOCK_TOOL)
	$(LOCK) -o requirements/runtime.txt
	$(LOCK) -c requirements/runtime.txt --extra pi -o requirements/pi.txt
	$(LOCK) -c requirements/runtime.txt --group dev -o requirements/dev.txt

clean: ## remove what the other targets made
	rm -rf $(VENV) build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis

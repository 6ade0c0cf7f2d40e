# 净村: every target works in a fresh clone and installs what it needs into .venv.
PYTHON ?= python3
BIN := .venv/bin
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
# Every program that a test starts would else compile all its sources anew where an image says so.
unexport PYTHONDONTWRITEBYTECODE

help:  ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*##/\t/' | expand -t 14

.venv/.python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed: make PYTHON=/path/to/python3.11 …" >&2; exit 1; }
	@$(PYTHON) -m venv .venv || { echo "python3 -m venv failed; on Debian: apt-get install python3-venv" >&2; exit 1; }
	@touch $@

.venv/.run: .venv/.python requirements.txt
	@echo "installing what the box and the server need into .venv …" >&2
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements.txt >&2
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e . >&2
	@touch $@

.venv/.dev: .venv/.run requirements-dev.txt
	@echo "installing what the tests need into .venv …" >&2
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements-dev.txt >&2
	@touch $@

demo: .venv/.run  ## the whole loop on rendered cameras; opens the wall, prints the desk link
	@$(BIN)/jingcun demo

demo-once: .venv/.run  ## the scripted day once, then one line of JSON
	@$(BIN)/jingcun demo --once --json

test: .venv/.dev  ## every test, on real Mosquitto, InfluxDB, PostgreSQL and Chromium
	@deploy/test-parts.sh
	@$(BIN)/pytest -n 3 --dist worksteal

check: .venv/.dev  ## ruff, mypy, import-linter, generated files fresh
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/python -m broker.document --check
	@$(BIN)/python -m screen.document --check
	@$(BIN)/python -m screen.access.matrix --check

real: .venv/.run  ## the loop on the real pictures and clips of ../shared
	@$(BIN)/python -m bench.real

chaos: .venv/.run  ## kill every program, PostgreSQL and InfluxDB at random and at named points (10 minutes at most)
	@$(BIN)/python -m bench.chaos

soak: .venv/.dev  ## a thousand lives of a county (LIVES=…), a week of the wall's frames, then chaos for hours: HOURS=8
	@LIVES=$(or $(LIVES),1000) $(BIN)/python -m pytest -q -n 0 --timeout 0 tests/alerts/test_whole_engine.py
	@WALL_FRAMES=60480 $(BIN)/python -m pytest -q -s -n 0 tests/screen/test_pages_sizes.py -k heap
	@$(BIN)/python -m bench.chaos --hours $(or $(HOURS),8)

eyes: .venv/.run  ## the detector's figures, and what of persons, faces and plates is covered (needs ../shared)
	@$(BIN)/python -m bench.eyes
	@$(BIN)/python -m bench.privacy

bench: .venv/.run  ## speed and memory beside a peer, as ratios; ONLY=name,… picks
	@$(BIN)/python -m bench $(if $(ONLY),--only $(ONLY))

web: ## rebuild the pages (Node 20.19 or newer; a user never needs this)
	@cd screen/web && npm ci --no-audit --no-fund && npm run build

lock: ## write the requirement files anew (needs uv)
	@uv pip compile -q --universal --generate-hashes --no-emit-index-url --no-header --extra edge --extra privacy --extra build pyproject.toml -o requirements-edge.txt
	@uv pip compile -q --universal --generate-hashes --no-emit-index-url --no-header --extra edge --extra privacy --extra server --extra build pyproject.toml -o requirements.txt
	@uv pip compile -q --universal --generate-hashes --no-emit-index-url --no-header --extra edge --extra privacy --extra server --extra build --extra dev pyproject.toml -o requirements-dev.txt

.PHONY: help demo demo-once test check real chaos soak eyes bench web lock

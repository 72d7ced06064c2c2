# Chores of MockCraft, one command each. `make` alone lists them.
.DEFAULT_GOAL := help
# Python keeps its bytecode here whatever the shell says: tests and jobs start processes by the thousand.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help setup run dev test check bench bench-generators prove chaos test-models pools protos docs lock up \
	db-setup db-create db-drop db-reset migrate migrate-reset migrate-seed migrate-models

PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-17s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(READY) ## Make .venv/ with the locked versions

$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo 'MockCraft needs Python 3.11 or newer: make setup PYTHON=python3.12' >&2; exit 1; }
	@echo "Setting up .venv; the first time takes a minute or two."
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps -e .
	@touch $@

run: $(READY) ## Start the stack, run a real job through every layer, show it, stop
	@$(BIN)/python examples/main_job.py

dev: $(READY) ## Serve on 127.0.0.1:8080, restarted when the code changes
	$(BIN)/watchfiles --filter python '$(BIN)/mockcraft server' runner services cli

test: $(READY) ## Install missing test servers, run the tests (ARGS="tests/unit -k csv" for some)
	@bash tests/install_servers.sh || { [ -z "$$CI" ] && echo 'Tests that need a missing server are skipped.' >&2; }
	$(BIN)/python -m pytest -n auto --maxprocesses=4 $(ARGS)

test-models: ## Run models from weights for real, in their own .venv-models/ (2 GB; TORCH_INDEX=… for other wheels of torch)
	@test -x .venv-models/bin/python || $(PYTHON) -m venv .venv-models
	.venv-models/bin/python -m pip install --quiet --disable-pip-version-check -r requirements.lock
	.venv-models/bin/python -m pip install --quiet --disable-pip-version-check -c requirements.lock $(if $(TORCH_INDEX),--extra-index-url $(TORCH_INDEX)) -e '.[models]'
	.venv-models/bin/python -m pytest -m models tests/models $(ARGS)

check: $(READY) ## Lint, format, types, import contracts, generated code and documents
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/mypy examples deploy docs tests/bench
	$(BIN)/lint-imports
	$(BIN)/python protos/generate.py --check
	$(BIN)/python docs/generate.py --check

bench: $(READY) ## Measure speed and memory beside Mimesis, Faker and tpchgen-cli
	$(BIN)/python -m tests.bench.bench $(ARGS)

bench-generators: $(READY) ## Measure each generator alone, and the most used beside Faker and Mimesis (ARGS="finance" for a family)
	$(BIN)/python -m tests.bench.generators $(ARGS)

prove: $(READY) ## Run every promised floor at full size: target, figure, pass or fail
	$(BIN)/python -m tests.bench.prove $(ARGS)

chaos: $(READY) ## Kill, freeze and stop services under a load of jobs for a while, then show what came of it (ARGS="--minutes 5")
	$(BIN)/python -m tests.bench.chaos $(ARGS)

pools: ## Make the generators' data files anew from their sources, which it fetches (needs node and npm)
	@test -x .venv-pools/bin/python || $(PYTHON) -m venv .venv-pools
	.venv-pools/bin/python -m pip install --quiet -r requirements.lock
	grep -v no-deps scripts/pools/requirements.txt | .venv-pools/bin/python -m pip install --quiet -r /dev/stdin
	grep no-deps scripts/pools/requirements.txt | .venv-pools/bin/python -m pip install --quiet --no-deps -r /dev/stdin
	.venv-pools/bin/python -m scripts.build_pools $(ARGS)

protos: $(READY) ## Make the Python of the protos
	$(BIN)/python protos/generate.py

docs: $(READY) ## Make the parts of the documents that come from the program
	$(BIN)/python docs/generate.py
	$(BIN)/python -m docs.console README.md

lock: $(READY) ## Make requirements.lock anew from pyproject.toml
	$(BIN)/python docs/lock.py

up: ## Start everything in containers (Docker Compose)
	docker compose up --build --wait

db-setup: $(READY) ## Make the schema registry's store with its tables and a few examples (MOCKCRAFT_SCHEMAS_URL)
	$(BIN)/mockcraft db setup $(ARGS)

db-create: $(READY) ## Make the store's database where there is none
	$(BIN)/mockcraft db create $(ARGS)

db-drop: $(READY) ## Drop the store; asks (ARGS=--yes does not)
	$(BIN)/mockcraft db drop $(ARGS)

db-reset: $(READY) ## Drop the store and make it anew; asks (ARGS=--yes does not)
	$(BIN)/mockcraft db reset $(ARGS)

migrate: $(READY) ## Bring the store's tables to the newest revision
	$(BIN)/mockcraft db migrate $(ARGS)

migrate-reset: $(READY) ## Take every revision back and forth again, without what is stored; asks (ARGS=--yes does not)
	$(BIN)/mockcraft db migrate --reset $(ARGS)

migrate-seed: $(READY) ## Add the example drawings to the store
	$(BIN)/mockcraft db seed $(ARGS)

migrate-models: $(READY) ## Write a revision from what was changed in the store's models (MESSAGE="Say what")
	$(BIN)/python -m services.schemas.migrations "$(MESSAGE)"
	$(BIN)/ruff check --quiet --fix services/schemas/migrations/versions
	$(BIN)/ruff format services/schemas/migrations/versions

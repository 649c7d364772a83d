# Two commands do everything:
#   make run                          set up, index the bundled collection, serve http://127.0.0.1:8000
#   make run COLLECTION=northeast     the same for a named collection (fetched first), or a folder of files, which is
#                                     open on this machine alone until `wenyuan access` or a collection.yaml says more
#   make test                         set up and pass every test
#
# TORCH_SOURCE may name an index of CPU builds of torch, for a pip that knows none.

PYTHON ?= python3
COLLECTION ?= bundled
PORT ?= 8000
VENV := .venv
BIN := $(VENV)/bin
INDEX ?= index/$(notdir $(patsubst %/,%,$(COLLECTION)))
TORCH_VERSION := 2.13.0
TORCH_INDEX := $(if $(TORCH_SOURCE),--extra-index-url $(TORCH_SOURCE))

.PHONY: run test
.DELETE_ON_ERROR:

run: $(VENV)/installed
	@ACCESS=""; if [ ! -f "$(INDEX)/manifest.json" ]; then \
		if [ ! -e "$(COLLECTION)" ] && [ "$(COLLECTION)" != bundled ]; then \
			$(BIN)/wenyuan fetch "$(COLLECTION)" || exit; fi; \
		if [ -e "$(COLLECTION)" ] && [ ! -e "$(COLLECTION)/collection.yaml" ]; then ACCESS="--access this-machine"; fi; \
		$(BIN)/wenyuan index "$(COLLECTION)" --index "$(INDEX)" $$ACCESS || [ $$? -eq 1 ]; fi
	$(BIN)/wenyuan serve --index "$(INDEX)" --port $(PORT)

test: $(VENV)/tested
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/pytest -n 2

# The CPU build of torch is some 200 MB; on Linux the plain one brings gigabytes of GPU libraries along.
$(VENV)/torch:
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet $(TORCH_INDEX) "torch==$(TORCH_VERSION)+cpu" 2>/dev/null \
		|| $(BIN)/pip install --quiet $(TORCH_INDEX) "torch==$(TORCH_VERSION)"
	@touch $@

$(VENV)/installed: $(VENV)/torch setup.cfg
	$(BIN)/pip install --quiet --editable .
	@touch $@

$(VENV)/tested: $(VENV)/installed
	$(BIN)/pip install --quiet --editable ".[test]"
	@touch $@

# Each target is a few plain commands; the README lists them for those who have no make.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
NOTEBOOKS := $(wildcard book/*.ipynb notebooks/*.ipynb)

# one thread and one hash seed: the same numbers on every machine
export OPENBLAS_NUM_THREADS := 1
export PYTHONHASHSEED := 0
# each module is compiled once, not at the start of every process, whatever the machine is set to
unexport PYTHONDONTWRITEBYTECODE

.PHONY: book lab notebooks test bench clean

book: $(READY)
	$(BIN)/jupyter-book build . -W -n --keep-going
	@echo "Open $(CURDIR)/_build/html/index.html"

lab: $(READY)
	$(BIN)/jupyter lab notebooks/01_derivatives.ipynb

notebooks: $(READY)
	$(BIN)/python tools/run_notebooks.py $(NOTEBOOKS)

test: $(READY)
	$(BIN)/ruff check .
	$(BIN)/jupyter-book build . -W -n --keep-going
	$(BIN)/pytest -n 2 --dist loadfile --no-loadscope-reorder

bench: $(READY)
	for script in tools/bench_*.py; do $(BIN)/python $$script || exit 1; done

clean:
	rm -rf _build

$(READY): requirements.txt constraints.txt pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	touch $@

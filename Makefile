# Two commands on a fresh machine: `make demo` and `make test`.  Both set up
# what they need in .venv; PYTHON and KERAS_BACKEND may be given.

PYTHON ?= python3
VENV ?= .venv
KERAS_BACKEND ?= jax
export KERAS_BACKEND
export TF_CPP_MIN_LOG_LEVEL = 3

BIN = $(VENV)/bin
READY = $(VENV)/.ready

.PHONY: demo test lint unit documents clients clients-keras2 corpus fuzz matrix keras2 share bench catalogue clean

demo: $(READY)
	$(BIN)/python examples/demo.py

test: lint unit

lint: $(READY)
	$(BIN)/ruff check src tests scripts benchmarks examples noxfile.py conftest.py
	$(BIN)/ruff format --check src tests scripts benchmarks examples noxfile.py conftest.py
	$(BIN)/mypy

# The tests, and how much of each part of the package they ran.
unit: $(READY)
	$(BIN)/python -m pytest -n auto --cov --cov-report=json
	$(BIN)/python scripts/covered.py .coverage.json

# Rewrites docs/documents.md by running the sentences against both libraries.
documents: $(READY)
	$(BIN)/python scripts/documents.py

# Runs the tests of Keras and KerasHub, out of source trees, plain and under
# hornbook.install(), with the versions of the trees, JAX and TensorFlow in a virtual
# environment of their own.  ONLY is a part of a path, JOBS how many at once.
JOBS ?= 2
CLIENTS = $(VENV)-clients
tree_version = $(shell sed -n 's/^__version__ = "\(.*\)"/\1/p' $(1)/src/version.py)
clients:
	$(PYTHON) -m venv $(CLIENTS)
	$(CLIENTS)/bin/python -m pip install --quiet --disable-pip-version-check --upgrade "pip>=25.1"
	$(CLIENTS)/bin/python -m pip install --quiet --disable-pip-version-check --editable ".[keras]" --group clients \
		$(if $(KERAS),keras==$(call tree_version,$(KERAS)/keras)) \
		$(if $(KERAS_HUB),keras-hub==$(call tree_version,$(KERAS_HUB)/keras_hub))
	$(CLIENTS)/bin/python scripts/clients.py -n $(JOBS) $(if $(ONLY),--only "$(ONLY)") \
		$(if $(KERAS),--keras $(KERAS)) $(if $(KERAS_HUB),--keras-hub $(KERAS_HUB))

# Those of Keras 2, from a source tree of tf_keras: KERAS_2=PATH.
clients-keras2:
	$(PYTHON) -m venv $(CLIENTS)-keras2
	$(CLIENTS)-keras2/bin/python -m pip install --quiet --disable-pip-version-check --upgrade "pip>=25.1"
	$(CLIENTS)-keras2/bin/python -m pip install --quiet --disable-pip-version-check --editable ".[h5]" --group clients \
		tf_keras==$(shell sed -n 's/^__version__ = "\(.*\)"/\1/p' $(KERAS_2)/tf_keras/__init__.py)
	$(CLIENTS)-keras2/bin/python scripts/clients.py -n $(JOBS) $(if $(ONLY),--only "$(ONLY)") --keras-2 $(KERAS_2)

# Loads every file of ../shared, with hornbook and with plain Keras.  ONLY is the
# beginning of a name, as golden/tf-2.15.
corpus: $(READY)
	$(BIN)/python scripts/corpus.py -n $(JOBS) $(if $(ONLY),--only $(ONLY))

# Gives any bytes to everything that reads files, for so many minutes; uses atheris where it can be installed.
MINUTES ?= 10
fuzz: $(READY)
	-$(BIN)/python -m pip install --quiet --disable-pip-version-check --group fuzz
	$(BIN)/python -W ignore -m tests.fuzz.fuzzing $(MINUTES)
	$(BIN)/python -W ignore -m tests.fuzz.ceilings

# Rewrites the allow-list of Keras' built-ins from the Keras that is installed.
catalogue: $(READY)
	$(BIN)/python scripts/catalogue.py

# Runs the suite in other environments, those of noxfile.py, and writes docs/compatibility.md.  CELL is one of them.
matrix: $(BIN)/nox
	$(BIN)/nox --no-error-on-missing-interpreters --session $(if $(CELL),$(if $(filter wheel,$(CELL)),wheel,"matrix($(CELL))"),matrix wheel)

# Runs the documents, and the tests of its integration, on the real objects of Keras 2.  CELL is one of tf_keras-2.21,
# tf-2.15 and tf-2.9, which takes Python 3.10.
keras2: $(BIN)/nox
	$(BIN)/nox --no-error-on-missing-interpreters --session $(if $(CELL),"keras2($(CELL))",keras2)

# Runs the part of two environments of the matrix that CI runs.
share: $(BIN)/nox
	$(BIN)/nox --session share

bench: $(READY)
	$(BIN)/python benchmarks/startup.py
	$(BIN)/python benchmarks/engine.py
	$(BIN)/python benchmarks/gates.py
	$(BIN)/python benchmarks/loading.py
	$(BIN)/python benchmarks/audit.py

$(READY): pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade "pip>=25.1"
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable ".[keras,cli]" --group test --group lint
	touch $@

$(BIN)/nox: $(READY)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --group matrix
	touch $@

clean:
	rm -rf $(VENV) $(VENV)-clients build dist .coverage* .pytest_cache .mypy_cache .ruff_cache .hypothesis .nox

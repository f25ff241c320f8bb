# Every command of the course. Works from a fresh clone: needs python3 (3.11 or later), make and git.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
SITE   := _build/html/index.html
BOOKS  := $(sort $(wildcard notebooks/*.ipynb))

# A class of your own: its folder ignores itself, and nothing of it is committed.
CLASS  ?= classes/$(SEED)

.PHONY: course lab book notebooks test gates lint clean assignment release grade-demo
.DEFAULT_GOAL := help

help: ## show this list
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*##/\t/'

$(VENV)/ready: pyproject.toml requirements.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "gancourse needs Python 3.11 or later; this is " + sys.version.split()[0] + ". Try: make PYTHON=python3.12")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --progress-bar off -r requirements.txt
	@touch $@

setup: $(VENV)/ready ## make the local environment

course: setup ## run the core notebooks for real, build the website from the results
	$(BIN)/python -m tools.course

lab: setup ## open JupyterLab on chapter 1
	$(BIN)/jupyter lab notebooks/01_gan.ipynb

book: setup ## build the website from the stored outputs
	$(BIN)/python -m tools.book

notebooks: setup ## run the notebooks again and store their outputs
	$(BIN)/python -m tools.notebooks run $(BOOKS)

test: setup ## lint, unit tests, notebooks at smoke scale, the book with warnings as errors
	$(BIN)/python -m tools.test

lint: setup ## check the style of code and notebooks
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

gates: setup ## retrain every chapter's result over three seeds (ROW=name for one row)
	$(BIN)/python -m experiments.gates $(ROW)

assignment: setup ## draw a class's graded tasks: SEED=autumn, and your salt (CHAPTER=06 for one chapter)
	@test -n "$(SEED)" || { echo "Which seed? Try: make assignment SEED=autumn"; exit 1; }
	$(BIN)/python -m assessment draw $(CLASS) --seed $(SEED) $(if $(CHAPTER),--chapter $(CHAPTER))

release: setup ## make its student version, solutions and instructor's set: SEED=autumn (CHAPTER=06)
	@test -n "$(SEED)" || { echo "Which class? Try: make release SEED=autumn"; exit 1; }
	$(BIN)/python -m assessment release $(CLASS) $(if $(CHAPTER),--chapter $(CHAPTER))

grade-demo: setup ## grade a made-up class of cheats, loops and right answers, and show the marks
	$(BIN)/python -m assessment demo

clean: ## remove what can be made again
	rm -rf _build .pytest_cache .ruff_cache $(VENV)

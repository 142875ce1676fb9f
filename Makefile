# Every target makes the virtual environment .venv when it is missing.

# The first interpreter that runs and is new enough (a pyenv shim may exist and not run).
PYTHON ?= $(firstword $(foreach p,python3 python3.12 python3.11,$(shell \
	$(p) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $(p))))
SEEDS ?= 1
ARGS ?=
# Processes of the tests: one a CPU.
WORKERS ?= auto
# Not what `make parity`, `make oracle`, `make gpu-check` and `make browser-check` run.
ELSEWHERE := not parity and not oracle and not gpu and not browser
# The data root as an absolute path, for what runs in another folder; empty when not set.
DATA_ROOT := $(shell test -z "$$DNN_TECHNIQUES_DATA" || { cd "$$DNN_TECHNIQUES_DATA" && pwd; })
BIN := .venv/bin
VENV := .venv/installed
GROUPS := $(notdir $(wildcard experiments/*))
REPLAYED := $(sort $(notdir $(patsubst %/,%,$(dir $(shell grep -l '^tensorflow:' experiments/*/*.yaml)))))

.DEFAULT_GOAL := help
.PHONY: help exercise-10 list figures test test-slow test-all test-without-engine parity parity-quick report replay transfer-study bench faults gpu-check browser-check docs bench-folding bench-caching oracle lint types clean

help: ## print this help
	@grep -hE '^[a-z0-9%-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/exp-%/exp-<group>/; s/:.*## /\t/' \
		| awk -F '\t' '{printf "make %-14s %s\n", $$1, $$2}'

exp-%: $(VENV) ## train a group and compare it with the documents, for example exp-bn; SEEDS=3 ARGS="--trainer.max_epochs 2"
	$(BIN)/python -m dnn_techniques run $* --seeds $(SEEDS) $(ARGS)

exercise-10: $(VENV) ## chapter 10's last exercise: the range test, then MNIST with early stopping, checkpoints, TensorBoard
	$(BIN)/python -m dnn_techniques find-lr -c chapter10-mnist/exercise_10
	$(BIN)/python -m dnn_techniques run chapter10-mnist/exercise_10 --seeds $(SEEDS) $(ARGS)

list: $(VENV) ## list the groups and experiments
	@$(BIN)/python -m dnn_techniques list

figures: $(VENV) ## draw the pictures of the chapter in runs/figures; some show runs that have to be there
	$(BIN)/python -m dnn_techniques figures $(ARGS)

test: $(VENV) ## run the fast tests (three minutes)
	$(BIN)/python -m pytest -q -n $(WORKERS) -m "not slow and $(ELSEWHERE)" $(ARGS)

test-slow: $(VENV) ## run the slow tests: whole commands, every experiment (minutes)
	$(BIN)/python -m pytest -q -n $(WORKERS) -m "slow and $(ELSEWHERE)" $(ARGS)

test-all: test test-slow ## run both

test-without-engine: $(VENV) ## run the fast tests, and a step of every experiment, in a copy without dnn_techniques/engine
	rm -rf build/without-engine
	mkdir -p build/without-engine
	git ls-files . ':!dnn_techniques/engine' ':!tests/engine' ':!*seeds_at_once.py' \
		':!benchmarks' ':!tests/benchmarks' ':!faults' ':!tests/faults' ':!tests/test_pages.py' \
		| tar -cf - -T - | tar -xf - -C build/without-engine
	cd build/without-engine && DNN_TECHNIQUES_DATA="$(DATA_ROOT)" $(CURDIR)/$(BIN)/python -m pytest -q -n $(WORKERS) -m "not slow and $(ELSEWHERE)" $(ARGS)
	cd build/without-engine && DNN_TECHNIQUES_DATA="$(DATA_ROOT)" $(CURDIR)/$(BIN)/python -m pytest -q -n $(WORKERS) tests/test_experiments.py $(ARGS)

parity: $(VENV) ## train the documented experiments over seeds in runs/parity and check their figures (hours); goes on when given again
	$(BIN)/python -m pytest -q -m parity tests/parity $(ARGS)

parity-quick: $(VENV) ## the part of parity that CI runs (two minutes)
	$(BIN)/python -m pytest -q -m "parity and quick" tests/parity $(ARGS)

report: SEEDS = 5
report: $(VENV) ## train every group over SEEDS=5 seeds (hours) and write the pages of all results
	for group in $(GROUPS); do $(BIN)/python -m dnn_techniques run $$group --seeds $(SEEDS) || exit; done
	for page in fashion_mnist reuse mnist cifar10 chapter10; do $(BIN)/python -m dnn_techniques report $$page || exit; done
	$(BIN)/python -m dnn_techniques report documents

replay: $(VENV) ## train the replayable runs on TensorFlow's random numbers (about an hour) and write their page
	for group in $(REPLAYED); do \
		$(BIN)/python -m dnn_techniques run $$group --replay || exit; \
		$(BIN)/python -m dnn_techniques run $$group --replay --perturbation 1e-7 || exit; \
	done
	$(BIN)/python -m dnn_techniques report --replay

transfer-study: $(VENV) ## measure how often transfer helps over all pairs of classes (hours); goes on when given again
	$(BIN)/python -m dnn_techniques transfer-study $(ARGS)

bench: .venv/bench ## measure the speed beside a bare loop, plain Lightning and Keras (installs TensorFlow; minutes)
	@echo "# How fast the nets train"
	@for threads in 1 2; do \
		TF_NUM_INTRAOP_THREADS=$$threads TF_NUM_INTEROP_THREADS=$$threads \
			$(BIN)/python -m benchmarks.training --threads $$threads || exit; \
	done
	@TF_NUM_INTRAOP_THREADS=1 TF_NUM_INTEROP_THREADS=1 $(BIN)/python -m benchmarks.mc_dropout
	@$(BIN)/python -m benchmarks.seeds
	@$(BIN)/python -m benchmarks.changes
	@$(BIN)/python -m benchmarks.startup

faults: $(VENV) ## kill, damage and starve runs, and write docs/results/faults.md (35 minutes); goes on when given again
	$(BIN)/python -m faults --page $(ARGS)

gpu-check: $(VENV) ## run the tests, kill trainings and measure the speed on a GPU, and write docs/results/gpu.md
	@$(BIN)/python -c 'import sys, torch; torch.cuda.is_available() or sys.exit("error: no CUDA device here; make gpu-check needs one")'
	$(BIN)/python -m pytest -q -n 4 -m gpu $(ARGS)
	$(BIN)/python -m faults --part kills --cases 200 --jobs 4 --device cuda --work build/faults-cuda
	for what in training mc_dropout seeds; do \
		$(BIN)/python -m benchmarks.$$what --device cuda || exit; \
	done > docs/results/gpu.md.part
	mv docs/results/gpu.md.part docs/results/gpu.md

browser-check: .venv/browser ## open the HTML report in a headless Chromium: the one in DNN_TECHNIQUES_BROWSER or in PATH, else Playwright's
	$(BIN)/python -m pytest -q -m browser $(ARGS)

docs: .venv/docs ## run the examples and build the site in build/docs (installs Sphinx; a minute)
	$(BIN)/python -m sphinx -q -W --keep-going -d build/doctrees docs build/docs
	@echo "open build/docs/index.html"

bench-folding: $(VENV) ## measure what folding batch normalization gains in inference
	@$(BIN)/python -m benchmarks.fold_batch_norm

bench-caching: $(VENV) ## measure what caching the outputs of frozen layers saves
	@$(BIN)/python -m benchmarks.caching

oracle: .venv/oracle ## compare with real Keras on random nets (installs TensorFlow; minutes)
	$(BIN)/python -m pytest -q -m oracle tests/oracle $(ARGS)

.venv/browser: $(VENV)
	$(BIN)/python -m pip install --disable-pip-version-check --editable '.[dev,browser]'
	@touch $@

.venv/docs: $(VENV)
	$(BIN)/python -m pip install --disable-pip-version-check --editable '.[dev,docs]'
	@touch $@

.venv/bench: $(VENV)
	$(BIN)/python -m pip install --disable-pip-version-check --editable '.[dev,bench]'
	@touch $@

lint: $(VENV) ## check style and formatting
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV) ## check the types
	$(BIN)/mypy

clean: ## remove .venv and caches; runs/ stays
	rm -rf .venv .mypy_cache .pytest_cache .ruff_cache

# Made last, so that a broken installation is repeated.
$(VENV): pyproject.toml
	@test -n "$(PYTHON)" || { echo "error: no Python 3.11 or newer found; install one, or say PYTHON=/path/to/python" >&2; exit 2; }
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --disable-pip-version-check --editable '.[dev]'
	@touch $@

.venv/oracle: $(VENV)
	$(BIN)/python -m pip install --disable-pip-version-check --editable '.[dev,oracle]'
	@touch $@

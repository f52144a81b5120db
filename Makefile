# The two commands are `make run` and `make test`; each does all of its set-up.
.DEFAULT_GOAL := help
.PHONY: help run test build bench matrix chaos fuzz terraform flink format lint sanitize sanitize-thread ratchet reference clean
MAKEFLAGS += --no-print-directory
PYTHON = .venv/bin/python
BUILD = build
JOBS ?= $(shell nproc)
CONFIGURE = cmake -S . -G Ninja -Wno-dev

help: ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1\t\2/' | expand -t 18

run: ## build, start local AWS and the service, run the demo application until Ctrl-C
	@scripts/setup.sh build python
	@scripts/build.sh $(BUILD) Release sluice
	@exec $(PYTHON) scripts/run_demo.py

test: ## all tests; ends with "N passed, N failed"
	@scripts/setup.sh
	@$(PYTHON) scripts/run_tests.py --build

build: ## the binary, build/sluice
	@scripts/setup.sh build
	@scripts/build.sh $(BUILD) Release sluice

bench: ## Nexmark: answers, events per second, memory; figures of state, recovery, rescaling, connectors, of the service's API
	@scripts/setup.sh build python js kafka
	@scripts/build.sh $(BUILD) Release sluice
	@$(PYTHON) bench/nexmark.py
	@$(PYTHON) scripts/bench_state.py
	@$(PYTHON) scripts/bench_service.py
	@$(PYTHON) bench/brokers.py

matrix: ## the SQL corpus at all batch sizes and parallelisms, with jobs killed and restored or rescaled
	@scripts/setup.sh build python
	@scripts/build.sh $(BUILD) Release sluice
	@$(PYTHON) scripts/run_matrix.py

chaos: ## kill -9 of the engine at some 300 moments, broken checkpoints
	@scripts/setup.sh build python
	@scripts/build.sh $(BUILD) Release sluice
	@SLUICE_CHAOS_KILLS=300 $(PYTHON) -m pytest -q --timeout=1200 tests/chaos

terraform: ## Terraform's aws provider against the service, all scenarios; needs terraform and the provider
	@scripts/setup.sh build python
	@scripts/build.sh $(BUILD) Release sluice fake_engine
	@SLUICE_TERRAFORM=all $(PYTHON) -m pytest -q --timeout=1200 tests/api/test_terraform.py

flink: ## programs for Apache Flink in the shape of the tutorials, unmodified, through the service; needs root
	@scripts/setup.sh build python js kafka
	@FLINK_APPS=all scripts/setup.sh flink_apps
	@scripts/build.sh $(BUILD) Release sluice
	@SLUICE_FLINK=all SLUICE_PATIENCE=900 $(PYTHON) -m pytest -q --timeout=3600 tests/flink

fuzz: ## the parser, the formats and what brokers send under libFuzzer, a minute each; needs clang
	@scripts/setup.sh build
	@scripts/fuzz.py

format: ## format all C++ files
	@scripts/setup.sh build
	@scripts/cxx_files.sh | xargs -P $(JOBS) -n 20 clang-format -i

lint: ## layers, format, clang-tidy on changed files
	@scripts/setup.sh build
	@scripts/check_layers.py
	@scripts/cxx_files.sh | xargs -P $(JOBS) -n 20 clang-format --dry-run -Werror
	@scripts/tidy_changed.sh $(BUILD)

sanitize: ## unit and SQL tests under AddressSanitizer and UBSan
	@scripts/setup.sh
	@SLUICE_SANITIZE=address,undefined scripts/build.sh build-sanitize Dev all
	@$(PYTHON) scripts/run_tests.py --build-folder build-sanitize --only unit,sql

# What needs no more than threads: the sanitizer makes everything some ten times slower.
THREADED = engine_runtime_test engine_state_test engine_connectors_test engine_job_test
sanitize-thread: ## tests of runtime, state, connectors and jobs under ThreadSanitizer
	@scripts/setup.sh build python
	@SLUICE_SANITIZE=thread scripts/build.sh build-sanitize-thread Dev $(THREADED) sluice
	@$(PYTHON) scripts/run_tests.py --build-folder build-sanitize-thread --only unit,sql

ratchet: ## record which blocks of ../shared/sqltests pass now (tests/sql/shared_ratchet.txt)
	@scripts/setup.sh build python
	@scripts/build.sh $(BUILD) Release sluice
	@$(PYTHON) scripts/run_tests.py --only shared --write-ratchet

reference: ## write docs/reference from the registries
	@scripts/setup.sh build
	@scripts/build.sh $(BUILD) Release sluice
	@$(BUILD)/sluice reference docs/reference

clean: ## remove the build folders (not the set-up)
	rm -rf build build-sanitize build-sanitize-thread

# Every target sets up what it needs, in .venv, from nothing but Python >= 3.11 (and uv, if it is there).
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.NOTPARALLEL:
MAKEFLAGS += --no-builtin-rules --no-print-directory
# An exchange is five processes: whoever has them compile all their modules at each start waits twice as long.
unexport PYTHONDONTWRITEBYTECODE

VENV := .venv
BIN := $(VENV)/bin
PY := $(BIN)/python
RUN := $(VENV)/.made-run
DEV := $(VENV)/.made-dev
TWIN := $(VENV)/.made-twin
NODE := contracts/node_modules/.made
ARGS ?=
# Tests side by side: most of their time they wait for servers. Files begin in the order of their names: whole exchanges
# come long before unit tests, which fill the end.
WORKERS ?= 2
SIDE_BY_SIDE := -n $(WORKERS) --dist loadfile --no-loadscope-reorder

# What is compiled, and the classes that compiled code knows by heart.
KERNEL := $(wildcard src/outcry/kernel/*.py src/outcry/kernel/*.pxd)
KERNEL += $(foreach part,$(wildcard src/outcry/services/gateway/*.pxd),$(part) $(part:.pxd=.py))
RULES := $(wildcard $(addprefix src/outcry/,domain/*.p* domain/ledger/*.p* messages/*.p* runtime/*rules*.py runtime/fold_*.p* runtime/big_endian.p* services/asset/events.p* services/history/hot_rows.p* adapters/postgres/copy_rows.p*))
# What kernel and ledger decide runs on both forms of either.
BOTH := $(wildcard tests/unit/kernel tests/unit/domain tests/model/kernel tests/model/domain tests/model/ledger)
BENCHES := $(sort $(wildcard bench/bench_*.py))

# ----------------------------------------------------------------------------- for everybody

.PHONY: help
help: ## Show this list
	@awk 'BEGIN {FS = ":.*## "} /^[a-z%_-]+:.*## / {printf "  %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: up
up: $(RUN) $(TWIN) ## Start a whole exchange on this machine (ARGS="..." goes to `outcry up`)
	$(BIN)/outcry up $(ARGS)

.PHONY: demo
demo: $(RUN) $(TWIN) ## Let bots trade on an exchange of their own (ARGS="--seconds 30")
	$(BIN)/outcry demo $(ARGS)

.PHONY: stop
stop: $(RUN) ## Stop the exchange that `make up` started
	$(BIN)/outcry stop $(ARGS)

.PHONY: replay
replay: $(RUN) $(TWIN) ## Trade a recorded day again (ARGS="--markets FILE --prices FILE")
	$(BIN)/outcry replay $(ARGS)

.PHONY: verify
verify: $(RUN) $(TWIN) ## Rebuild the ledger from its log and compare everything with it
	$(BIN)/outcry verify $(ARGS)

# ----------------------------------------------------------------------------- for contributors

.PHONY: check
check: $(DEV) ## Lint, formatting, types, import rules, lengths
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(PY) tools/ratchet.py

.PHONY: format
format: $(DEV) ## Let ruff format the tree and mend what it can
	$(BIN)/ruff check --fix-only .
	$(BIN)/ruff format .

.PHONY: fetch
fetch: ## Fetch what contract tests and development chains need: npm, pinned
	npm ci --ignore-scripts --no-audit --no-fund --prefix contracts
	@touch $(NODE)

# It wants other versions of what both use: so it stands beside the environment, not in it.
build/py-evm: Makefile
	OUTCRY_PURE=1 tools/venv.sh $@ 'py-evm==0.12.1b1'
	$(PY) -c 'import sysconfig; print(sysconfig.get_path("purelib"))' > $$($@/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/outcry.pth
	@touch $@

.PHONY: contracts-py-evm
contracts-py-evm: $(DEV) build/py-evm ## Try the contracts on a second EVM, py-evm (about ten minutes)
	OUTCRY_EVM=py-evm PYTHONPATH=$(CURDIR)/src:$(CURDIR) build/py-evm/bin/python -m pytest -q -n $(WORKERS) -p no:cacheprovider --timeout 1800 $(addprefix tests/contracts/test_,escrow.py matching.py signatures.py model.py)

build/hardhat:
	npm install --no-save --ignore-scripts --no-audit --no-fund --prefix $@ hardhat@2.29.1

.PHONY: chain-hardhat
chain-hardhat: $(DEV) $(TWIN) $(NODE) build/hardhat ## Settle trades through another node than anvil, Hardhat's
	OUTCRY_HARDHAT=$(CURDIR)/build/hardhat $(PY) -m pytest -q -n 0 tests/integration/chain/test_other_node.py

.PHONY: contracts
contracts: $(DEV) ## Compile contracts/ into the artefacts that the exchange carries
	$(PY) tools/write_contracts.py

.PHONY: proto
proto: $(DEV) ## Write src/outcry/rpc anew from proto/
	$(PY) tools/proto.py

.PHONY: test
test: $(DEV) $(TWIN) $(NODE) ## All tests; those of kernel and domain on both kernels
	$(if $(BOTH),OUTCRY_PURE=1 $(PY) -m pytest $(SIDE_BY_SIDE) $(BOTH))
	$(PY) -m pytest $(SIDE_BY_SIDE) $(ARGS)

COUNT ?= 100
.PHONY: chaos-chain
chaos-chain: STORMS = $(if $(filter command line,$(origin COUNT)),$(COUNT),20)
chaos-chain: $(DEV) $(TWIN) ## Let COUNT storms and deaths (20) pass over settling on a real node
	CHAOS_COUNT=$(STORMS) $(PY) -m pytest -q tests/integration/chaos_chain

.PHONY: chaos
chaos: $(DEV) $(TWIN) ## Strike a distributed exchange COUNT times (100) and check it after each round
	PYTHONPATH=. $(PY) tests/integration/chaos/long_run.py $(COUNT) $(ARGS)

.PHONY: bench
bench: $(DEV) $(TWIN) ## Every bench, one after the other
	@for script in $(BENCHES); do echo "== $$script"; $(PY) $$script $(ARGS); done

bench-%: $(DEV) $(TWIN) ## One bench: bench-kernel runs bench/bench_kernel.py
	$(PY) bench/bench_$*.py $(ARGS)

.PHONY: check-kernel
check-kernel: $(DEV) $(TWIN) ## Fail if the C of the kernel's inner part touches a Python object
	$(PY) tools/check_kernel_c.py

.PHONY: asan-kernel
asan-kernel: $(DEV) ## Feed noise to a kernel with bounds checks compiled in (ARGS="--records N")
	CFLAGS="-fsanitize=address,undefined -fno-sanitize=alignment -fno-sanitize-recover=all -O1" \
	  $(PY) setup.py --quiet build_ext --build-lib build/asan --build-temp build/asan-temp
	LD_PRELOAD="$$($${CC:-cc} -print-file-name=libasan.so)" ASAN_OPTIONS=detect_leaks=0 \
	  $(PY) -m tests.model.kernel.noise_run build/asan $(ARGS)

.PHONY: mutants
mutants: $(DEV) $(TWIN) ## Break laws on purpose, one by one, and see their tests fail (ARGS="NAME ...")
	$(PY) tools/mutants.py $(ARGS)

.PHONY: fuzz-tcp
fuzz-tcp: INPUTS = $(if $(filter command line,$(origin COUNT)),$(COUNT),200000)
fuzz-tcp: $(DEV) $(TWIN) ## Send COUNT (200000) spoilt inputs to the TCP protocol, and a fifth of it over sockets
	$(PY) -m tests.model.tcp.long_run --inputs $(INPUTS) --connections $$(($(INPUTS) / 130)) $(ARGS)

.PHONY: clean
clean: ## Remove what was built; never touches data
	rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	rm -f src/outcry/kernel/compiled/*.so src/outcry/runtime/compiled/*.so

# ----------------------------------------------------------------------------- setting up

# What contracts are tested with; without Node.js their tests are skipped, and say so.
$(NODE): contracts/package-lock.json
	@$(MAKE) fetch || echo "npm gave nothing: what needs a real chain is left out"

# The package is installed without its compiled kernel, which has its own rule and is built once.
define install
	@echo "installing into $(VENV) ..."
	@OUTCRY_PURE=1 tools/venv.sh $(VENV) $(1)
	@touch $@
endef

$(RUN): pyproject.toml setup.py tools/venv.sh
	$(call install,-e . 'setuptools>=80')

$(DEV): pyproject.toml setup.py tools/venv.sh
	$(call install,-e '.[dev]')
	@touch $(RUN)

$(TWIN): $(KERNEL) $(RULES) setup.py | $(RUN)
	@$(PY) setup.py --quiet build_ext --inplace
	@touch $@

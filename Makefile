# facelogin. `make help` lists what there is to make; the work is done by small scripts in packaging/ and tests/demo/.

PREFIX ?= /usr
DESTDIR ?=

FACELOGIN_BIN_DIR := $(abspath $(or $(CARGO_TARGET_DIR),target))/release
export FACELOGIN_BIN_DIR

CARGO := packaging/cargo.sh
CACHE = $(shell . packaging/common.sh && printf %s "$$cache")
# As root nothing is left to skip: a test that does is one that failed.
WITH_DATA = $(if $(filter 0,$(shell id -u)),FACELOGIN_TEST_NO_SKIP=1) FACELOGIN_TEST_MODELS='$(CACHE)/models' FACELOGIN_TEST_PICTURES='$(CACHE)/pictures'

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help deps test-deps build rigged models pictures demo vm-base test vm test-vm test-seat test-greeter fuzz bench lint deny units install uninstall clean

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## /  make \1\t/p' $(firstword $(MAKEFILE_LIST)) | expand -t 18

deps: ## install missing build dependencies (Debian, Ubuntu; as root)
	@packaging/deps.sh

build: ## build everything in release
	$(CARGO) build --release --locked --workspace --bins --lib

# The PAM module in which tests can make a hook panic; in a place that nothing installs from.
rigged: build
	$(CARGO) build --release --locked -p pam-facelogin --features panic-injection --target-dir '$(FACELOGIN_BIN_DIR)/../panic-injection'

models: build ## obtain the model files and verify them
	@packaging/models.sh

pictures: ## obtain the portraits for demo and tests
	@tests/demo/pictures.sh

demo: deps build models pictures ## log in by face on a replayed camera, through real libpam (as root)
	@tests/demo/demo.sh

test-deps: deps
	@packaging/deps.sh --tests

# What the tests boot, kept in the cache: a kernel in user mode and a Debian.
vm-base: test-deps build
	@if [ "$$(id -u)-$$(uname -m)" = 0-x86_64 ]; then tests/vm/kernel.sh && tests/vm/image.sh; fi

test: test-deps build rigged models pictures vm-base ## run all tests
	$(WITH_DATA) $(CARGO) test --release --locked --workspace --no-fail-fast

test-vm: test-deps build rigged models pictures vm-base ## all that is tried in the booted system, the long ones too (as root; 8 minutes)
	$(WITH_DATA) $(CARGO) test --release --locked -p facelogin-tests --test vm -- $(or $(VM),--include-ignored)

vm: models pictures vm-base ## a root shell in the system that the tests boot, with a camera (as root)
	@tests/vm/run.sh shell

test-seat: deps build models pictures ## boot a Debian with a seat in qemu and log in there (as root; some minutes)
	@packaging/deps.sh qemu-system-x86 debootstrap e2fsprogs openssh-client
	@tests/seat/run.sh

test-greeter: deps build models pictures ## boot GDM's greeter in qemu and log in there (as root; a quarter of an hour)
	@packaging/deps.sh qemu-system-x86 debootstrap e2fsprogs
	@tests/greeter/run.sh

fuzz: deps ## look for inputs that break a promise, FUZZ_SECONDS (60) a target
	@tests/fuzz/run.sh

bench: deps build models pictures $(if $(BENCH),,vm-base) ## measure speed and memory, on made cameras or with BENCH='--camera auto' on yours (as root)
	$(WITH_DATA) '$(FACELOGIN_BIN_DIR)/bench' $(BENCH)
	@$(if $(BENCH),,tests/vm/bench.sh)

lint: deps ## formatting, licences and sources of dependencies, units, scripts, clippy
	$(CARGO) fmt --all --check
	@$(MAKE) --no-print-directory deny units
	@tests/check-docs.sh
	@if command -v shellcheck >/dev/null; then shellcheck -x -P SCRIPTDIR packaging/*.sh tests/*.sh tests/demo/*.sh tests/seat/*.sh tests/greeter/*.sh tests/vm/*.sh tests/vm/*/*.sh tests/fuzz/*.sh .ci/run; fi
	$(CARGO) clippy --release --locked --workspace --all-targets -- -D warnings

# Advisories are left to whoever has the network: their database is a repository that is fetched each time.
deny: ## check licences, bans and sources of dependencies
	@packaging/deny.sh check licenses bans sources

units: ## check the systemd units
	@packaging/check-units.sh

install: deps build models ## install, with PREFIX and DESTDIR; leaves PAM's stacks as they are
	@DESTDIR='$(DESTDIR)' PREFIX='$(PREFIX)' packaging/install.sh

uninstall: ## undo install; leaves configuration and faces
	@DESTDIR='$(DESTDIR)' PREFIX='$(PREFIX)' packaging/uninstall.sh

clean: ## remove what was built in this folder; the cache stays
	$(CARGO) clean

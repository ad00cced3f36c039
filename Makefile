# trader247: `make run` trades on paper, `make test` runs the tests. Both install what is missing.
# Everything else is listed by `make help`.

SWIFT ?= swift
SEEDS ?= 20000
ARGS ?=
PREFIX ?= /usr/local

.PHONY: help run test sim sim-build bench planted-bugs mutants conformance matrix storm abuse sanitize fuzz strategy-package format lint setup install clean

help:
	@echo "make run           trade on paper on the embedded exchange (Ctrl-C stops clean; ARGS='--help')"
	@echo "make test          all tests: core, store, shell, processes, a small simulation"
	@echo "make sim           the deterministic simulation in release (SEEDS=$(SEEDS), fresh seed each time)"
	@echo "make conformance   the official Python SDK and ccxt against 'trader247 sandbox'"
	@echo "make matrix        every fault at every phase of a live stop, judged by the sandbox's book"
	@echo "make storm         1,000 kill -9 at random moments in live trading, judged by the sandbox's book"
	@echo "make strategy-package  what 'trader247 strategy new' makes: built, tested, on paper, killed, a backtest"
	@echo "make sanitize      all tests under ThreadSanitizer, then AddressSanitizer (slow)"
	@echo "make fuzz          ten million damaged inputs, in release: the adapter's decoders, programs' answers, sandbox, control API"
	@echo "make abuse         what a local user, a page or a terminal can do to the binary"
	@echo "make planted-bugs  shows that the simulation catches bugs that we plant (takes a while)"
	@echo "make mutants       small changes to the core that tests and simulation must notice (ARGS='--help'; resumable)"
	@echo "make bench         the benchmarks of Benchmarks/README.md"
	@echo "make install       a release build to PREFIX=$(PREFIX), with the unit for systemd and the docs"
	@echo "make lint | format swift format, strict | in place"

setup:
	@Scripts/setup

run: setup
	@$(SWIFT) build --product trader247
	@$(SWIFT) build --product trader247-guardian
	@SWIFT_BACKTRACE=enable=no exec .build/debug/trader247 run $(ARGS)

test: setup
	$(SWIFT) build --build-tests
	@sync # what was built is written now, not under the commits that the tests time
	@SWIFT="$(SWIFT)" Scripts/test $(ARGS)

sim-build: setup
	@$(SWIFT) build -c release --product trader247-sim

sim: sim-build
	.build/release/trader247-sim --seeds $(SEEDS) $(ARGS)

conformance: setup
	@$(SWIFT) build --product trader247
	Tests/Conformance/run $(ARGS)

fuzz: setup
	@$(SWIFT) build -c release --product trader247-fuzz
	.build/release/trader247-fuzz --inputs 10000000 $(ARGS)

matrix: setup
	@$(SWIFT) build --product trader247
	Tests/Matrix/run $(ARGS)

storm: setup
	@$(SWIFT) build --product trader247
	@$(SWIFT) build --product trader247-guardian
	Tests/Storm/run $(ARGS)

abuse: setup
	@$(SWIFT) build --product trader247
	Tests/Abuse/run $(ARGS)

strategy-package: setup
	@$(SWIFT) build --product trader247
	Tests/StrategyPackage/run $(ARGS)

sanitize: setup
	Tests/Sanitizers/run thread $(ARGS)
	Tests/Sanitizers/run address $(ARGS)

planted-bugs: setup
	Tests/PlantedBugs/run

# Its own package, for only it needs swift-syntax. Build, mutants and results stay in .mutants, which `clean` keeps.
mutants: setup
	@$(SWIFT) build --package-path Tests/Mutants --scratch-path .mutants/tool
	@SWIFT="$(SWIFT)" .mutants/tool/debug/mutants $(ARGS)

bench: setup
	$(SWIFT) build -c release --static-swift-stdlib --product trader247
	$(SWIFT) build -c release --static-swift-stdlib --product trader247-guardian
	$(SWIFT) build -c release --static-swift-stdlib --product trader247-bench
	Benchmarks/run $(ARGS)

lint:
	$(SWIFT) format lint --strict --recursive Package.swift Sources Tests

format:
	$(SWIFT) format --in-place --recursive Package.swift Sources Tests

# With Swift's library in them, as in the image: what is installed needs no toolchain and starts where none can be read.
install: setup
	$(SWIFT) build -c release --static-swift-stdlib --product trader247
	$(SWIFT) build -c release --static-swift-stdlib --product trader247-guardian
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/lib/systemd/system $(DESTDIR)$(PREFIX)/share/doc/trader247
	install -m 0755 .build/release/trader247 .build/release/trader247-guardian $(DESTDIR)$(PREFIX)/bin
	sed 's#/usr/local#$(PREFIX)#g' deploy/systemd/trader247.service > $(DESTDIR)$(PREFIX)/lib/systemd/system/trader247.service
	install -m 0644 docs/*.md $(DESTDIR)$(PREFIX)/share/doc/trader247

clean:
	rm -rf .build

# One target per check. People, the git hooks and CI all call these, so a check means the same everywhere.
# `make` alone lists them. A setting can be given on the command line: `make fuzz FUZZTIME=5m`.

MODULE  := github.com/marquee-events/marquee
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
COMMIT  ?= $(shell git rev-parse --verify --quiet HEAD 2>/dev/null || echo unknown)
IMAGE   ?= marquee

# The version is told to the linker and not read from git by the go command: an image is built without .git,
# and a checkout that belongs to somebody else is no reason to fail.
BUILDFLAGS := -trimpath -buildvcs=false
LDFLAGS    := -s -w -X $(MODULE)/app/cli.Version=$(VERSION) -X $(MODULE)/app/cli.Commit=$(COMMIT)

BIN   := bin
TOOLS := $(BIN)/tools
export PATH := $(CURDIR)/$(TOOLS):$(PATH)

.DEFAULT_GOAL := help
.SUFFIXES:
.DELETE_ON_ERROR:

##@ Run

# exec: no shell stands between a signal and the process that has to act on it. On Ctrl-C the demo stops in order and
# ends with 0; make then says nothing, and ends by the signal that it was sent, as it always does.
.PHONY: run
run: build ## Build, then run the demo: a made-up provider, its feed, and the search. Ctrl-C stops it in order
	@exec $(BIN)/marquee demo

.PHONY: build
build: ## Build bin/marquee, stripped
	@CGO_ENABLED=0 go build $(BUILDFLAGS) -ldflags '$(LDFLAGS)' -o $(BIN)/marquee ./app/marquee

.PHONY: docker
docker: ## Build the image and ask it for its version
	docker build -f deploy/docker/Dockerfile --build-arg VERSION=$(VERSION) --build-arg COMMIT=$(COMMIT) \
		-t $(IMAGE):$(VERSION) -t $(IMAGE):latest .
	docker run --rm --read-only --cap-drop ALL $(IMAGE):$(VERSION) version

##@ Test

# Per package. Packages run side by side, so one that hangs costs this much and the whole stays far under twelve minutes.
TEST_TIMEOUT ?= 4m
PKG          ?= ./...

# Runs a command beside the servers that tests need, and ends them with it.
WITH_SERVERS := $(BIN)/testservers --

# A page is held against the rules of accessibility by a program that runs inside of it.
AXE := $(TOOLS)/web/node_modules/axe-core/axe.min.js

# What watches the service in production watches it in tests, built from its source in the version that is shipped.
WATCHERS := $(addprefix $(TOOLS)/,prometheus promtool alertmanager collector)

# What tests are told about what they need.
TEST_ENV := MARQUEE_PROOF_BINARY=$(CURDIR)/$(BIN)/marquee MARQUEE_TEST_AXE=$(CURDIR)/$(AXE) MARQUEE_TEST_TOOLS=$(CURDIR)/$(TOOLS)

.PHONY: test
test: need-cc $(TOOLS)/gotestsum $(TOOLS)/web $(WATCHERS) build testservers ## All tests, with the race detector, in shuffled order (PKG=./core/... for some)
	$(TEST_ENV) CGO_ENABLED=1 $(WITH_SERVERS) $(TOOLS)/gotestsum --format pkgname --format-hide-empty-pkg -- -race -shuffle=on -timeout $(TEST_TIMEOUT) $(PKG)

.PHONY: test-short
test-short: ## The quick tests, without servers and race detector, cached: for between two edits
	go test -short -timeout 1m $(PKG)

.PHONY: test-servers
test-servers: testservers ## Start PostgreSQL and Redis for tests run by hand, and say what to export. Ctrl-C ends them
	@exec $(BIN)/testservers

.PHONY: cover
cover: $(TOOLS)/web $(WATCHERS) build testservers ## Coverage of all packages by all tests, in coverage/
	@mkdir -p coverage
	$(TEST_ENV) $(WITH_SERVERS) go test -timeout $(TEST_TIMEOUT) -coverpkg=./... -coverprofile=coverage/cover.out $(PKG)
	@go tool cover -html=coverage/cover.out -o coverage/index.html
	@go tool cover -func=coverage/cover.out | tail -n 1
	@echo "line by line: coverage/index.html"

BENCH      ?= .
BENCHCOUNT ?= 1

.PHONY: bench
bench: testservers ## Benchmarks (BENCH=regexp, BENCHCOUNT=10, PKG=...)
	$(WITH_SERVERS) go test -run '^$$' -bench '$(BENCH)' -benchmem -count $(BENCHCOUNT) -timeout 30m $(PKG)

##@ Prove: the long forms; each has a short one among the tests

KILLS ?= 100
SEED  ?= 0

# Built and then run, because go test shows the output of a test that passes only among a line for each step.
.PHONY: proof-crash
proof-crash: ## Kill whole processes at each point, and KILLS of them at random (SEED repeats the moments): nothing is lost, nothing twice
	@go test -c -o $(BIN)/crash.test ./app/proof/crash
	@echo "$(KILLS) processes die at random, others at each point where data changes hands: this takes about two minutes"
	@$(BIN)/crash.test -test.timeout 20m -kills $(KILLS) -seed $(SEED) -events 600 -account

RUNS ?= 10

.PHONY: proof-fleet
proof-fleet: testservers ## Let processes share the work and kill them through RUNS issues of a feed (SEED repeats the choices): they are one service
	@go test -c -o $(BIN)/fleet.test ./app/proof/fleet
	@echo "eight processes read $(RUNS) issues, and die of it: this takes about eight seconds an issue"
	@cd app/proof/fleet && $(CURDIR)/$(WITH_SERVERS) $(CURDIR)/$(BIN)/fleet.test -test.timeout 1h -runs $(RUNS) -seed $(SEED) -events 4000 -account

OUTAGE ?= 1h

.PHONY: proof-outage
proof-outage: ## Take the broker and the store away for OUTAGE, under way; nothing is parked, nothing is lost
	MARQUEE_PROOF_OUTAGE=$(OUTAGE) go test -count=1 -v -timeout 24h ./app/proof/outage

FOR ?= 2m

.PHONY: proof-severed
proof-severed: build testservers ## Kill PostgreSQL, Redis, NATS and the provider under load for FOR, then have them hang as long: each search is answered, unchanged; and a wrong value is found
	@go test -c -o $(BIN)/severed.test ./app/proof/severed
	@echo "everything is away for $(FOR), twice: this takes two minutes longer than that"
	@cd app/proof/severed && $(TEST_ENV) $(CURDIR)/$(WITH_SERVERS) $(CURDIR)/$(BIN)/severed.test -test.timeout 24h -test.v -for $(FOR)

FEED_MB ?= 500

.PHONY: proof-memory
proof-memory: build ## Read a feed of FEED_MB with thousands of zones an event in less than 200 MB
	MARQUEE_PROOF_BINARY=$(CURDIR)/$(BIN)/marquee MARQUEE_PROOF_FEED_MB=$(FEED_MB) go test -count=1 -v -timeout 2h ./app/proof/memory

FAULT ?=

.PHONY: proof-observe
proof-observe: $(WATCHERS) build testservers ## Do each fault to the service and see that each alert reaches people and is over afterwards, and that each query of rules and panels answers (FAULT=words for some); needs root
	@go test -c -o $(BIN)/observe.test ./app/proof/observe
	@cd app/proof/observe && $(TEST_ENV) $(CURDIR)/$(WITH_SERVERS) $(CURDIR)/$(BIN)/observe.test -test.timeout 40m -test.v -test.run OfEverything -all -fault '$(FAULT)'

EVENTS    ?= 100000
CONSUMERS ?= 2

.PHONY: proof-throughput
proof-throughput: testservers ## Read a feed of EVENTS by whole processes into a real PostgreSQL: events a second, and what each part costs
	@go test -c -o $(BIN)/throughput.test ./app/proof/throughput
	@$(WITH_SERVERS) $(BIN)/throughput.test -test.timeout 30m -events $(EVENTS) -consumers $(CONSUMERS) -figures

CLOCK_SECONDS ?= 70

.PHONY: proof-hit-ratio
proof-hit-ratio: ## Ask for answers while a catalogue of 50,000 events changes: how many are kept, by days, and where every change drops all
	@go test -c -o $(BIN)/hitratio.test ./app/proof/hitratio
	@$(BIN)/hitratio.test -test.timeout 30m -events 50000 -seconds $(CLOCK_SECONDS) -figures

RATE ?= 1000
RARE ?= 10

.PHONY: proof-overhead
proof-overhead: ## Answer RATE requests a second watched and unwatched, side by side: processor time a request, at most 1.3 times (one of RARE is new)
	@go test -c -o $(BIN)/overhead.test ./app/proof/overhead
	@echo "five processes take turns: this takes about two minutes, and wants a machine that has little else to do"
	@$(BIN)/overhead.test -test.timeout 20m -test.run Overhead -judge -rate $(RATE) -rare $(RARE)

.PHONY: proof-search-cost
proof-search-cost: EVENTS = 1000000
proof-search-cost: LONG = 0
proof-search-cost: ## Ask for what nobody asked before among EVENTS in memory, of which one in LONG lasts for weeks, beside net/http sending the same bytes: processor time a request, at most 1.8 times
	@go test -c -o $(BIN)/searchcost.test ./app/proof/searchcost
	@echo "two processes take turns: this takes about two minutes, and wants a machine that has little else to do"
	@$(BIN)/searchcost.test -test.timeout 20m -test.run SearchCost -judge -events $(EVENTS) -long $(LONG)

SEARCHES ?= 500
CHANGES  ?= 1000
COMMITS  ?= 500
WINDOW   ?= 60s

.PHONY: proof-index
proof-index: EVENTS = 1000000
proof-index: testservers ## Search EVENTS in memory, from SQLite and from PostgreSQL: memory, loading, and following CHANGES a second beside SEARCHES; a commit is visible within a second
	@go test -c -o $(BIN)/readmodel.test ./app/proof/readmodel
	@echo "$(EVENTS) events are put into two stores and loaded from them: this takes about ten minutes, and wants a machine that has little else to do"
	@$(WITH_SERVERS) $(BIN)/readmodel.test -test.timeout 2h -events $(EVENTS) -commits $(COMMITS) -window $(WINDOW) -searches $(SEARCHES) -changes $(CHANGES) -judge

FUZZTIME ?= 20s

.PHONY: fuzz
fuzz: ## Every fuzz target in turn, FUZZTIME each; what it finds becomes a file under testdata/fuzz: commit it
	@grep -rHoE '^func Fuzz[A-Z][A-Za-z0-9_]*' --include='*_test.go' . \
	| sed -E 's,/[^/]*:func , ,' | sort | while read -r pkg target; do \
		echo "== $$pkg $$target"; \
		go test -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 10x "$$pkg" </dev/null || exit 1; \
	done

##@ Show

.PHONY: screenshots
screenshots: $(TOOLS)/web testservers ## Take the pictures in docs/pictures anew, of a made-up programme
	MARQUEE_TEST_SCREENSHOTS=$(CURDIR)/docs/pictures $(WITH_SERVERS) go test -count=1 -timeout 3m -run '^TestPictures$$' ./adapters/httpapi

.PHONY: incident
incident: $(WATCHERS) build testservers ## Let a database become slow and die, and draw what people on call see of it into docs/pictures/incident
	@echo "three minutes of an incident: its numbers are new each time, and docs/operations/an-incident.md tells those of one"
	$(TEST_ENV) MARQUEE_INCIDENT_PICTURES=$(CURDIR)/docs/pictures/incident $(WITH_SERVERS) go test -count=1 -v -timeout 10m -run '^TestIncident$$' ./app/proof/observe

##@ Check

.PHONY: lint
lint: lint-go lint-mod lint-workflows lint-openapi lint-shell ## All the linters below

.PHONY: lint-go
lint-go: $(TOOLS)/golangci-lint ## golangci-lint: code and its formatting; .golangci.yml has the reasons
	$(TOOLS)/golangci-lint run ./...

.PHONY: lint-mod
lint-mod: ## go.mod and go.sum hold what the code needs, and no more
	go mod tidy -diff

# shellcheck and pyflakes are switched off inside: it would use them where they happen to be installed.
.PHONY: lint-workflows
lint-workflows: $(TOOLS)/actionlint ## actionlint: the hosted pipeline
	$(TOOLS)/actionlint -shellcheck= -pyflakes= .github/workflows/*.yml

.PHONY: lint-openapi
lint-openapi: $(TOOLS)/web ## Redocly: the description of the API
	@REDOCLY_TELEMETRY=off REDOCLY_SUPPRESS_UPDATE_NOTICE=true node --no-deprecation $(TOOLS)/web/node_modules/@redocly/cli/bin/cli.js \
		lint --max-problems 1000 --config tools/web/redocly.yaml adapters/httpapi/openapi.yaml

# A linter that is neither a Go module nor in npm: it runs where it is installed, as on the hosted pipeline; syntax is checked everywhere.
SCRIPTS := .ci/run .githooks/pre-commit .githooks/pre-push

.PHONY: lint-shell
lint-shell: ## bash -n, and shellcheck where it is installed
	@for script in $(SCRIPTS); do bash -n "$$script" || exit 1; done
	@if command -v shellcheck >/dev/null; then shellcheck $(SCRIPTS); else echo "shellcheck is not installed: syntax checked only"; fi

.PHONY: vet
vet: ## go vet, tests included
	go vet ./...

.PHONY: vuln
vuln: $(TOOLS)/govulncheck ## Known vulnerabilities that the code can reach (needs the network: the Go vulnerability database)
	$(TOOLS)/govulncheck ./...

.PHONY: fmt-check
fmt-check: $(TOOLS)/golangci-lint ## Fail when a file is not formatted, and show how it should be
	@$(TOOLS)/golangci-lint fmt --diff ./... || { echo "run 'make fmt'"; exit 1; }

# Generated code is named *.gen.go and nothing else is, so that linters, reviews and this check know it by name.
GENERATED := find . -name '*.gen.go' -not -path './$(BIN)/*' -exec cksum {} + | sort -k 3

.PHONY: check-generated
check-generated: ## Fail when generated code is stale (it is brought up to date on the way)
	@before=$$($(GENERATED)); go generate ./... || exit 1; after=$$($(GENERATED)); \
	if [ "$$before" = "$$after" ]; then echo "generated code is up to date"; else \
		echo "generated code was stale and is now regenerated; look at it and commit it. Checksum, size, name, as they are now:"; \
		echo "$$after" | while read -r line; do case "$$before" in *"$$line"*) ;; *) echo "  $$line";; esac; done; exit 1; fi

##@ Change

.PHONY: fmt
fmt: $(TOOLS)/golangci-lint ## Format the code
	$(TOOLS)/golangci-lint fmt ./...

.PHONY: generate
generate: ## Run go generate; the generators are those pinned under tools/
	go generate ./...

.PHONY: tidy
tidy: ## Bring go.mod and go.sum in line with the code
	go mod tidy

.PHONY: hooks
hooks: ## Let git run .githooks before each commit and push
	git config core.hooksPath .githooks
	@echo "before a commit: formatting and vet; before a push: everything CI checks"

.PHONY: tools
tools: $(patsubst tools/%/go.mod,$(TOOLS)/%,$(wildcard tools/*/go.mod)) $(TOOLS)/web ## Build the pinned tools into bin/tools (the targets build those they need)

.PHONY: clean
clean: ## Remove what was built and measured; data/ stays
	rm -rf $(BIN) coverage

# Built once into a folder, and again when a pin changes: a second start takes a fifth of the time of `go tool`,
# and outlives the trimming of the build cache. GOOS and GOARCH are emptied because a tool runs here, even when
# the build is for elsewhere.
#
# Prometheus without the clouds that it could discover targets in (DNS is what ours uses), and what watches tests without optimisation: it has little
# to do there, and is built in two thirds of the time.
$(TOOLS)/prometheus $(TOOLS)/promtool: TOOLFLAGS := -tags 'remove_all_sd enable_dns_sd' -gcflags 'all=-N -l'
$(TOOLS)/alertmanager $(TOOLS)/collector: TOOLFLAGS := -gcflags 'all=-N -l'
$(TOOLS)/%: tools/%/go.mod tools/%/go.sum
	@echo "building $* (once)"
	@GOOS= GOARCH= GOFLAGS= GOGC=400 go -C tools/$* build -buildvcs=false -ldflags '-s -w' $(TOOLFLAGS) -o $(CURDIR)/$@ tool
	@touch $@

# What checks pages and the description of the API comes from npm, as tools/web/package-lock.json has it, and runs no scripts
# of its own when it is installed.
$(TOOLS)/web: tools/web/package.json tools/web/package-lock.json
	@command -v npm >/dev/null || { echo "npm is not installed: the checks of pages and of the API's description need Node.js 20 or newer with npm" >&2; exit 1; }
	@echo "installing web tools (once)"
	@rm -rf $@ && mkdir -p $@ && cp $^ $@
	@npm ci --prefix $@ --ignore-scripts --no-audit --no-fund --loglevel error >/dev/null
	@touch $@

# Run as a binary, not by go run: that passes neither signals nor exit codes on.
.PHONY: testservers
testservers:
	@go build -buildvcs=false -o $(BIN)/testservers ./tools/testservers

# The race detector links with C. Nothing else here does.
.PHONY: need-cc
need-cc:
	@set -- $$(go env CC); command -v "$$1" >/dev/null || { \
		echo "make test needs a C compiler for the race detector, and $${1:-cc} is not installed: install gcc, or say CC=clang." >&2; \
		echo "Without one: make test-short" >&2; exit 1; }

.PHONY: help
help:
	@colour=''; plain=''; if [ -t 1 ] && [ -z "$$NO_COLOR" ]; then colour=$$(printf '\033[36m'); plain=$$(printf '\033[0m'); fi; \
	awk -v colour="$$colour" -v plain="$$plain" 'BEGIN { FS = ":.*## " } \
		/^##@ / { printf "\n%s\n", substr($$0, 5) } \
		/^[a-z-]+:.*## / { printf "  %s%-16s%s %s\n", colour, $$1, plain, $$2 }' $(firstword $(MAKEFILE_LIST)); \
	printf '\nNew here: make run, then make test. Needed: Go, and for the tests a C compiler and Docker, or PostgreSQL and Redis.\n'

# karnak: `make` shows what there is. Every build here uses the same flags, so that they share one build cache.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

GO       ?= go
GOFMT     = $(shell $(GO) env GOROOT)/bin/gofmt
VERSION  ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
BUILD    := -buildvcs=false -ldflags '-X karnak/internal/app.Version=$(VERSION)'
TESTPG   := $(GO) run ./tools/testpg
SDL      := $(GO) run ./tools/sdl
# The cache is of this folder alone: what another clone left in a common one carries that clone's paths.
LINT     := GOLANGCI_LINT_CACHE=$(CURDIR)/bin/lint $(GO) tool -modfile=tools/lint/go.mod golangci-lint
TEST     ?= ./...
BENCH    ?=
REALTIME ?=
CRASH    ?=
CLUSTER  ?=
COVERED   = $(shell $(GO) list ./... | grep -Ev '(gen|/graph/model|test)(/|$$)' | paste -sd,)

export CGO_ENABLED ?= 0

##@ Use

.PHONY: help
help: ## Show this help
	@awk 'BEGIN {FS = ":.*## "} \
		/^##@ / {printf "\n%s\n", substr($$0, 5)} \
		/^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: run
run: build ## Build and serve with the demo at http://localhost:8080/
	exec ./bin/karnak serve --seed-demo

.PHONY: cluster
cluster: build ## Build and serve with three nodes on a PostgreSQL and a NATS of their own (CLUSTER='-bus routes')
	@$(GO) build -buildvcs=false -o bin/cluster ./tools/cluster
	@exec $(TESTPG) -- bin/cluster -karnak bin/karnak $(CLUSTER)

.PHONY: build
build: ## Build bin/karnak, one static binary
	$(GO) build $(BUILD) -o bin/karnak ./cmd/karnak

.PHONY: docker
docker: ## Build the container image karnak:latest
	docker build --build-arg VERSION=$(VERSION) -t karnak:latest .

.PHONY: clean
clean: ## Remove what was built; the data stays
	rm -rf bin coverage.out

##@ Test

.PHONY: test
test: ## Run every test, on SQLite and on a PostgreSQL of its own (TEST=./authz/... for some)
	@$(TESTPG) -- $(GO) test $(TEST)

.PHONY: test-race
test-race: ## Run the tests with the race detector (needs a C compiler)
	@CGO_ENABLED=1 $(TESTPG) -- $(GO) test -race $(TEST)

.PHONY: cover
cover: ## Tell what the tests run; fails when it is under 80 % of the hand-written code
	@$(TESTPG) -- $(GO) test -coverpkg='$(COVERED)' -coverprofile=coverage.out ./... >/dev/null
	@$(GO) run ./tools/cover -min 80 coverage.out

.PHONY: seeded
seeded: ## Put faults of authorisation in, one at a time: the tests have to find each (ONLY=7,12 for some)
	@$(TESTPG) -- $(GO) run ./test/matrix/seeded $(if $(ONLY),-only $(ONLY)) -table docs/security-seeded.md

.PHONY: bench
bench: build ## Measure karnak beside hand-written floors, on databases that write to disk (BENCH='-only nested')
	@$(TESTPG) -durable -- $(GO) run ./bench -karnak bin/karnak $(BENCH)

.PHONY: bench-realtime
bench-realtime: build ## Measure subscriptions beside a floor and gqlgen's own transport (REALTIME='-subscribers 10000')
	@$(GO) run ./bench/realtime -karnak bin/karnak $(REALTIME)

.PHONY: bench-answers
bench-answers: build ## Measure the tokens of 200 answers of language models beside a bare relay
	@$(GO) run ./bench/realtime -karnak bin/karnak -shared -answers 200 -rate 50 $(REALTIME)

.PHONY: crash
crash: ## Kill karnak 300 times under load on each engine, on databases that write to disk (CRASH='-cycles 50')
	@$(GO) run ./test/crash -engine sqlite $(CRASH)
	@$(TESTPG) -durable -- $(GO) run ./test/crash -engine postgres $(CRASH)

.PHONY: crash-failpoints
crash-failpoints: ## End karnak 20 times between every two steps of a write, on each engine
	@$(GO) run ./test/crash -failpoints -engine sqlite -cycles 20 $(CRASH)
	@$(TESTPG) -durable -- $(GO) run ./test/crash -failpoints -engine postgres -cycles 20 $(CRASH)

.PHONY: crash-controls
crash-controls: ## Build each known fault into karnak and see that the crash test finds it
	@$(TESTPG) -durable -- $(GO) run ./test/crash -controls -cycles 12 $(CRASH)

.PHONY: crash-power
crash-power: ## Cut the power of SQLite's disk 100 times, through FUSE (Linux, root)
	@$(GO) run ./test/crash -power -cycles 100 $(CRASH)

##@ Check

.PHONY: lint
lint: ## Lint with the pinned golangci-lint
	@$(LINT) run ./...

.PHONY: verify
verify: ## Generate everything anew in a copy and fail where it differs
	@./tools/verify

.PHONY: schema-check
schema-check: ## Lint the schema; fail on breaking changes and when the published contract is not fresh
	@$(SDL) lint
	@$(SDL) check

.PHONY: migrate-check
migrate-check: ## Fail when the entities and the migrations differ
	@$(TESTPG) -- $(GO) run ./tools/migrate -check

##@ Change

.PHONY: gen
gen: ## Generate: ent, then gqlgen, then format, then the README's table
	$(GO) generate ./ent
	$(GO) run ./tools/gqlgen
	$(GOFMT) -w ent/entgen graph resolvers
	$(GO) run ./tools/docs

.PHONY: schema
schema: ## Publish the merged schema (BREAK=1 where a break is meant)
	@$(SDL) print $(if $(BREAK),-break)

.PHONY: migrate
migrate: ## Write the next versioned migration: make migrate NAME=add_channel_topic
	@$(if $(NAME),,$(error give it a name: make migrate NAME=add_channel_topic))
	@$(TESTPG) -- $(GO) run ./tools/migrate $(NAME)

.PHONY: page
page: build ## Use the page in headless Chromium and leave screenshots in bin/page
	@cd tools/playground && npm ci --ignore-scripts --silent && node page.mjs ../../bin/karnak ../../bin/page

.PHONY: docs
docs: ## Write the table of settings into README.md
	@$(GO) run ./tools/docs

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

BIN := $(CURDIR)/bin
MODULES := proto sdk host plugins/lifecycle plugins/liquidity plugins/trading

# Tool versions. Each tool is installed into bin/ with its own dependency graph, so none of them touches a go.mod here.
BUF := 1.75.0
PROTOC_GEN_GO := 1.36.12
PROTOC_GEN_GO_GRPC := 1.6.2
GOFUMPT := 0.12.0
GOLANGCI_LINT := 2.15.0
# How long each fuzz target runs in `make fuzz`.
FUZZTIME := 10s

export GOFLAGS := -buildvcs=false

.PHONY: help
help: ## Show this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  %-10s %s\n", $$1, $$2}'

.PHONY: build
build: ## Build weir and the three monitors into bin/
	@mkdir -p $(BIN)
	go build -o $(BIN)/ ./host/cmd/weir ./plugins/lifecycle/cmd/weir-lifecycle ./plugins/liquidity/cmd/weir-liquidity ./plugins/trading/cmd/weir-trading

.PHONY: demo
demo: build ## Run simulator, host and the three monitors; needs no network and no configuration
	@exec $(BIN)/weir demo

.PHONY: test
test: ## Run all tests, end-to-end ones included
	go test -timeout 30m work

.PHONY: race
race: ## Run the tests of the rooms under the race detector, without the end-to-end ones
	go test -race -short -timeout 30m work

.PHONY: e2e
e2e: ## Run only the end-to-end tests, with real processes
	go test -count=1 -timeout 30m -v ./host/e2e/...

.PHONY: chaos
chaos: ## SIGKILL at each frame and step for WEIR_KILLS rounds (1000), then faults about every second for WEIR_CHAOS (10m); WEIR_SEED repeats a run
	WEIR_KILLS=$${WEIR_KILLS:-1000} go test -count=1 -timeout 0 -v -run '^TestKillMatrix' ./host/internal/monitor
	WEIR_CHAOS=$${WEIR_CHAOS:-10m} go test -count=1 -timeout 0 -v -run '^TestChaos$$' ./host/e2e

.PHONY: bench
bench: build ## Measure each stage and the whole chain
	cd host && go test -run '^$$' -bench . -benchtime 2s -skip 'Chain|Latency|Recovery' ./bench
	cd host && go test -run '^$$' -timeout 0 -bench 'Chain|Latency|Recovery' -benchtime 1x ./bench
	go test -run '^$$' -bench Million -benchtime 1x ./sdk/keyed
	go test -run '^$$' -bench . -benchtime 1s ./plugins/lifecycle ./plugins/liquidity ./plugins/trading

.PHONY: fuzz
fuzz: ## Run every fuzz target for FUZZTIME
	@for dir in $$(grep -rl --include='*_test.go' '^func Fuzz' host sdk | xargs -n1 dirname | sort -u); do \
	  for target in $$(grep -hoE '^func Fuzz[A-Za-z0-9_]+' $$dir/*_test.go | sed 's/func //'); do \
	    echo "$$dir $$target"; go test -run '^$$' -fuzz "^$$target$$" -fuzztime $(FUZZTIME) ./$$dir; done; done

.PHONY: lint
lint: $(BIN)/golangci-lint-$(GOLANGCI_LINT) $(BIN)/buf-$(BUF) ## Check style and the proto files
	$(BIN)/buf-$(BUF) lint
	$(BIN)/buf-$(BUF) format -d --exit-code
	@$(BIN)/buf-$(BUF) build proto --exclude-source-info -o $(BIN)/contract.binpb
	$(BIN)/buf-$(BUF) breaking $(BIN)/contract.binpb --against proto/contract.binpb --config '{"version":"v2","breaking":{"use":["WIRE_JSON"]}}'
	$(BIN)/golangci-lint-$(GOLANGCI_LINT) run $(addsuffix /...,$(addprefix ./,$(MODULES)))

.PHONY: contract
contract: $(BIN)/buf-$(BUF) ## Take the proto files of today as what later ones must not break
	$(BIN)/buf-$(BUF) build proto --exclude-source-info -o proto/contract.binpb

.PHONY: fmt
fmt: $(BIN)/gofumpt-$(GOFUMPT) $(BIN)/buf-$(BUF) ## Format Go and proto files
	$(BIN)/gofumpt-$(GOFUMPT) -w $$(git ls-files --cached --others --exclude-standard '*.go' | grep -v '^proto/gen/')
	$(BIN)/buf-$(BUF) format -w

.PHONY: generate
generate: $(BIN)/buf-$(BUF) $(BIN)/protoc-gen-go-$(PROTOC_GEN_GO) $(BIN)/protoc-gen-go-grpc-$(PROTOC_GEN_GO_GRPC) ## Rewrite proto/gen from the proto files
	@ln -sf protoc-gen-go-$(PROTOC_GEN_GO) $(BIN)/protoc-gen-go
	@ln -sf protoc-gen-go-grpc-$(PROTOC_GEN_GO_GRPC) $(BIN)/protoc-gen-go-grpc
	$(BIN)/buf-$(BUF) generate

.PHONY: verify
verify: generate ## Check that generated code is current, modules are tidy and each builds alone
	@git diff --exit-code -- proto/gen || { echo "proto/gen is not what the proto files give: commit the result of make generate"; exit 1; }
	@test -z "$$(git status --porcelain -- proto/gen)" || { git status --porcelain -- proto/gen; echo "proto/gen has files that are not committed"; exit 1; }
	@for module in $(MODULES); do echo "tidy and build $$module alone"; (cd $$module && GOWORK=off go mod tidy -diff && GOWORK=off go build ./... && GOWORK=off go vet ./...); done

# Tools: the version is part of the file name, so a new version is a new file.
define tool
$(BIN)/$(1)-$(2):
	@mkdir -p $(BIN)/tmp-$(1) && GOBIN=$(BIN)/tmp-$(1) GOFLAGS= GOWORK=off go install $(3)@v$(2) && mv $(BIN)/tmp-$(1)/$(1) $$@ && rmdir $(BIN)/tmp-$(1)
endef
$(eval $(call tool,buf,$(BUF),github.com/bufbuild/buf/cmd/buf))
$(eval $(call tool,protoc-gen-go,$(PROTOC_GEN_GO),google.golang.org/protobuf/cmd/protoc-gen-go))
$(eval $(call tool,protoc-gen-go-grpc,$(PROTOC_GEN_GO_GRPC),google.golang.org/grpc/cmd/protoc-gen-go-grpc))
$(eval $(call tool,gofumpt,$(GOFUMPT),mvdan.cc/gofumpt))
$(eval $(call tool,golangci-lint,$(GOLANGCI_LINT),github.com/golangci/golangci-lint/v2/cmd/golangci-lint))

# Thin on purpose: each target is one command or one script that can be run by itself.
.DEFAULT_GOAL := help
.PHONY: help build run test check story fuzz bench screens generate release clean

VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo devel)
GOFLAGS := -buildvcs=false $(filter-out -buildvcs=%,$(GOFLAGS))
export GOFLAGS

help: ## list the targets
	@sed -nE 's/^([a-z]+):.*## (.*)/\1\t\2/p' Makefile | awk -F '\t' '{printf "  make %-10s %s\n", $$1, $$2}'

build: ## build bin/fairlead, one static file
	CGO_ENABLED=0 go build -trimpath -ldflags "-s -w -X main.version=$(VERSION)" -o bin/fairlead ./cmd/fairlead

run: build ## build and start the demo: no configuration, no network
	@exec bin/fairlead demo

test: ## go vet, every test, then the race detector where it pays; tells what was skipped and why
	@scripts/test

check: ## format, linters, known vulnerabilities, the house, generated files, go.mod
	@scripts/check

story: ## only the stories of testdata/stories, each step printed
	go test -count=1 -v -run 'Stor(y|ies)' ./internal/app/...

fuzz: ## fuzz each parser of strangers' bytes; FUZZTIME=30s each
	@scripts/fuzz $(or $(FUZZTIME),30s)

bench: build ## Go benchmarks, then fairlead bench
	go test -run '^$$' -bench . -benchmem ./...
	@for what in intake queue case start publish mail; do bin/fairlead bench $$what || exit $$?; done

screens: build ## pictures of every page, light and dark, desktop and phone, in docs/screens, made by a browser
	@scripts/screens

generate: ## Go from the SQL queries, and the checksum that make check compares
	@scripts/generate

release: ## static builds for each system, with checksums, in dist/
	@scripts/release $(VERSION)

clean: ## remove what the targets above wrote
	rm -rf bin dist tmp

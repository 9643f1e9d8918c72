# Everything that is done with this project, each in a line or two. `make` alone lists it.

LISTEN ?= 127.0.0.1:8080
# The newest Node is not needed; what Debian and Ubuntu carry may be too old.
NODE_HINT = Node.js 20.19 or later is needed to build the page: see https://nodejs.org, or use your system's package
CARGO_HINT = Rust 1.95 or later is needed: see https://rustup.rs
PAGE_SOURCES = $(shell find web/src -type f) web/index.html web/vite.config.ts web/compress.mjs web/package.json

.DEFAULT_GOAL := help
.PHONY: help run web data test test-rust test-page test-browser lint pictures bench bench-check clean need-cargo need-node

help: ## List what can be made
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-14s %s\n", $$1, $$2}'

run: need-cargo web ## Build the page and the server, and serve on 127.0.0.1:8080 (LISTEN=host:port for elsewhere)
	cargo run --release --locked -- serve --listen $(LISTEN)

web: web/dist/index.html ## Build the map page to web/dist, which the server embeds

web/dist/index.html: $(PAGE_SOURCES) web/node_modules/.installed
	cd web && npm run --silent build

web/node_modules/.installed: web/package-lock.json | need-node
	cd web && npm ci --ignore-scripts --loglevel=error
	@touch $@

data: need-cargo ## Download the sources of the shipped data and make boundaries/ anew
	scripts/fetch-sources
	cargo run --release --locked -- build boundaries

# The page comes first: the server embeds it when it is compiled.
test: web test-rust test-page test-browser ## Run all tests

test-rust: need-cargo ## Test the library, the server and the command line
	scripts/with-postgres cargo test --locked

test-page: web/node_modules/.installed ## Test the parts of the page that need no browser
	cd web && npm test --silent

test-browser: need-cargo web ## Test the page in a browser against the built server
	scripts/ensure-chromium
	cargo test --locked --no-run
	cd web && npm run --silent test:browser

pictures: need-cargo web ## Take the pictures of the page in docs/pictures (TABLES=folder of ONS files to import first)
	scripts/ensure-chromium
	cargo test --locked --no-run
	cd web && PICTURES=../docs/pictures TABLES=$(if $(TABLES),$(abspath $(TABLES))) npm run --silent pictures

lint: need-cargo web/node_modules/.installed ## Check format, lints, links in comments, types and licences
	cargo fmt --check
	cargo clippy --all-targets --locked -- -D warnings
	RUSTDOCFLAGS='-D warnings' cargo doc --no-deps --document-private-items --locked --quiet
	cd web && npm run --silent check
	scripts/check-dependencies

bench: need-cargo web ## Measure the release build beside its peers; installs them; docs/performance.md gets the table
	scripts/bench

bench-check: need-cargo ## Fail when a ratio of the last `make bench` is under its floor
	scripts/bench check

clean: ## Remove what was built
	cargo clean
	rm -rf web/dist web/node_modules web/.unit

need-cargo:
	@command -v cargo >/dev/null || { echo "$(CARGO_HINT)" >&2; exit 1; }

need-node:
	@node -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 20 || (a === 20 && b >= 19) ? 0 : 1)' \
		2>/dev/null || { echo "$(NODE_HINT)" >&2; exit 1; }
	@command -v npm >/dev/null || { echo "npm is needed to build the page; it comes with Node.js" >&2; exit 1; }

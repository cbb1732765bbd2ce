# make up      starts everything; make down stops it; make clean removes the data too
# make demo    shows a flash sale on it, and what the log says about that
# make test    runs all tests, on servers of their own; make soak those that take long
# make model   checks the models of the protocol in docs/protocol, about a minute; needs spin and gcc
# make bench   measures orders a second against a Postgres baseline, about ten minutes
# make bench-replay measures how fast a million events are replayed into each view, about six minutes
NODE := node_modules/node/bin/node
.DEFAULT_GOAL := help
.PHONY: help up down clean demo test soak model bench bench-replay

help:
	@sed -n 's/^# \(make .*\)/\1/p' Makefile

up: node_modules/.package-lock.json
	@$(NODE) stack/up.ts

# These need no packages, so that a checkout without node_modules can still be stopped.
down:
	@$(call node,stack/down.ts)

clean:
	@$(call node,stack/down.ts --clean)

demo: up
	@$(NODE) stack/demo.ts

test: node_modules/.package-lock.json
	@npm test --silent

soak: node_modules/.package-lock.json
	@npm run soak --silent

model:
	@sh docs/protocol/check.sh

bench: node_modules/.package-lock.json
	@npm run bench --silent

bench-replay: node_modules/.package-lock.json
	@npm run bench:replay --silent

# npm writes this file at the end of an installation. The Node that runs the TypeScript comes with the packages.
node_modules/.package-lock.json: package-lock.json
	@command -v npm >/dev/null || { echo 'This needs Node 20 or newer with npm: https://nodejs.org' >&2; exit 1; }
	npm ci --no-audit --no-fund
	@[ -x $(NODE) ] || npm rebuild node
	@touch $@

node = if [ -x $(NODE) ]; then exec $(NODE) $(1); \
	elif [ "$$(node -p 'Boolean(process.features.typescript)' 2>/dev/null)" = true ]; then exec node $(1); \
	else echo 'node_modules is missing, and the machine has no Node that runs TypeScript: run npm ci first' >&2; exit 1; fi

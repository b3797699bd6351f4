# `make` alone lists what can be done. Each target sets up by itself what it needs.

.DEFAULT_GOAL := help
.PHONY: help run test chances another-time faults check bench lock

# More words for the command, such as: make run ARGS="--port 8080"
ARGS =
# Offices per route that `make chances` tries: a minute or two on two cores
OFFICES = 40
# Moments in Japan for `make another-time`: the last minutes of a day, the first of the next, before
# holidays, where years end and begin, a leap day, a Saturday
AT = 2026-12-28T23:59 2027-01-01T00:01 2027-03-31T23:59 2027-04-01T00:01 2027-04-28T17:14 \
	2028-02-29T23:59 2028-03-04T10:00

PYTHON = .venv/bin/python
COMPILE = uv pip compile pyproject.toml --quiet --universal --python-version 3.11 \
	--generate-hashes --no-annotate --custom-compile-command "make lock"

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: ## everything on this machine with the sample city; Ctrl-C ends it
	@bin/setup local
	@.venv/bin/hyoka up --sample $(ARGS)

test: ## all tests, with real servers and a real browser; the same chances each time
	@bin/setup dev
	@bin/find-browser >/dev/null
	@PYTHONHASHSEED=0 $(PYTHON) -m pytest -n 2 --dist loadgroup -m "not faults" $(ARGS)

chances: ## the tests that draw chances, with new ones; SEED=N repeats a run
	@bin/setup dev
	@seed=$(or $(SEED),$$(od -A n -t u4 -N 4 /dev/urandom | tr -d ' ')); \
	echo "make chances SEED=$$seed"; \
	PYTHONHASHSEED=$$seed HYOKA_TEST_SEED=$$seed HYOKA_TEST_EXAMPLES=$(OFFICES) \
		$(PYTHON) -m pytest -n 2 --dist loadgroup -m chances $(ARGS) || \
		{ status=$$?; echo "repeat these chances with: make chances SEED=$$seed" >&2; exit $$status; }

another-time: ## what starts processes, as if at awkward moments (AT=2028-02-29T23:59 names one)
	@bin/setup dev
	@bin/find-browser >/dev/null
	@failed=; for moment in $(AT); do \
		echo "== as if it were $$moment in Japan"; \
		bin/as-if $$moment $(PYTHON) -m pytest -n 2 --dist loadgroup -m live $(ARGS) || failed="$$failed $$moment"; \
	done; \
	[ -z "$$failed" ] || { echo "failed; repeat with: make another-time AT=\"$${failed# }\"" >&2; exit 1; }

faults: ## start real servers and kill them; ARGS="--long" or ARGS="--seed N"
	@bin/setup dev
	@$(PYTHON) -m pytest tests/faults -m faults $(ARGS)

check: ## style, types and the imports that are allowed
	@bin/setup dev
	@.venv/bin/ruff check
	@.venv/bin/ruff format --check
	@.venv/bin/mypy
	@.venv/bin/lint-imports

bench: ## measure the speed; writes bench/results/latest.json
	@bin/setup dev
	@$(PYTHON) -m bench $(ARGS)

lock: ## compile requirements/*.txt from pyproject.toml (needs uv; UPGRADE=1 takes newer versions)
	@command -v uv >/dev/null || { echo "make lock needs uv on the path: pip install uv" >&2; exit 1; }
	$(COMPILE) $(if $(UPGRADE),--upgrade) --output-file requirements/runtime.txt
	$(COMPILE) $(if $(UPGRADE),--upgrade) --group local --output-file requirements/local.txt
	$(COMPILE) $(if $(UPGRADE),--upgrade) --group dev --output-file requirements/dev.txt

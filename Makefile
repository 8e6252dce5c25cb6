# All there is to run. It takes make and Python 3.11 or later; the rest is set up in .venv/, one environment
# for each purpose, with exactly what requirements/*.txt pins. PYTHON=/path/to/python chooses another Python.
.DEFAULT_GOAL := help
.PHONY: help lab app test soak lint docs bench lock labextension badge clean

help: ## say what each target does
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "make %-12s %s\n", $$1, $$2}' Makefile

lab: ## open JupyterLab on the tour notebook; without a screen, serve it and print the address
	@tools/lab

app: ## serve the workbench as an application without code (APP=path for another notebook)
	@tools/app "$(APP)"

test: ## run all tests, on every supported Python found (ARGS="-k scope" is passed to pytest)
	@tools/test $(ARGS)

soak: ## run the same tests with the full counts of kills, fuzz cases and generated cases
	@FLOWKIT_SOAK=1 tools/test $(ARGS)

lint: ## check style, format and types
	@env=$$(tools/env test) && set -x && \
	"$$env/bin/ruff" check . && "$$env/bin/ruff" format --check . && "$$env/bin/mypy" --strict flowkit

docs: ## build the documentation site in build/site (ARGS=--run runs the tutorials' notebooks anew, for what they show)
	@tools/docs $(ARGS)

bench: ## measure flowkit beside its rivals, each in its own environment, and draw the picture anew (ARGS=--full: 16 million records as well)
	@env=$$(tools/env bench) && "$$env/bin/python" -m benchmarks $(ARGS)

lock: ## pin the newest versions that pyproject.toml allows in requirements/*.txt
	@tools/lock

labextension: ## build labextension/prebuilt from its source (takes npm; users never need it)
	@tools/labextension

badge: ## print the Binder badge and Colab link (URL=https://github.com/OWNER/REPOSITORY; FILE=README.md puts them there)
	@tools/badge "$(URL)" "$(FILE)"

clean: ## remove the environments, caches and benchmark data made here
	rm -rf .venv .bench .hypothesis .mypy_cache .pytest_cache .ruff_cache build dist test-artifacts labextension/node_modules
	find flowkit tests benchmarks -name __pycache__ -prune -exec rm -rf {} +

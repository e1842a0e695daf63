# Everything a person can do here. `make help` lists it.

export PYTHONPATH := tests:tools
# The cluster needs root (namespaces, mounts); sudo is used where one is not root already.
ROOT := $(if $(filter 0,$(shell id -u)),,sudo --preserve-env=PYTHONPATH,PDF_SECURITY_FUZZ_EXAMPLES,PDF_SECURITY_CLUSTER,PDF_SECURITY_INSTALL,PDF_SECURITY_CONTEXT,PDF_SECURITY_REGISTRY,PDF_SECURITY_CACHE,HOME)
PYTHON_RUN := $(ROOT) .venv/bin/python

.DEFAULT_GOAL := help
.PHONY: help setup demo test test-unit security-score leaks attempts audit-check test-processor test-e2e faults faults-mutants bench-operator bench-soak bench-growth bench-processor bombs corpora vectors seal-probes fuzz check format generate images cluster-up cluster-down cluster-status cluster-operator cluster-env lock upgrade gitops docs docs-check report-images plugin-pictures dashboard-picture pictures dev sbom images-keys images-sign images-verify images-reproduce scan

help: ## list what can be done
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 20

setup: ## install uv and all locked packages into this folder
	@tools/setup.sh

demo: setup ## real documents through a real cluster, from nothing; leaves the cluster running
	@$(PYTHON_RUN) -m demo

test: setup ## all checks and all tests, those on the real cluster included
	@$(PYTHON_RUN) -m testrun

test-unit: setup ## tests of pure code, with coverage
	@$(PYTHON_RUN) -m testrun unit

test-processor: setup ## tests of the processor on real documents and a real S3 server
	@$(PYTHON_RUN) -m testrun processor

test-e2e: setup ## tests on the real cluster
	@$(PYTHON_RUN) -m testrun cluster

faults: setup ## faults between operator and API server: what is expected, what was seen, how long it took
	@$(PYTHON_RUN) -m faults

faults-mutants: setup ## each protection of the operator away, and the fault that must fail for it; half an hour
	@$(PYTHON_RUN) -m faults.mutants

security-score: setup ## each protection tested, and taken away and missed; the attempts, too; a quarter of an hour
	@$(PYTHON_RUN) -m security

leaks: setup ## 500 jobs of all kinds, and whether a secret is anywhere but in its Secret; ten minutes
	@$(PYTHON_RUN) -m leaks

attempts: setup ## what tenants and taken-over pods try on the real cluster, what refuses it, and that only that does
	@$(PYTHON_RUN) -m attempts

audit-check: setup ## an operator keeps an audit log and is killed; then the log is edited, cut, reordered
	@$(PYTHON_RUN) -m audit_check

seal-probes: setup ## what a worker that was taken over tries, with the seal and with its layers away
	@$(PYTHON_RUN) -m processor.seal_probe

bench-soak: setup ## half an hour of steady load, the leading operator killed every minute
	@$(PYTHON_RUN) -m bench.soak

bench-processor: setup ## the processor beside pikepdf in one process and the qpdf command line; ten minutes
	@$(PYTHON_RUN) -m bench.processor_bench

bench-growth: setup ## what a job costs when there are 100, 1,000, 10,000, 50,000 at once; two hours
	@$(PYTHON_RUN) -m bench.growth

fuzz: setup ## documents with anything anywhere, sanitized; half an hour, and goes on from what it found
	@PDF_SECURITY_FUZZ_EXAMPLES=100000 $(PYTHON_RUN) -m pytest -q tests/processor/test_fuzz.py

corpora: setup ## about 1,400 documents of other projects' tests, sanitized as a pod does; a quarter of an hour
	@$(PYTHON_RUN) -m corpora

vectors: setup ## things that hide in documents, one a document: what sanitize and others leave; half an hour
	@$(PYTHON_RUN) -m vectors

bombs: setup ## documents made to exhaust their readers: what became of each, how long it took, how much memory
	@$(PYTHON_RUN) -m bench.bombs

bench-operator: setup ## the operator beside no operator, Argo Workflows and JobSet; half an hour
	@$(PYTHON_RUN) -m bench.operator_bench

check: setup ## formatting, lint, types, import directions, generated files
	@$(PYTHON_RUN) -m testrun checks

scan: setup ## scanners over the code and over what is applied: what they found, and what is waived why
	@$(PYTHON_RUN) -m scanners

format: setup ## format the code and mend what can be mended
	@.venv/bin/ruff format . && .venv/bin/ruff check --fix .

generate: setup ## print what comes of the code: CRDs, reference, Argo CD's settings, rules and dashboard, chart
	@.venv/bin/python -m pdf_security_operator.api.crd crds
	@.venv/bin/python -m reference docs/reference
	@.venv/bin/python -m argocd_settings
	@.venv/bin/python -m monitoring
	@.venv/bin/python -m chart

upgrade: setup ## from the release before to this one, by kustomize and by Helm, under load; takes the cluster's installation away first
	@$(PYTHON_RUN) -m pytest -q tests/upgrade

gitops: setup ## 50 jobs from Git by a real Argo CD on the real cluster: synced, judged, never run twice; ten minutes
	@$(PYTHON_RUN) -m gitops

docs: setup ## build the site of the documentation into build/site; broken links fail
	@.venv/bin/zensical build --strict --clean

docs-check: setup ## type every command of the documentation as it is written, on the test cluster
	@$(PYTHON_RUN) -m docs_check

report-images: setup ## make the pictures of a report in docs/images anew, with a real browser
	@$(PYTHON_RUN) -m report_images

plugin-pictures: setup ## the page on kubectl pdfsec and its pictures, from a real run; half a minute
	@.venv/bin/python -m plugin.pictures

dashboard-picture: setup ## draw docs/images/dashboard.png anew, from a real Prometheus; four minutes
	@$(PYTHON_RUN) -m observability.picture

pictures: setup ## draw the pictures of the documentation whose text has changed
	@$(PYTHON_RUN) -m pictures

dev: setup ## tilt on the test cluster: what is edited is built and rolled out
	@$(PYTHON_RUN) -m dev

lock: setup ## resolve the dependencies anew into requirements.lock
	@.tools/uv/bin/uv lock --upgrade && tools/lock.sh

images: setup ## build both images into build/images
	@$(PYTHON_RUN) -m images build

sbom: images ## say what each image holds, as CycloneDX beside it
	@$(PYTHON_RUN) -m images sbom

PASSPHRASE := $(if $(PASSPHRASE_FILE),--passphrase-file $(PASSPHRASE_FILE))

images-keys: setup ## make a pair of keys to sign images with: cosign.key and cosign.pub [PASSPHRASE_FILE=...]
	@$(PYTHON_RUN) -m images keys $(PASSPHRASE)

images-sign: images ## sign both images, their provenance and their SBOMs: KEY=cosign.key [PASSPHRASE_FILE=...]
	@$(PYTHON_RUN) -m images sign --key $(or $(KEY),cosign.key) $(PASSPHRASE)

images-verify: setup ## verify both images' bytes, signatures, provenance and SBOMs: KEY=cosign.pub
	@.venv/bin/python -m images verify --key $(or $(KEY),cosign.pub)

images-reproduce: setup ## build both images twice with nothing in common and compare them; a minute
	@$(PYTHON_RUN) -m images reproduce

cluster-up: setup ## bring the test cluster up
	@$(PYTHON_RUN) -m cluster up

cluster-down: setup ## remove the test cluster and all that it made
	@$(PYTHON_RUN) -m cluster down

cluster-status: setup ## say whether the test cluster runs
	@$(PYTHON_RUN) -m cluster status

cluster-operator: setup ## install the operator on the test cluster as it stands in this folder
	@$(PYTHON_RUN) -m product

cluster-env: setup ## what a shell needs to use the test cluster: eval "$(make -s cluster-env)"
	@$(PYTHON_RUN) -m cluster environment

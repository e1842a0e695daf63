#!/bin/sh
# Writes requirements.lock from the workspace's resolution: versions, markers and hashes of
# everything, and no address of any index.
set -eu
cd "$(dirname "$0")/.."
.tools/uv/bin/uv lock --quiet
.tools/uv/bin/uv export --quiet --frozen --all-groups --no-emit-workspace --no-emit-project \
    --no-annotate --no-header --format requirements.txt >requirements.lock

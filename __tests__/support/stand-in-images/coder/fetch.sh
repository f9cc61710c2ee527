#!/usr/bin/env bash
# fetch.sh: lays the Coder server, its agent and OpenTofu beside the Dockerfile; builds them first where they are missing.
set -euo pipefail

bin=$("$(dirname "${BASH_SOURCE[0]}")/../../../../tools/toolchain/build.sh" | sed -n 's/^PATH_PREPEND=//p')
cp "$bin"/{coder-server,coder-agent,tofu} .

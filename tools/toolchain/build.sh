#!/usr/bin/env bash
# build.sh [CACHE]: a Terraform core, its providers and a Coder server without a registry: built from Go modules.
# Progress goes to stderr. stdout has only the settings for whoever runs the core, one KEY=VALUE a line; PATH_PREPEND is the
# folder to put in front of PATH.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cache=${1:-${XDG_CACHE_HOME:-$HOME/.cache}/sluice/toolchain}
mkdir -p "$cache"
cache=$(cd "$cache" && pwd)  # the CLI configuration needs an absolute path

# The core never asks a provider for its version: the name in the mirror is what counts.
docker_provider=4.6.0 coder_provider=2.20.0 coderd_provider=0.0.23

# One build at a time in one cache; the lock ends with the process, however that ends.
exec 9>"$cache/.lock"
if ! flock --nonblock 9; then
  echo "toolchain: waiting for another build in $cache…" >&2
  flock 9
fi

GO=$("$here/go.sh" "$cache")
export GO

# `version.dev=no`: otherwise OpenTofu calls itself a development build. `no_compose`: leaves
# out a resource that is not used here, with the libraries that only it needs.
"$here/build-tool.sh" "$cache" docker-provider terraform-provider-docker \
  github.com/terraform-providers/terraform-provider-docker "-X=main.version=$docker_provider" no_compose
"$here/build-tool.sh" "$cache" opentofu tofu \
  github.com/opentofu/opentofu/cmd/tofu "-X=github.com/opentofu/opentofu/version.dev=no"

# `omit`: parts of Tailscale that Coder leaves out as well. The agent is what Coder serves to workspaces.
coder=github.com/coder/coder/v2
coder_version="-X=$coder/buildinfo.tag=2.30.0 -X=$coder/buildinfo.agpl=true"
omit=ts_omit_aws,ts_omit_bird,ts_omit_tap,ts_omit_kube
"$here/build-tool.sh" "$cache" coder coder-server ./server "$coder_version" "$omit"
"$here/build-tool.sh" "$cache" coder coder-agent "$coder/cmd/coder" "$coder_version" "slim,$omit"
"$here/build-tool.sh" "$cache" coder terraform-provider-coderd ./coderd-provider "" "$omit"
"$here/build-tool.sh" "$cache" coder-provider terraform-provider-coder github.com/coder/terraform-provider-coder/v2 ""

platform=$(cd / && env -u GOOS -u GOARCH "$GO" env GOOS GOARCH | paste -s -d _)
"$here/mirror.sh" "$cache" "$platform" \
  "kreuzwerker/docker=$docker_provider" "coder/coder=$coder_provider" "coder/coderd=$coderd_provider"

echo "PATH_PREPEND=$cache/bin"
echo "TF_CLI_CONFIG_FILE=$cache/cli.tfrc"
echo "TERRAFORM_BINARY_NAME=$cache/bin/tofu"

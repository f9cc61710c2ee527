#!/usr/bin/env bash
# mirror.sh CACHE VERSION PLATFORM: offers CACHE/bin/terraform-provider-docker as kreuzwerker/docker VERSION, and writes the
# CLI configuration by which Terraform and OpenTofu take their providers from that mirror and from nowhere else.
set -euo pipefail

cache=$1 version=$2 platform=$3
binary=$cache/bin/terraform-provider-docker

# Each core completes the short source `kreuzwerker/docker` with its own registry's host, so the mirror has both. Nothing is
# replaced that is right already: another run may be using it.
for host in registry.terraform.io registry.opentofu.org; do
  provider=$cache/mirror/$host/kreuzwerker/docker
  target=$provider/$version/$platform/terraform-provider-docker_v$version
  mkdir -p "$(dirname "$target")"
  if ! [ "$binary" -ef "$target" ]; then
    ln -f "$binary" "$target.tmp"
    mv -f "$target.tmp" "$target"
  fi
  # A version left from an older checkout could be the newer one, and would be chosen.
  find "$provider" -mindepth 1 -maxdepth 1 ! -name "$version" -exec rm -rf {} +
done

config=$(
  cat <<EOF
disable_checkpoint = true

# No \`direct\` block: a provider that is not in the mirror is an error, never a download.
provider_installation {
  filesystem_mirror {
    path    = "$cache/mirror"
    include = ["*/*/*"]
  }
}
EOF
)
if [ "$(cat "$cache/cli.tfrc" 2>/dev/null)" != "$config" ]; then
  echo "$config" >"$cache/cli.tfrc.tmp"
  mv "$cache/cli.tfrc.tmp" "$cache/cli.tfrc"
fi

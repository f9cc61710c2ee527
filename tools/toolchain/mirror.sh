#!/usr/bin/env bash
# mirror.sh CACHE PLATFORM SOURCE=VERSION…: offers CACHE/bin/terraform-provider-NAME as SOURCE (namespace/NAME) VERSION, and writes
# the CLI configuration by which Terraform and OpenTofu take their providers from that mirror and from nowhere else.
set -euo pipefail

cache=$1 platform=$2
shift 2

offer() { # registry host, source, version
  local binary=$cache/bin/terraform-provider-${2#*/} provider=$cache/mirror/$1/$2
  local target=$provider/$3/$platform/terraform-provider-${2#*/}_v$3
  mkdir -p "$(dirname "$target")"
  # Nothing is replaced that is right already: another run may be using it.
  if ! [ "$binary" -ef "$target" ]; then
    ln -f "$binary" "$target.tmp"
    mv -f "$target.tmp" "$target"
  fi
  # A version left from an older checkout could be the newer one, and would be chosen.
  find "$provider" -mindepth 1 -maxdepth 1 ! -name "$3" -exec rm -rf {} +
}

# Each core completes a short source such as `kreuzwerker/docker` with its own registry's host, so the mirror has both.
for provider; do
  for host in registry.terraform.io registry.opentofu.org; do offer "$host" "${provider%=*}" "${provider#*=}"; done
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

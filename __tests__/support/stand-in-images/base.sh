#!/usr/bin/env bash
# base.sh SUITE LABEL: imports sluice-stand-in-debian:SUITE, a minimal Debian put together from packages by debootstrap.
set -euo pipefail

suite=$1 label=$2
ca_bundle=/etc/ssl/certs/ca-certificates.crt

root=$(mktemp -d)
log=$(mktemp)
# One file system: an interrupted debootstrap can leave /proc mounted in there.
trap 'rm -rf --one-file-system "$root" "$log"' EXIT

# Where this machine takes its own Debian packages from; with none, debootstrap has a default.
# shellcheck disable=SC2016  # apt-get expands it
mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Origin: Debian' 'Label: Debian' | head -n 1 || true)

# ca-certificates is here so that a later `apt-get install ca-certificates` has nothing to do: it would write the bundle anew.
if ! debootstrap --variant=minbase --include=ca-certificates "$suite" "$root" ${mirror:+"$mirror"} >"$log" 2>&1; then
  tail -n 20 "$log" >&2
  echo "debootstrap could not make Debian $suite" >&2
  exit 1
fi

# The host's CA bundle, so that builds behind a TLS-inspecting proxy work.
if [ -r "$ca_bundle" ]; then install -m 644 "$ca_bundle" "$root$ca_bundle"; fi

# As in the official image: no service starts during an installation, no documentation, no package lists, no downloads kept.
printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"
chmod 755 "$root/usr/sbin/policy-rc.d"
printf 'path-exclude /usr/share/%s/*\n' doc man locale >"$root/etc/dpkg/dpkg.cfg.d/no-documentation"
echo force-unsafe-io >"$root/etc/dpkg/dpkg.cfg.d/no-sync"
cat >"$root/etc/apt/apt.conf.d/small-image" <<'EOF'
APT::AutoRemove::SuggestsImportant "false";
Acquire::Languages "none";
DPkg::Post-Invoke { "rm -f /var/cache/apt/archives/*.deb /var/cache/apt/*.bin || true"; };
EOF
rm -rf "$root"/var/lib/apt/lists/* "$root"/var/cache/apt/* "$root"/var/log/* "$root"/usr/share/{doc,man,locale}/*
mkdir -p "$root"/var/cache/apt/archives/partial "$root"/var/lib/apt/lists/partial

tar -C "$root" -c . | docker import -c "LABEL $label" -c 'CMD ["bash"]' - "sluice-stand-in-debian:$suite" >/dev/null

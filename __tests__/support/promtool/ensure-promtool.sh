#!/usr/bin/env bash
# ensure-promtool.sh: prints the path of a promtool. One on the PATH is used as it is; otherwise the one of Debian's package
# `prometheus` is put into ~/.cache/sluice/promtool, without installing anything or starting a service.
set -euo pipefail

cache=${XDG_CACHE_HOME:-$HOME/.cache}/sluice/promtool
tool=$cache/promtool

say() { echo "promtool: $*" >&2; }

fail() {
  say "$1"
  say "Remedy: put promtool on the PATH; it comes with Prometheus: https://prometheus.io/download"
  exit 1
}

if command -v promtool; then exit 0; fi

# One at a time: the lock ends with the process.
mkdir -p "$cache"
exec 9>"$cache/.lock"
flock 9

if [ ! -x "$tool" ]; then
  command -v apt-get >/dev/null && command -v dpkg-deb >/dev/null || fail "there is none, and this is not Debian to take one from"
  scratch=$(mktemp -d "$cache/download.XXXXXX")
  trap 'rm -rf "$scratch"' EXIT
  # apt's own user writes here.
  chmod 755 "$scratch"
  download() { (cd "$scratch" && apt-get download -qq prometheus >&2); }
  say "fetching Debian's prometheus…"
  if ! download; then
    [ "$(id -u)" = 0 ] || fail "apt-get could not download prometheus; as root, apt-get update may help"
    apt-get update -qq >&2 || fail "apt-get update failed"
    download || fail "apt-get could not download prometheus"
  fi
  dpkg-deb --extract "$scratch"/prometheus_*.deb "$scratch/package"
  "$scratch/package/usr/bin/promtool" --version >&2 || fail "the promtool of the package does not run here"
  mv "$scratch/package/usr/bin/promtool" "$tool"
fi
echo "$tool"

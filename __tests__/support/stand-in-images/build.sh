#!/usr/bin/env bash
# build.sh KIND=REFERENCE…: gives each image reference a local image: the real one where it can be pulled, else one built here. Kinds: node, postgres, debian, coder.
#   build.sh node=node:22.21.1-bookworm-slim postgres=postgres:17.7-bookworm
# An image that is there and that was not made by this script (a pulled one) is used as it is, never replaced. Only building needs
# root, for debootstrap. SLUICE_STAND_IN_PULL=no asks no registry.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
key=sluice.stand-in

say() { echo "stand-in images: $*" >&2; }

fail() {
  say "$1"
  say "Remedy: $2"
  exit 1
}

# The Debian release that a kind stands on, and the major version that it has.
suite_of() { case $1 in postgres) echo trixie ;; *) echo bookworm ;; esac; }
major_of() { case $1 in node) echo 22 ;; postgres) echo 17 ;; debian) echo 12 ;; coder) echo v2 ;; esac; }

# What an image is made of: its recipe, the sources of what is built for it, and the CA bundle that it carries.
stamp() {
  local built=()
  if [ "${2:-}" = coder ]; then built=(../../../tools/toolchain/{coder,opentofu}); fi
  (cd "$here" && find "$@" "${built[@]}" -type f -print0 | sort -z | xargs -0 sha256sum \
    && { cat /etc/ssl/certs/ca-certificates.crt 2>/dev/null || true; }) | sha256sum | cut -c 1-16
}

# Says what is there under a reference: `absent`, `real`, or the stamp of a stand-in.
present() {
  local there
  # Some clients print an empty line for an image that is not there.
  there=$(docker image inspect --format "{{or (index .Config.Labels \"$key\") \"real\"}}" "$1" 2>/dev/null) || there=absent
  echo "$there"
}

# Can the real image be had? A registry that does not answer is given up soon: it is asked once for each image that is missing.
pull() {
  [ "${SLUICE_STAND_IN_PULL:-yes}" = yes ] || return 1
  say "$1: asking the registry…"
  timeout "${SLUICE_STAND_IN_PULL_SECONDS:-300}" docker pull --quiet "$1" >/dev/null 2>"$pull_log" && return
  say "$1: cannot be pulled ($(tail -n 1 "$pull_log")); building a stand-in"
  return 1
}

is_wanted() {
  local there
  there=$(present "$1")
  [ "$there" != real ] && [ "$there" != "$2" ]
}

ensure_debootstrap() {
  command -v debootstrap >/dev/null && return
  { [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; } \
    || fail "debootstrap is missing" "install debootstrap and run this as root, or make the images available: docker pull <reference>"
  say "installing debootstrap with apt-get…"
  { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends debootstrap; } >&2 \
    || fail "apt-get could not install debootstrap" "see its messages above"
}

build_base() {
  local suite=$1 wanted
  wanted=$(stamp base.sh)
  is_wanted "sluice-stand-in-debian:$suite" "$wanted" || return 0
  say "Debian $suite: building…"
  "$here/base.sh" "$suite" "$key=$wanted"
}

build_image() {
  local kind=$1 reference=$2 wanted=$3 old context
  old=$(docker image inspect --format '{{.Id}}' "$reference" 2>/dev/null || true)
  say "$reference: building…"
  context=$(mktemp -d)
  cp -a "$here/$kind/." "$context"
  if [ -e "$here/$kind/fetch.sh" ]; then (cd "$context" && "$here/$kind/fetch.sh"); fi
  if ! docker build --label "$key=$wanted" --tag "$reference" "$context" >"$context/log" 2>&1; then
    tail -n 30 "$context/log" >&2
    rm -rf "$context"
    fail "$reference could not be built" "see the messages above; package mirrors must be reachable from containers"
  fi
  rm -rf "$context"
  # Its predecessor has lost its name; it stays where a container or another image still needs it.
  if [ -n "$old" ]; then docker image rm "$old" >/dev/null 2>&1 || true; fi
}

docker version >/dev/null 2>&1 || fail "no Docker engine answers" "${here%/*}/engine/ensure-engine.sh starts one"
[ $# -gt 0 ] || fail "no image named" "build.sh node=<reference> postgres=<reference>"

pull_log=$(mktemp)
trap 'rm -f "$pull_log"' EXIT
missing=()
for argument; do
  kind=${argument%%=*} reference=${argument#*=}
  major=$(major_of "$kind")
  [ -n "$major" ] || fail "there is no stand-in for $argument" "kinds are node, postgres, debian and coder, as in node=node:22-bookworm-slim"
  is_wanted "$reference" "$(stamp base.sh "$kind")" || continue
  # A stand-in is there, made from an older recipe: where it was needed once, the registry has had its chance.
  if [ "$(present "$reference")" = absent ] && pull "$reference"; then continue; fi
  tag=${reference##*/}
  case $tag in
    *@*) fail "$reference has a digest, which no local image can have" "leave the digest out, or pull the image" ;;
    *:"$major" | *:"$major"[.-]*) missing+=("$argument") ;;
    *) fail "the stand-in for $kind is version $major, not $reference" "pull the image, or change the recipe in $here/$kind" ;;
  esac
done

if [ ${#missing[@]} = 0 ]; then
  say "up to date"
  exit 0
fi

# One build at a time on one engine; a second caller then finds the work done.
lock=${XDG_CACHE_HOME:-$HOME/.cache}/sluice/stand-in-images.lock
mkdir -p "$(dirname "$lock")"
exec 9>"$lock"
flock 9

ensure_debootstrap
SECONDS=0
bases=()
for suite in $(for argument in "${missing[@]}"; do suite_of "${argument%%=*}"; done | sort -u); do
  build_base "$suite" &
  bases+=($!)
done
failed=
for base in "${bases[@]}"; do wait "$base" || failed=1; done
[ -z "$failed" ] || fail "no Debian base, no images" "see the messages above; a Debian mirror must be reachable"

for argument in "${missing[@]}"; do
  kind=${argument%%=*} reference=${argument#*=}
  wanted=$(stamp base.sh "$kind")
  if is_wanted "$reference" "$wanted"; then build_image "$kind" "$reference" "$wanted"; fi
done
say "built in $SECONDS s"

#!/usr/bin/env bash
# build-tool.sh CACHE NAME BINARY PACKAGE LDFLAGS [TAGS]: builds a package of the module NAME/ into CACHE/bin/BINARY.
# GO names the Go to use. What is there already for the same sources, flags, Go version and platform is left alone.
set -euo pipefail

cache=$1 name=$2 binary=$3 package=$4 ldflags=$5 tags=${6:-}
module=$(cd "$(dirname "${BASH_SOURCE[0]}")/$name" && pwd)
out=$cache/bin/$binary
log=$cache/$binary.log
scratch=$out.tmp  # no other build of it runs: build.sh holds the lock

# A workspace file, another Go or flags from the user's environment would build something else than what is pinned.
export CGO_ENABLED=0 GOWORK=off GOTOOLCHAIN=local GOFLAGS=
unset GOOS GOARCH

flags=(-mod=readonly -trimpath -buildvcs=false -tags "$tags" -ldflags "-s -w $ldflags")
# go.sum pins what is not in the module's folder.
sources=$(cd "$module" && find . -type f -print0 | sort -z | xargs -0 cat | sha256sum | cut -d ' ' -f 1)
stamp="$sources $package ${flags[*]} $(cd / && "$GO" env GOVERSION GOOS GOARCH | tr '\n' ' ')"

if [ -x "$out" ] && [ "$(cat "$out.stamp" 2>/dev/null)" = "$stamp" ]; then
  echo "$binary: up to date" >&2
  exit
fi

echo "$binary: building (up to 4 minutes the first time)…" >&2
trap 'rm -f "$scratch"' EXIT
mkdir -p "$cache/bin"
SECONDS=0
if ! (cd "$module" && "$GO" build "${flags[@]}" -o "$scratch" "$package") >"$log" 2>&1; then
  grep -v '^go: downloading' "$log" | tail -n 20 >&2 || true
  echo "$binary: the build failed; whole log: $log" >&2
  echo "Remedy: the Go module proxy must be reachable ($("$GO" env GOPROXY)), and 8 GB of disk free for Go's caches." >&2
  exit 1
fi

# The old stamp goes first: an interruption between the two moves must not leave it beside the new binary.
rm -f "$out.stamp"
mv "$scratch" "$out"
echo "$stamp" >"$out.stamp"
echo "$binary: built in $SECONDS s" >&2

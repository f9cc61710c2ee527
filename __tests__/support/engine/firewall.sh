#!/usr/bin/env bash
# firewall.sh record|restore FOLDER: what dockerd changes in the network of a machine and leaves there when it ends: its chains,
# its bridge, forwarding. Only for an engine that ensure-engine.sh has started itself.
set -euo pipefail

action=$1 folder=$2

# The chains and rules that are Docker's: by the names of its chains and of its bridges.
docker_made='DOCKER|docker0|br-[0-9a-f]{12}'

# Commands of one family that are there and work.
families() {
  for tool in iptables ip6tables; do
    if "$tool-save" >/dev/null 2>&1; then echo "$tool"; fi
  done
}

policy_of() { "$1" -S FORWARD | sed -n 's/^-P FORWARD //p'; }

record() {
  mkdir -p "$folder"
  for tool in $(families); do
    if "$tool-save" | grep -q DOCKER; then touch "$folder/had-docker-rules"; fi
    policy_of "$tool" >"$folder/$tool.policy"
  done
  cat /proc/sys/net/ipv4/ip_forward >"$folder/ip_forward"
  if [ -e /sys/class/net/docker0 ]; then touch "$folder/had-docker0"; fi
}

restore() {
  [ -d "$folder" ] || return 0
  # Rules of an earlier engine are not ours to take away.
  if ! [ -e "$folder/had-docker-rules" ]; then
    for tool in $(families); do
      "$tool-save" | sed -E "/$docker_made/d" | "$tool-restore"
      if [ -s "$folder/$tool.policy" ]; then "$tool" -P FORWARD "$(cat "$folder/$tool.policy")"; fi
    done
  fi
  if ! [ -e "$folder/had-docker0" ] && [ -e /sys/class/net/docker0 ]; then ip link delete docker0; fi
  cat "$folder/ip_forward" >/proc/sys/net/ipv4/ip_forward 2>/dev/null || true
  rm -rf "$folder"
}

case $action in
  record) rm -rf "$folder" && record ;;
  restore) restore ;;
  *) echo "firewall.sh record|restore FOLDER" >&2 && exit 2 ;;
esac

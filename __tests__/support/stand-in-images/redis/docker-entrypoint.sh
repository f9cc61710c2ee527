#!/bin/sh
# As in the official image: options alone, or a configuration file, are meant for redis-server; root becomes redis (999); and
# the server answers beyond loopback without a password, since the network is the container's own.
set -e

case $1 in -* | *.conf) set -- redis-server "$@" ;; esac

if [ "$1" = redis-server ]; then
  if [ "$(id -u)" = 0 ]; then
    find . ! -user redis -exec chown redis {} +
    exec setpriv --reuid redis --regid redis --clear-groups "$0" "$@"
  fi
  case " $* " in
    *" --protected-mode "* | *".conf "*) ;;
    *) set -- "$@" --protected-mode no ;;
  esac
fi
exec "$@"

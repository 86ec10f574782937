#!/usr/bin/env bash
# rgw-down.sh [--keep]: stops what rgw-up.sh started (by the pids in $RGW_DIR/pids) and removes its
# data. With --keep the daemons end in good order and the data stays; without, they are killed, since
# a gateway takes five seconds to say goodbye to data that nobody will read.
DIR=$(realpath -m "${RGW_DIR:-$(dirname "$(mktemp -u)")/bucket-brigade-rgw}")
if [ ! -e "$DIR/pids" ]; then
  echo "not up"
  exit 0
fi
signal=KILL
[ "${1:-}" = --keep ] && signal=TERM
tac "$DIR/pids" | while read -r name pid; do
  # Only a process that still is a Ceph daemon with our configuration.
  if [ -r "/proc/$pid/cmdline" ] && tr '\0' ' ' <"/proc/$pid/cmdline" | grep -q -- "-c $DIR/ceph.conf"; then
    kill "-$signal" "$pid"
    for _ in $(seq 100); do
      [ -d "/proc/$pid" ] || break
      sleep 0.1
    done
    [ -d "/proc/$pid" ] && kill -KILL "$pid"
    echo "stopped $name ($pid)"
  fi
done
rm -f "$DIR/pids"
[ "${1:-}" = --keep ] || rm -rf "$DIR"

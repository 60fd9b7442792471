#!/bin/sh
# Runs as root when the files of the package are gone: `postrm remove`. After an upgrade the new ones stay.
set -e
case "$1" in
  remove | purge) ;;
  *) exit 0 ;;
esac

rm -f /usr/bin/carrel
if [ -f /etc/apparmor.d/carrel ]; then
  if command -v aa-enabled >/dev/null && aa-enabled --quiet; then
    apparmor_parser --remove /etc/apparmor.d/carrel || true
  fi
  rm -f /etc/apparmor.d/carrel
fi

#!/bin/sh
# Runs as root after the files of the package are there: `postinst configure`.
set -e
[ "$1" = configure ] || exit 0

ln -sf /opt/Carrel/carrel /usr/bin/carrel

# Chromium takes this helper only where its better sandbox is not allowed to start. Whether that is so cannot be found out
# here: root may make user namespaces also where nobody else may, and the app would be left without any sandbox.
chown root:root /opt/Carrel/chrome-sandbox
chmod 4755 /opt/Carrel/chrome-sandbox

# Lets the app make user namespaces on systems that allow them by name alone. An older AppArmor does not know the profile.
profile=/opt/Carrel/resources/apparmor-profile
if command -v apparmor_parser >/dev/null && apparmor_parser --skip-kernel-load "$profile" >/dev/null 2>&1; then
  cp "$profile" /etc/apparmor.d/carrel
  if command -v aa-enabled >/dev/null && aa-enabled --quiet; then
    apparmor_parser --replace --write-cache --skip-read-cache /etc/apparmor.d/carrel || true
  fi
fi

if command -v update-desktop-database >/dev/null; then
  update-desktop-database --quiet /usr/share/applications || true
fi

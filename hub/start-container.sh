#!/bin/sh
# Starts what its arguments say, in a container of the hub. A directory's service password must lie in a file that nobody else
# reads; Compose cannot put one into a container whose own files are read-only, and a file of the host would keep the owner and
# mode that it has there. So it comes by the environment and is written here, into memory, as the hub's own user.
set -eu
if [ -n "${LDAP_SERVICE_PASSWORD:-}" ]; then
  (
    umask 077
    printf '%s' "$LDAP_SERVICE_PASSWORD" >/run/carrel/ldap-service-password
  )
fi
unset LDAP_SERVICE_PASSWORD
exec "$@"

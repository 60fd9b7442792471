#!/bin/sh
# Fills an empty directory with the people of seed.ldif and serves it until it is stopped. What changes in it is not kept.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
password=${LDAP_SERVICE_PASSWORD:-}
case $password in
  '' | *[!A-Za-z0-9]*)
    echo 'LDAP_SERVICE_PASSWORD must be letters and digits.' >&2
    exit 1
    ;;
esac
umask 077
folder=$(mktemp -d)
mkdir "$folder/data"
sed "s|@FOLDER@|$folder|" "$here/slapd.conf" >"$folder/slapd.conf"
sed "s|@SERVICE_PASSWORD@|$password|" "$here/seed.ldif" >"$folder/seed.ldif"
PATH="$PATH:/usr/sbin"
slapadd -q -f "$folder/slapd.conf" -l "$folder/seed.ldif"
exec slapd -h "${LDAP_LISTEN:-ldap://0.0.0.0:1389}" -f "$folder/slapd.conf" -d 0

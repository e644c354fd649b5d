#!/bin/sh
# Installs the packages of packaging/packages.txt that are missing; says nothing if none is.
set -eu
cd "$(dirname "$0")/.."

packages=$(sed 's/#.*//' packaging/packages.txt)
missing=
for package in $packages; do
  state=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)
  [ "$state" = installed ] || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

if [ "$(id -u)" = 0 ]; then
  as_root=
elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
  as_root="sudo -n"
else
  echo "These packages are missing, and installing them needs root:$missing" >&2
  echo "Run: sudo apt-get install$missing" >&2
  exit 1
fi

echo "Installing:$missing"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
# shellcheck disable=SC2086  # the lists are words on purpose
if ! { $as_root apt-get -q update &&
       $as_root env DEBIAN_FRONTEND=noninteractive \
         apt-get -q -y --no-install-recommends install $missing; } >"$log" 2>&1; then
  cat "$log" >&2
  exit 1
fi

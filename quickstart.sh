#!/usr/bin/env bash
# Builds the server and the command line client, and shows them at work on a temporary directory.
#
#   ./quickstart.sh          stops the server at the end and removes its data
#   ./quickstart.sh --keep   leaves the server running and says how to talk to it
set -euo pipefail
cd "$(dirname "$0")"
# Clones of the project in different places share what ccache keeps.
export CCACHE_BASEDIR="$PWD" CCACHE_NOHASHDIR=true

keep=no
case "${1:-}" in
  "") ;;
  --keep) keep=yes ;;
  *) sed -n '2,5s/^# \{0,1\}//p' "$0"; exit 2 ;;
esac

if [ -t 1 ]; then bold=$'\e[1m' dim=$'\e[2m' plain=$'\e[0m'; else bold= dim= plain=; fi
step() { printf '\n%s%s%s\n' "$bold" "$*" "$plain"; }
fail() { printf '\n%s\n' "$*" >&2; exit 1; }

directory=$(mktemp -d "${TMPDIR:-/tmp}/iggy-quickstart.XXXXXX")
server_pid=
finish() {
  local status=$?
  if [ "$keep" = yes ] && [ $status = 0 ]; then return; fi
  if [ -n "$server_pid" ]; then kill -9 "$server_pid" 2>/dev/null || true; fi
  if [ $status != 0 ] && [ -s "$directory/server.log" ]; then
    printf '\nThe last lines of the server:\n' >&2
    tail -n 20 "$directory/server.log" >&2
  fi
  rm -rf "$directory"
}
trap finish EXIT

step "1. Build"
./scripts/install_packages.sh
if ! { cmake --preset release &&
       cmake --build build/release --target iggy-server iggy; } >"$directory/build.log" 2>&1; then
  tail -n 60 "$directory/build.log" >&2
  fail "The build failed."
fi
echo "build/release/bin/iggy-server and build/release/bin/iggy are up to date."

# Free ports, and nothing of the caller's settings.
for name in $(compgen -e IGGY_ || true); do
  [ "$name" = IGGY_RUNTIME ] || unset "$name"
done
mkdir "$directory/home"

start_server() {
  local config="$directory/data/runtime/current_config.toml"
  rm -f "$config"
  (cd "$directory" && exec env IGGY_SYSTEM_PATH="$directory/data" \
    IGGY_TCP_ADDRESS=127.0.0.1:0 IGGY_QUIC_ADDRESS=127.0.0.1:0 \
    IGGY_HTTP_ADDRESS=127.0.0.1:0 IGGY_WEBSOCKET_ADDRESS=127.0.0.1:0 \
    "$OLDPWD/build/release/bin/iggy-server" --with-default-root-credentials \
    </dev/null >>"$directory/server.log" 2>&1) &
  server_pid=$!
  address=
  for _ in $(seq 1 3000); do
    kill -0 "$server_pid" 2>/dev/null || fail "The server ended instead of starting."
    # Complete once the address stands behind its table's head.
    address=$(sed -n '/^\[tcp\]/,/^\[/s/^ *address *= *["'\'']\([^"'\'']*\)["'\'']$/\1/p' \
      "$config" 2>/dev/null || true)
    case "$address" in "" | *:0) sleep 0.01 ;; *) return ;; esac
  done
  fail "The server did not listen within 30 seconds."
}

# Shows a command of the client as a user would type it, and runs it.
iggy() {
  local word shown=
  for word in "$@"; do
    case "$word" in *" "*) shown+=" \"$word\"" ;; *) shown+=" $word" ;; esac
  done
  printf '\n%s$ iggy%s%s\n' "$dim" "$shown" "$plain"
  IGGY_HOME="$directory/home" build/release/bin/iggy --tcp-server-address "$address" "$@"
}

poll() {
  iggy -u iggy -p iggy message poll --consumer 1 --offset 0 --message-count 2 --auto-commit \
    dev sample 1 | tee "$directory/polled.$1"
  grep -q 'hello world' "$directory/polled.$1" || fail "The first message is missing."
  grep -q 'lorem ipsum' "$directory/polled.$1" || fail "The second message is missing."
}

step "2. Start the server on a temporary directory and a free port"
start_server
echo "iggy-server listens on $address, its data is in $directory/data."

step "3. Create a stream and a topic of two partitions"
iggy --transport tcp --username iggy --password iggy stream create dev
iggy -u iggy -p iggy stream list
iggy -u iggy -p iggy stream get dev
iggy -u iggy -p iggy topic create dev sample 2 none
iggy -u iggy -p iggy topic list dev
iggy -u iggy -p iggy topic get dev sample

step "4. Send two messages and poll them"
iggy -u iggy -p iggy message send --partition-id 1 dev sample "hello world"
iggy -u iggy -p iggy message send --partition-id 1 dev sample "lorem ipsum"
poll before

step "5. Kill the server with SIGKILL and start it again"
{ kill -9 "$server_pid" && wait "$server_pid"; } 2>/dev/null || true  # the shell would report it
server_pid=
start_server
echo "It had no chance to write anything on its way out. It listens again, now on $address."

step "6. Poll the same messages"
poll after
messages() { grep -E 'hello world|lorem ipsum' "$directory/polled.$1"; }
[ "$(messages before)" = "$(messages after)" ] || fail "The messages are not the same."

if [ "$keep" = yes ]; then
  disown "$server_pid"
  cat <<EOF

${bold}The server keeps running.${plain} Talk to it:

  build/release/bin/iggy --tcp-server-address $address -u iggy -p iggy stream list

Stop it and remove its data:

  kill $server_pid; tail --pid=$server_pid -f /dev/null; rm -r $directory
EOF
else
  step "7. Stop the server"
  kill "$server_pid"
  wait "$server_pid" || fail "The server did not stop in the orderly way."
  server_pid=
  echo "It stopped in the orderly way; its temporary data is removed."
  printf '\n%sBoth messages came back as they were, ids and timestamps included.%s\n' \
    "$bold" "$plain"
fi

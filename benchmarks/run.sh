#!/bin/sh
# Holds iggy-server against what the machine can do: see run.py --help and docs/performance.md.
exec python3 "$(dirname "$0")/run.py" "$@"

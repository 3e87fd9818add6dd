#!/bin/sh
# Fuzzes one scanner: run.sh ID SECONDS [JOBS]. Needs the stable toolchain and a C++ compiler.
# SANITIZER=address builds with the address sanitizer, SKIP_BUILD=1 takes what is built, and LEDGER=FILE adds a line with
# scanner, processor seconds, runs, the commit that was built and the day to a file when nothing was found.
set -eu
id=$1
seconds=$2
jobs=${3:-1}
cd "$(dirname "$0")"
bin=$(./build.sh scanner)
export SOVAUDIT_FUZZ="$id"
mkdir -p "artifacts/$id"
log="artifacts/$id/log"
SOVAUDIT_FUZZ_DO=seeds "$bin" >"$log" 2>&1
mark="artifacts/$id/started"
touch "$mark"
# processor seconds of what this script has started so far; `times` knows them in this shell only, not in a part of it
spent() {
  times >"artifacts/$id/times"
  spent=$(tail -1 "artifacts/$id/times" | tr 'ms' '  ' | awk '{ printf "%d", $1 * 60 + $2 + $3 * 60 + $4 }')
}
spent
before=$spent
if [ "$jobs" -gt 1 ]; then set -- "-fork=$jobs" -ignore_crashes=0; else set --; fi
status=0
"$bin" "corpus/$id" "-dict=corpus/$id.dict" "-max_total_time=$seconds" -timeout=10 -rss_limit_mb=2000 -max_len=20000 \
  "-artifact_prefix=artifacts/$id/" -print_final_stats=1 "$@" >"$log" 2>&1 || status=$?
found=$(find "artifacts/$id" -type f -newer "$mark" \( -name 'crash-*' -o -name 'timeout-*' -o -name 'oom-*' -o -name 'leak-*' \) | head -1)
runs=$(sed -n 's/^#\([0-9][0-9]*\).*/\1/p' "$log" | tail -1)
if [ -n "$found" ]; then
  echo "$id: $found"
  exit 1
elif [ "$status" -ne 0 ]; then
  echo "$id: ended with status $status, see $log"
  exit 1
fi
spent
took=$((spent - before))
echo "$id: ${runs:-0} runs in $took s of processor time, no crash"
if [ -n "${LEDGER:-}" ]; then
  echo "$id,$took,${runs:-0},$(cat "$(dirname "$(dirname "$(dirname "$bin")")")/scanner.commit"),$(date -u +%F)" >>"$LEDGER"
fi

#!/bin/sh
# Fuzzes one scanner after the other: run-all.sh SECONDS [JOBS [ID...]]. Without ids, all of package formats, SBOMs, hardware
# and what lies in images: what the registry of scanners lists and those folders of src/scan hold.
# With LEDGER=FILE (see run.sh) each gets what it lacks of so many processor seconds, so that the work can be cut into parts.
set -eu
seconds=$1
jobs=${2:-1}
shift $(($# > 1 ? 2 : 1))
cd "$(dirname "$0")"
bin=$(./build.sh scanner)
if [ $# -eq 0 ]; then
  for id in $(SOVAUDIT_FUZZ_DO=list "$bin" 2>/dev/null); do
    name=$(echo "$id" | tr - _)
    if [ -n "$(find ../src/scan/package ../src/scan/sbom ../src/scan/hardware ../src/scan/image ../src/scan/model ../src/scan/binary -path "*/$name.rs" -o -path "*/$name/mod.rs" 2>/dev/null)" ]; then
      set -- "$@" "$id"
    fi
  done
fi
# processor seconds that the ledger lacks for a scanner
lacking() {
  if [ -n "${LEDGER:-}" ] && [ -f "$LEDGER" ]; then
    awk -F, -v id="$1" -v all="$seconds" '$1 == id { had += $2 } END { print (had < all ? all - had : 0) }' "$LEDGER"
  else
    echo "$seconds"
  fi
}
failed=0
for id in "$@"; do
  left=$(lacking "$id")
  while [ "$left" -gt 0 ]; do
    if ! SKIP_BUILD=1 ./run.sh "$id" "$left" "$jobs"; then
      failed=1
      break
    fi
    [ -n "${LEDGER:-}" ] || break
    left=$(lacking "$id")
  done
done
exit $failed

#!/bin/sh
# Builds a target on the stable toolchain and prints its path: build.sh TARGET. The flags are those of cargo-fuzz.
set -eu
cd "$(dirname "$0")"
host=$(rustc -vV | sed -n 's/^host: //p')
sanitizer=${SANITIZER:-}
folder=target/${sanitizer:-plain}
if [ -z "${SKIP_BUILD:-}" ]; then
  # instrumentation by an LLVM pass: rustc takes the flags, and RUSTC_BOOTSTRAP lets the stable one take -Z
  RUSTC_BOOTSTRAP=1 RUSTFLAGS="-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
    -Cllvm-args=-sanitizer-coverage-trace-compares --cfg fuzzing ${sanitizer:+-Zsanitizer=$sanitizer}" \
    cargo build --quiet --release --target "$host" --target-dir "$folder" --bin "$1" 1>&2
  # what the ledger of run.sh names; what is not committed is part of it
  git rev-parse --short=8 HEAD >"$folder/$1.commit" || echo unknown >"$folder/$1.commit"
fi
echo "$PWD/$folder/$host/release/$1"

#!/usr/bin/env python3
"""Puts the functions that a scan calls side by side in the program, so that it touches less of it.

    python3 tests/tools/link_order.py [--profile release] [--order target/link-order.txt] TREE…

The kernel brings in 64 KiB of a program around each place that is touched. The functions that a scan of a small tree calls
are 5 of 27 MB and lie all over it, so that more than half of the program is in memory for nothing. This builds the program
with its names, scans each tree and an empty folder under valgrind, writes the names of the functions that were called, those
of most trees first, and builds the program again with these in front. What is compiled stays: only linking is done twice.
The names hold a hash of the compiler, the profile and the versions of all crates: make the list anew for every release.

Needs valgrind, nm, and a linker that takes an order of symbols, as the one that comes with Rust on x86-64 Linux does.
Python standard library only.
"""
import argparse
import collections
import os
import re
import subprocess
import sys
import tempfile


def build(options, *arguments):
    words = ["cargo", "rustc", "--bin", "sovaudit", *options, "--", *(f"-C{argument}" for argument in arguments)]
    subprocess.run(words, check=True)


def called(program, tree, folder):
    """Names of the functions that a scan of a tree calls."""
    dump = os.path.join(folder, "calls")
    words = ["valgrind", "--tool=callgrind", "--demangle=no", f"--callgrind-out-file={dump}", program, "scan", tree]
    ended = subprocess.run([*words, "--fail-on", "none", "--threads", "2", "--data-dir", folder], capture_output=True)
    if ended.returncode != 0:
        sys.exit(f"the scan of {tree} ended with {ended.returncode}: {ended.stderr.decode(errors='replace')}")
    names = {}
    with open(dump, errors="replace") as lines:
        for line in lines:
            # a name stands where its number is used first; a call from itself is counted apart
            found = re.match(r"c?fn=\((\d+)\) (.+?)('\d+)?$", line)
            if found:
                names[found[1]] = found[2]
    return set(names.values())


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("trees", nargs="+", metavar="TREE")
    parser.add_argument("--profile", default="release")
    parser.add_argument("--config", action="append", default=[], help="as cargo takes it; repeats")
    parser.add_argument("--order", default="target/link-order.txt", help="the list that is written")
    given = parser.parse_args()
    options = ["--profile", given.profile, *(word for one in given.config for word in ("--config", one))]
    target = os.environ.get("CARGO_TARGET_DIR", "target")
    program = os.path.join(target, "debug" if given.profile == "dev" else given.profile, "sovaudit")
    build(options, "strip=none")
    counts = collections.Counter()
    with tempfile.TemporaryDirectory() as folder:
        empty = os.path.join(folder, "empty")
        os.mkdir(empty)
        for tree in [empty, *given.trees]:
            counts.update(called(program, tree, folder))
    rows = (line.split(" ", 3) for line in subprocess.check_output(["nm", "-S", "--defined-only", program], text=True).splitlines())
    sizes = {row[3]: int(row[1], 16) for row in rows if len(row) == 4 and row[2] in "tTwW"}
    names = sorted((name for name in counts if name in sizes), key=lambda name: (-counts[name], name))
    with open(given.order, "w") as order:
        order.writelines(f"{name}\n" for name in names)
    print(f"{len(names)} functions, {sum(map(sizes.get, names)) / 1e6:.1f} MB, to {given.order}", flush=True)
    path = os.path.abspath(given.order)
    build(options, f"link-arg=-Wl,--symbol-ordering-file={path}", "link-arg=-Wl,--no-warn-symbol-ordering")


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""Lists the functions that scans call, so that the linker puts them side by side.

    python3 tests/tools/link_order.py [--order src/link-order.txt] TREE…

The kernel brings in 64 KiB of a program around each place that is touched. The functions that a scan of a small tree calls
are 5 of 27 MB and lie all over it, so that more than half of the program is in memory for nothing. This builds the shipped
program with its names, scans each tree and an empty folder under valgrind, and writes the names of the functions that were
called, those of most trees first. `build.rs` gives the list to the linker where it holds: the names have a hash of the
compiler, the profile and the versions of all crates in them, so a list is made anew for every release. What is compiled
stays the same.

Needs valgrind and nm. Python standard library only.
"""
import argparse
import collections
import os
import re
import subprocess
import sys
import tempfile


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
    parser.add_argument("--order", default="src/link-order.txt", help="the list that is written")
    given = parser.parse_args()
    # names are kept for the last step alone: as an option of the profile it would change the hash in every name
    subprocess.run(["cargo", "rustc", "--release", "--locked", "--bin", "sovaudit", "--", "-Cstrip=none"], check=True)
    program = os.path.join(os.environ.get("CARGO_TARGET_DIR", "target"), "release", "sovaudit")
    counts = collections.Counter()
    with tempfile.TemporaryDirectory() as folder:
        empty = os.path.join(folder, "empty")
        os.mkdir(empty)
        for tree in [empty, *given.trees]:
            counts.update(called(program, tree, folder))
    rows = (line.split(" ", 3) for line in subprocess.check_output(["nm", "-S", "--defined-only", program], text=True).splitlines())
    sizes = {row[3]: int(row[1], 16) for row in rows if len(row) == 4 and row[2] in "tTwW"}
    names = sorted((name for name in counts if name in sizes), key=lambda name: (-counts[name], name))
    about = subprocess.check_output([os.environ.get("RUSTC", "rustc"), "-vV"], text=True)
    compiler = next(line for line in about.splitlines() if line.startswith("commit-hash: "))
    with open(given.order, "w") as order:
        order.write(f"# {compiler}\n# made by tests/tools/link_order.py; holds for this compiler and Cargo.lock\n")
        order.writelines(f"{name}\n" for name in names)
    print(f"{len(names)} functions, {sum(map(sizes.get, names)) / 1e6:.1f} MB, to {given.order}; build again to use it")


if __name__ == "__main__":
    main()

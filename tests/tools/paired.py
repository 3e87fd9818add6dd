#!/usr/bin/env python3
"""Times sovaudit and another program on the same trees, alternating, in one run.

    python3 tests/tools/paired.py --sovaudit target/release/sovaudit --syft syft [--runs 5] [--tables] [--packages] TREE…
    python3 tests/tools/paired.py --sovaudit target/release/sovaudit --locks [--runs 9] [--tables]

The first form prints medians of wall time, processor time and peak memory (as the kernel tells it of the ended process and its
children) per tree, and the ratios. Each pair runs one after the other, the order turning from pair to pair, so that a
busy machine meets both. The second form times generated package-lock.json files of 1 to 16 MB, the same ones every
time, and says how the time grows. A scan of an empty folder is given for what start and rules cost.

Python standard library only; Linux.
"""
import argparse
import json
import os
import random
import shlex
import shutil
import statistics
import subprocess
import sys
import tempfile
import time


def measure(words, environment, folder):
    """Seconds, seconds of processor time and peak memory in MB of one run."""
    start = time.monotonic()
    child = os.fork()
    if child == 0:
        quiet = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1, 2):
            os.dup2(quiet, stream)
        os.chdir(folder)
        os.execve(words[0], words, environment)
    _, status, usage = os.wait4(child, 0)
    if os.waitstatus_to_exitcode(status) not in (0, 1):
        sys.exit(f"{shlex.join(words)} ended with {os.waitstatus_to_exitcode(status)}")
    return time.monotonic() - start, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def lock(size, seed=1):
    """A package-lock.json (version 3) of about `size` bytes."""
    draw, packages, written, at = random.Random(seed), {"": {"name": "generated", "version": "1.0.0", "dependencies": {}}}, 0, 0
    while written < size:
        name = f"@scope{at % 97}/package-{at}" if at % 3 else f"package-{at}"
        digest = draw.randbytes(64).hex()[:86] + "=="
        entry = {
            "version": f"{draw.randrange(9)}.{draw.randrange(30)}.{draw.randrange(30)}",
            "resolved": f"https://registry.npmjs.org/{name}/-/{name.rpartition('/')[2]}-1.0.0.tgz",
            "integrity": f"sha512-{digest}",
            "license": "MIT",
            "engines": {"node": ">=18"},
            "dependencies": {f"package-{3 * draw.randrange(at // 3 + 1)}": f"^{draw.randrange(9)}.0.0" for _ in range(3)},
        }
        if at % 5 == 0:
            entry["dev"] = True
        if at < 40:
            packages[""]["dependencies"][name] = f"^{entry['version']}"
        packages[f"node_modules/{name}"] = entry
        written += len(json.dumps(entry)) + len(name) + 140
        at += 1
    return json.dumps({"name": "generated", "version": "1.0.0", "lockfileVersion": 3, "requires": True, "packages": packages}, indent=2)


def written(tree, size):
    """Writes a lock file, and gives its size in MB and its packages; in a process of its own, since the memory that this one
    has when it forks is the least that any program is said to take."""
    code = ("import sys, paired; text = paired.lock(int(sys.argv[1])); open(sys.argv[2], 'w', encoding='utf-8').write(text); "
            "print(text.count('\"integrity\"'))")
    path, environment = os.path.join(tree, "package-lock.json"), dict(os.environ, PYTHONPATH=os.path.dirname(os.path.abspath(__file__)))
    packages = subprocess.check_output([sys.executable, "-c", code, str(size), path], env=environment, text=True)
    return os.path.getsize(path) / 1e6, int(packages)


def median(values):
    return statistics.median(values)


def scan(command, tree, folder, tables=False, packages=False):
    output = [] if tables else ["--output", f"json={folder}/report.json"]
    only = ["--only", "packages"] if packages else []
    return measure([*command, "scan", tree, "--fail-on", "none", *only, *output], dict(os.environ), folder)


def locks(command, runs, tables):
    print("| package-lock.json | packages | median | best | processor time | peak memory | above an empty folder, per MB |\n|---|---:|---:|---:|---:|---:|---:|")
    with tempfile.TemporaryDirectory() as folder:
        empty, trees = None, []
        # entries come out a twentieth shorter than they are counted: the last but one is 10.0 MB
        for size in (0, 1, 2, 4, 8, 10.55, 16):
            tree = os.path.join(folder, f"lock-{size}")
            os.mkdir(tree)
            trees.append((tree, *written(tree, int(size * 1_000_000))) if size else (tree, 0, 0))
        took = {tree: [] for tree, _, _ in trees}
        for _ in range(runs):
            for tree, _, _ in trees:
                took[tree].append(scan(command, tree, folder, tables))
        for tree, size, packages in trees:
            seconds, processor, memory = (median(column) for column in zip(*took[tree]))
            best = min(took[tree])[0]
            empty = best if empty is None else empty
            per = f"{(best - empty) / size * 1000:.1f} ms" if size else ""
            print(f"| {size:.1f} MB | {packages:,} | {seconds * 1000:.0f} ms | {best * 1000:.0f} ms | "
                  f"{processor * 1000:.0f} ms | {memory:.0f} MB | {per} |")


def pairs(sovaudit, syft, runs, trees, tables, packages):
    environment = dict(os.environ, SYFT_CHECK_FOR_APP_UPDATE="false")
    print("| tree | sovaudit | Syft | times faster | in processor time | sovaudit memory | Syft memory | share |\n|---|---:|---:|---:|---:|---:|---:|---:|")
    ratios, shares = [], []
    with tempfile.TemporaryDirectory() as folder:
        for tree in map(os.path.abspath, trees):
            ours, theirs = [], []
            form = [] if tables else ["-o", f"json={folder}/syft.json"]
            run_ours = lambda: ours.append(scan(sovaudit, tree, folder, tables, packages))
            run_theirs = lambda: theirs.append(measure([*syft, "scan", f"dir:{tree}", "-q", *form], environment, folder))
            for turn in range(runs):
                for run in (run_ours, run_theirs) if turn % 2 == 0 else (run_theirs, run_ours):
                    run()
            (wall, processor, memory), (their_wall, their_processor, their_memory) = (
                [median(column) for column in zip(*rows)] for rows in (ours, theirs))
            ratios.append(their_wall / wall)
            shares.append(memory / their_memory)
            print(f"| {os.path.basename(tree)} | {wall * 1000:.0f} ms | {their_wall * 1000:.0f} ms | {ratios[-1]:.1f} | "
                  f"{their_processor / processor:.1f} | {memory:.0f} MB | {their_memory:.0f} MB | {shares[-1]:.2f} |", flush=True)
    print(f"\nTimes faster: least {min(ratios):.1f}, median {median(ratios):.1f}. "
          f"Share of memory: most {max(shares):.2f}, median {median(shares):.2f}. {runs} pairs per tree.")


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--sovaudit", required=True)
    options.add_argument("--syft")
    options.add_argument("--runs", type=int, default=5)
    options.add_argument("--locks", action="store_true")
    options.add_argument("--tables", action="store_true", help="write what is shown by default, not JSON")
    options.add_argument("--packages", action="store_true", help="let sovaudit look for packages only, as Syft does")
    options.add_argument("trees", nargs="*")
    given = options.parse_args()
    program = lambda command: [os.path.abspath(shutil.which(word) or word) if at == 0 else word for at, word in enumerate(shlex.split(command))]
    if given.locks:
        locks(program(given.sovaudit), given.runs, given.tables)
    if given.trees:
        pairs(program(given.sovaudit), program(given.syft), given.runs, given.trees, given.tables, given.packages)


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""Speed and memory of image scans, paired with plain decompression of the same layers.

    image_speed.py generate FOLDER [GIGABYTES] [LAYERS]    an image layout, the same one every time
    image_speed.py measure FOLDER SOVAUDIT DECOMPRESS [RUNS]

DECOMPRESS is the yardstick: `cargo build --release --manifest-path benches/decompress/Cargo.toml`. A run is: decompression,
a scan without cache, a scan that fills an empty cache, a scan from that cache. The order changes from run to run; medians of
wall time, processor time and peak memory are printed as a table in Markdown.
"""

import hashlib
import json
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import zlib
from multiprocessing import Pool

BLOCK = 1 << 16


def words(seed):
    """Text of a small vocabulary: packs to a quarter."""
    chance = random.Random(seed)
    vocabulary = ["".join(chance.choices("abcdefghijklmnopqrstuvwxyz_", k=chance.randint(3, 11))) for _ in range(256)]
    return " ".join(chance.choices(vocabulary, k=12000)).encode()[:BLOCK].ljust(BLOCK, b"\n")


class Layer:
    """A gzip tar stream that is hashed while it is written."""

    def __init__(self, path):
        self.file = open(path, "wb")
        self.packer = zlib.compressobj(3, zlib.DEFLATED, 31)
        self.packed, self.plain = hashlib.sha256(), hashlib.sha256()
        self.size = 0

    def put(self, data):
        self.plain.update(data)
        self.out(self.packer.compress(data))

    def out(self, data):
        self.packed.update(data)
        self.file.write(data)
        self.size += len(data)

    def head(self, name, size):
        head = bytearray(512)
        head[0 : len(name)] = name.encode()
        head[100:108] = b"0000644\0"
        head[108:124] = b"0000000\0" * 2
        # base 256, as tar writes what eleven octal digits do not hold
        head[124:136] = b"%011o\0" % size if size < 8**11 else b"\x80" + size.to_bytes(11, "big")
        head[136:148] = b"00000000000\0"
        head[148:156] = b" " * 8
        head[156:157] = b"0"
        head[257:265] = b"ustar\x0000"
        head[148:156] = b"%06o\0 " % sum(head)
        self.put(bytes(head))

    def entry(self, name, data):
        self.head(name, len(data))
        self.put(data + b"\0" * (-len(data) % 512))

    def end(self):
        self.put(b"\0" * 1024)
        self.out(self.packer.flush())
        self.file.close()


def packages(layer):
    """What a scan finds: a distribution, Python and Node packages."""
    layer.entry("etc/os-release", b"ID=debian\nVERSION_ID=\"12\"\n")
    status = "".join(
        f"Package: lib{n}\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1.{n}-1\n"
        f"Maintainer: Team {n % 40} <team{n % 40}@debian.example>\nDescription: part {n}\n\n"
        for n in range(600)
    )
    layer.entry("var/lib/dpkg/status", status.encode())
    for n in range(400):
        about = f"Metadata-Version: 2.1\nName: py{n}\nVersion: 2.{n}\nLicense: MIT\n\nText.\n"
        layer.entry(f"usr/lib/python3/dist-packages/py{n}-2.{n}.dist-info/METADATA", about.encode())
        about = json.dumps({"name": f"js{n}", "version": f"3.{n}.0", "license": "MIT"})
        layer.entry(f"app/node_modules/js{n}/package.json", about.encode())


def one_layer(job):
    folder, number, size = job
    chance = random.Random(number)
    noise = chance.randbytes(1 << 20)
    texts = [words(number * 100 + n) for n in range(8)]
    path = os.path.join(folder, f"layer-{number}")
    layer = Layer(path)
    if number == 0:
        packages(layer)
    written, count = 0, 0
    while written < size:
        # a few large files, many small ones
        large = count % 500 == 499
        length = min(size - written, chance.randint(64, 192) << 20 if large else chance.randint(1, 40) << 10)
        length = max(length, 512)
        ending = ".safetensors" if large else chance.choice([".py", ".so", ".h", ".txt", ".pyc", ".json", ""])
        # as in images of machine-learning stacks: libraries with a little code of one's own beside them
        folder_of = f"app/l{number}" if count % 50 == 0 else f"usr/local/lib/python3.12/site-packages/l{number}"
        layer.head(f"{folder_of}/d{count % 97}/f{count}{ending}", length)
        left = length
        while left:
            data = noise[chance.randint(0, (1 << 20) - BLOCK) :][:BLOCK] if chance.random() < 0.3 else chance.choice(texts)
            data = data[:left]
            layer.put(data)
            left -= len(data)
        layer.put(b"\0" * (-length % 512))
        written += length
        count += 1
    layer.end()
    digest = layer.packed.hexdigest()
    os.rename(path, os.path.join(folder, "blobs/sha256", digest))
    return digest, layer.size, layer.plain.hexdigest()


def generate(folder, gigabytes=10.0, layers=10):
    os.makedirs(os.path.join(folder, "blobs/sha256"))
    size = int(gigabytes * 1e9 / layers)
    with Pool() as pool:
        made = pool.map(one_layer, [(folder, n, size) for n in range(layers)], chunksize=1)

    def blob(document):
        data = json.dumps(document).encode()
        digest = hashlib.sha256(data).hexdigest()
        with open(os.path.join(folder, "blobs/sha256", digest), "wb") as file:
            file.write(data)
        return {"digest": f"sha256:{digest}", "size": len(data)}

    rootfs = {"type": "layers", "diff_ids": [f"sha256:{plain}" for _, _, plain in made]}
    config = blob({"architecture": "amd64", "os": "linux", "rootfs": rootfs})
    kind = "application/vnd.oci.image.layer.v1.tar+gzip"
    described = [{"mediaType": kind, "digest": f"sha256:{digest}", "size": size} for digest, size, _ in made]
    manifest = {
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
        **blob({"schemaVersion": 2, "config": config, "layers": described}),
    }
    for name, document in [("index.json", {"schemaVersion": 2, "manifests": [manifest]}), ("oci-layout", {"imageLayoutVersion": "1.0.0"})]:
        with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
            json.dump(document, file)
    print(f"{gigabytes} GB in {layers} layers, {sum(size for _, size, _ in made) / 1e9:.2f} GB packed")


def run(command, **settings):
    """Wall time, processor time and peak memory of a command."""
    start = time.monotonic()
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL, env={**os.environ, **settings})
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode not in (0, 1):
        sys.exit(f"{command}: exit code {child.returncode}")
    return time.monotonic() - start, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def layers_of(folder):
    with open(os.path.join(folder, "index.json"), encoding="utf-8") as file:
        manifest = json.load(file)["manifests"][0]["digest"]
    blobs = os.path.join(folder, "blobs/sha256")
    with open(os.path.join(blobs, manifest.split(":")[1]), encoding="utf-8") as file:
        return [os.path.join(blobs, layer["digest"].split(":")[1]) for layer in json.load(file)["layers"]]


def measure(folder, sovaudit, decompress, runs=3):
    layers = layers_of(folder)
    scan = [sovaudit, "scan", f"oci-layout:{folder}", "--format", "json"]
    found = {"decompression to nothing": [], "scan without cache": [], "scan that fills a cache": [], "scan from the cache": []}
    for number in range(runs):
        home = tempfile.mkdtemp()
        try:
            first = [
                ("decompression to nothing", lambda: run([decompress, *layers])),
                ("scan without cache", lambda: run([*scan, "--no-cache"])),
                ("scan that fills a cache", lambda: run(scan, XDG_CACHE_HOME=home)),
            ]
            for name, job in first[number % 3 :] + first[: number % 3]:
                found[name].append(job())
            found["scan from the cache"].append(run(scan, XDG_CACHE_HOME=home))
        finally:
            shutil.rmtree(home)
    base = statistics.median(wall for wall, _, _ in found["decompression to nothing"])
    print(f"| What (median of {runs}) | Wall | To decompression | Processor time | Peak memory |\n|---|---|---|---|---|")
    for name, results in found.items():
        wall, cpu, memory = (statistics.median(column) for column in zip(*results))
        print(f"| {name} | {wall:.2f} s | {wall / base:.2f} | {cpu:.2f} s | {memory:.0f} MB |")


def main():
    match sys.argv[1:]:
        case ["generate", folder, *rest]:
            generate(folder, *(kind(text) for kind, text in zip((float, int), rest)))
        case ["measure", folder, sovaudit, decompress, *rest]:
            measure(folder, sovaudit, decompress, *map(int, rest))
        case _:
            sys.exit(__doc__)


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""Lays out the trees that compare.py, sample.py and paired.py work on.

    python3 tests/tools/trees.py corpus CORPUS TREES
        CORPUS holds one folder of data files per repository; files that end in .gz are unpacked. Test data with
        names of its own (`yarn_happy.lock`, `package-lock_v3.json`) become small trees with the name that the
        format has, one tree per file, so that every program recognises them.

    python3 tests/tools/trees.py git TREES GIT_DIRECTORY[=NAME]...
        Files of HEAD that a reader of packages could want, in their folders. NAME is the tree's name; without it
        the name of the repository's folder. Prints the commit of each.

Python standard library only, and `git` for the second form. Existing trees are replaced.
"""
import gzip
import io
import os
import re
import shutil
import subprocess
import sys
import tarfile

# Manifests, lock files, package databases and settings of registries.
PACKAGE_FILE = re.compile(
    r"""(^|/)(
    package\.json|package-lock\.json|npm-shrinkwrap\.json|yarn\.lock|pnpm-lock\.ya?ml|pnpm-workspace\.yaml|bun\.lockb?|deno\.jsonc?|
    deno\.lock|bower\.json|\.npmrc|\.yarnrc(\.yml)?|rush\.json|libman\.json|importmap\.rb|
    [^/]*requirements?[^/]*\.(txt|in)|requirements/[^/]*\.(txt|in)|constraints[^/]*\.txt|pyproject\.toml|setup\.(py|cfg)|Pipfile(\.lock)?|
    poetry\.lock|pdm\.lock|uv\.lock|uv\.toml|pylock[^/]*\.toml|environment[^/]*\.ya?ml|conda-lock[^/]*\.yml|pixi\.(toml|lock)|meta\.yaml|
    pip\.conf|\.condarc|
    pom\.xml|build\.gradle(\.kts)?|settings\.gradle(\.kts)?|gradle\.properties|[^/]*\.lockfile|[^/]*\.versions\.toml|
    verification-metadata\.xml|gradle-wrapper\.properties|build\.sbt|plugins\.sbt|build\.properties|build\.sbt\.lock|Dependencies\.scala|
    ivy\.xml|settings\.xml|extensions\.xml|maven-wrapper\.properties|deps\.edn|project\.clj|build\.mill|MODULE\.bazel(\.lock)?|
    WORKSPACE(\.bazel)?|maven_install\.json|
    [^/]*\.(csproj|fsproj|vbproj|vcxproj|props|targets|nuspec|sln|slnx)|packages\.config|packages\.lock\.json|project\.assets\.json|
    [^/]*\.deps\.json|global\.json|nuget\.config|NuGet\.Config|dotnet-tools\.json|paket\.(dependencies|lock|references)|
    go\.(mod|sum|work|work\.sum)|Gopkg\.(lock|toml)|glide\.(lock|yaml)|vendor/modules\.txt|
    Cargo\.(toml|lock)|\.cargo/config(\.toml)?|rust-toolchain(\.toml)?|
    Gemfile[^/]*|gems\.(rb|locked)|[^/]*\.gemspec|\.ruby-version|
    composer\.(json|lock)|installed\.json|
    Package(@swift-[\d.]+)?\.swift|Package\.resolved|Podfile(\.lock)?|[^/]*\.podspec(\.json)?|Cartfile(\.private|\.resolved)?|project\.pbxproj|
    pubspec\.(yaml|lock)|pubspec_overrides\.yaml|
    mix\.(exs|lock)|rebar\.(config|lock)|gleam\.toml|manifest\.toml|
    [^/]*\.cabal|cabal\.project[^/]*|package\.yaml|stack[^/]*\.yaml(\.lock)?|
    DESCRIPTION|renv\.lock|Project\.toml|Manifest\.toml|JuliaProject\.toml|
    conan\.lock|conanfile\.(py|txt)|vcpkg\.json|vcpkg-configuration\.json|vcpkg-lock\.json|CMakeLists\.txt|[^/]*\.cmake|meson\.build|
    [^/]*\.wrap|flake\.(nix|lock)|[^/]*\.opam|dune-project|cpanfile(\.snapshot)?|META\.json|[^/]*\.rockspec|[^/]*\.nimble|shard\.(yml|lock)|
    build\.zig\.zon|elm\.json|v\.mod|Chart\.(yaml|lock)|requirements\.yaml|
    \.terraform\.lock\.hcl|[^/]*\.tf|\.pre-commit-config\.yaml|action\.ya?ml|\.github/workflows/[^/]*\.ya?ml|[Dd]ockerfile[^/]*|
    [^/]*\.[Dd]ockerfile|Containerfile[^/]*|(docker-)?compose[^/]*\.ya?ml|\.gitmodules|
    [^/]*\.spdx(\.[a-z]+)?|[^/]*bom\.(json|xml)|[^/]*\.cdx\.(json|xml)|
    lib/apk/db/installed|var/lib/dpkg/status|var/lib/rpm/[^/]*
    )$""",
    re.X,
)

# Test data with a name of its own: where it lies, and the name of its format.
PROPER_NAME = [
    (r"/npm/testdata/package-lock[^/]*\.json$", "package-lock.json"),
    (r"/pnpm/testdata/pnpm-lock[^/]*\.yaml$", "pnpm-lock.yaml"),
    (r"/yarn/testdata/[^/]*\.lock$", "yarn.lock"),
    (r"/bun/testdata/[^/]*\.lock$", "bun.lock"),
    (r"/poetry/testdata/[^/]*\.lock$", "poetry.lock"),
    (r"/pipenv/testdata/[^/]*\.lock$", "Pipfile.lock"),
    (r"/uv/testdata/[^/]*\.lock$", "uv.lock"),
    (r"/bundler/testdata/[^/]*\.lock$", "Gemfile.lock"),
    (r"/cargo/testdata/[^/]*\.lock$", "Cargo.lock"),
    (r"/composer/testdata/[^/]*\.lock$", "composer.lock"),
    (r"/gradle/lockfile/testdata/[^/]*\.lockfile$", "gradle.lockfile"),
    (r"/sbt/lockfile/testdata/[^/]*\.sbt\.lock$", "build.sbt.lock"),
    (r"/conan/testdata/[^/]*\.lock$", "conan.lock"),
    (r"/nuget/lock/testdata/[^/]*\.json$", "packages.lock.json"),
    (r"/cocoapods/testdata/[^/]*\.lock$", "Podfile.lock"),
    (r"/pub/testdata/[^/]*\.lock$", "pubspec.lock"),
    (r"/mix/testdata/[^/]*mix\.lock$", "mix.lock"),
    (r"/(?:cyclonedx|cdx)/testdata/.*\.json$", "bom.json"),
    (r"/(?:cyclonedx|cdx)/testdata/.*\.xml$", "bom.xml"),
    (r"/spdx/testdata/(?:.*/)?([^/]*?)(?:\.spdx)?\.json$", r"\1.spdx.json"),
    (r"/redhat/testdata/Packages$", "var/lib/rpm/Packages"),
]


def proper(path):
    """The path that a file of test data has in a tree of its own, or None."""
    for pattern, name in PROPER_NAME:
        found = re.search(pattern, "/" + path)
        if found:
            return found.expand(name)
    return None


def corpus(source, trees):
    for repository in sorted(os.listdir(source)):
        root = os.path.join(source, repository)
        if not os.path.isdir(root):
            continue
        for folder, _, names in os.walk(root):
            for name in names:
                stored = os.path.join(folder, name)
                path = os.path.relpath(stored, root).removesuffix(".gz")
                with (gzip.open if stored.endswith(".gz") else open)(stored, "rb") as file:
                    content = file.read()
                renamed = proper(path)
                if renamed:
                    tree = f"{repository}--" + re.sub(r"[^\w.-]+", "_", path.rpartition("testdata/")[2])
                    kind = re.search(r"/(\w+)/(?:lock/|lockfile/)?testdata/", "/" + path)[1]
                    write(os.path.join(trees, f"{tree.replace('--', f'--{kind}-', 1)}", renamed), content)
                elif PACKAGE_FILE.search(path):
                    write(os.path.join(trees, repository, path), content)


def git(trees, sources):
    for source in sources:
        directory, _, name = source.partition("=")
        name = name or os.path.basename(directory.rstrip("/").removesuffix("/repo").removesuffix(".git"))
        run = ["git", f"--git-dir={directory}"]
        listed = subprocess.run([*run, "ls-tree", "-r", "-z", "--name-only", "HEAD"], capture_output=True, check=True)
        wanted = [path for path in listed.stdout.decode().split("\0") if PACKAGE_FILE.search(path)]
        commit = subprocess.run([*run, "rev-parse", "HEAD"], capture_output=True, check=True, text=True).stdout.strip()
        tree = os.path.join(trees, name)
        shutil.rmtree(tree, ignore_errors=True)
        for at in range(0, len(wanted), 500):
            literal = [f":(literal){path}" for path in wanted[at : at + 500]]
            archive = subprocess.run([*run, "archive", "HEAD", *literal], capture_output=True, check=True)
            with tarfile.open(fileobj=io.BytesIO(archive.stdout)) as packed:
                for member in packed:
                    if member.isfile():
                        write(os.path.join(tree, member.name), packed.extractfile(member).read())
        print(f"{name} {commit} {len(wanted)} files")


def write(path, content):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as file:
        file.write(content)


if __name__ == "__main__":
    if len(sys.argv) == 4 and sys.argv[1] == "corpus":
        corpus(sys.argv[2], sys.argv[3])
    elif len(sys.argv) > 3 and sys.argv[1] == "git":
        git(sys.argv[2], sys.argv[3:])
    else:
        sys.exit(__doc__)

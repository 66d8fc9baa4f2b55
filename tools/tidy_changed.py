#!/usr/bin/env python3
"""clang-tidy on the C++ sources that differ from the main branch's last release point: `tidy_changed.py BUILD_DIR [BASE]`.

BASE defaults to HEAD: locally it checks what is about to be committed. CI, where nothing differs from HEAD, checks the
last commit."""
import pathlib, subprocess, sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
build = sys.argv[1]
run = lambda *a: subprocess.run(a, cwd=ROOT, capture_output=True, text=True).stdout.split()
changed = run("git", "diff", "--name-only", "--diff-filter=d", sys.argv[2] if len(sys.argv) > 2 else "HEAD")
changed += run("git", "ls-files", "-o", "--exclude-standard")
if not changed:
    changed = run("git", "diff-tree", "--no-commit-id", "--name-only", "-r", "--diff-filter=d", "--root", "HEAD")
files = sorted({f for f in changed if f.endswith(".cpp") and f.startswith("src/") and not f.endswith("_test.cpp")})[:25]
if not files:
    print("tidy: nothing changed")
    sys.exit(0)
result = subprocess.run(["xargs", "-P", "2", "-n", "1", "clang-tidy-19", "-p", build, "--quiet"], cwd=ROOT, text=True,
                        input="\n".join(files), capture_output=True)
findings = "\n".join(l for l in result.stdout.splitlines() if l.strip())
print(findings or f"tidy: {len(files)} files fine")
sys.exit(result.returncode != 0)

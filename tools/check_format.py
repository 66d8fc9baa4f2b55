#!/usr/bin/env python3
"""Fails on a C++ file that clang-format-19 would write differently (.clang-format: LLVM base, 110 columns)."""
import os, pathlib, subprocess, sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
listed = subprocess.run(["git", "ls-files", "-co", "--exclude-standard", "*.cpp", "*.hpp"], cwd=ROOT, capture_output=True, text=True,
                        check=True).stdout.splitlines()
files = [name for name in listed if (ROOT / name).is_file()]
result = subprocess.run(["xargs", "-r", "-P", str(os.cpu_count()), "-n", "20", "clang-format-19", "--dry-run", "--Werror"], cwd=ROOT,
                        input="\n".join(files), capture_output=True, text=True)
print(result.stderr.strip() or f"format: {len(files)} files fine")
sys.exit(result.returncode != 0)

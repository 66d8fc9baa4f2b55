#!/usr/bin/env python3
"""Instruction counts of the hot pure functions (bench/instructions.cpp) under callgrind, against bench/instructions.json.

    tools/instructions.py PROGRAM            fails when a function needs more than its limit, or is missing on either side
    tools/instructions.py PROGRAM --update   writes limits of 10 % above what was counted

Counts are of preset dev (clang-19, -O1) and do not depend on the load of the machine. A function that became much cheaper is
named too, so that its limit follows."""
import json, math, os, pathlib, re, shutil, subprocess, sys, tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
LIMITS = ROOT / "bench" / "instructions.json"
SLACK = 1.10


def count(program):
    with tempfile.TemporaryDirectory() as folder:
        out = pathlib.Path(folder) / "callgrind.out"
        # glibc's choice by CPU is fixed, so that memcpy and friends are the same everywhere.
        tunables = "glibc.cpu.hwcaps=-AVX2_Usable,-AVX512F_Usable,-ERMS"
        ran = subprocess.run(["valgrind", "--tool=callgrind", "--collect-atstart=no", "--toggle-collect=hot_*",
                              f"--callgrind-out-file={out}", program],
                             cwd=ROOT, capture_output=True, text=True, env={**os.environ, "GLIBC_TUNABLES": tunables})
        if ran.returncode != 0:
            sys.exit(f"instructions: {program} under valgrind ended with status {ran.returncode}\n{ran.stderr}")
        report = subprocess.run(["callgrind_annotate", "--inclusive=yes", "--threshold=100", out], check=True,
                                capture_output=True, text=True).stdout
    counts = {}
    for line in report.splitlines():
        match = re.match(r"\s*([\d,]+)\s.*[:/](hot_\w+)", line)
        if match:
            counts[match[2].removeprefix("hot_")] = int(match[1].replace(",", ""))
    return counts


def main():
    program, *options = sys.argv[1:]
    if shutil.which("valgrind") is None:
        sys.exit("instructions: valgrind is missing; ./dev test installs it")
    counts = count(program)
    if "--update" in options:
        limits = {name: math.ceil(value * SLACK / 1000) * 1000 for name, value in sorted(counts.items())}
        LIMITS.write_text(json.dumps(limits, indent=2) + "\n")
    limits = json.loads(LIMITS.read_text())
    problems = [f"{name}: in {where} only" for name, where in
                [(n, "bench/instructions.cpp") for n in counts.keys() - limits.keys()] +
                [(n, "bench/instructions.json") for n in limits.keys() - counts.keys()]]
    for name in sorted(counts.keys() & limits.keys()):
        share = counts[name] / limits[name]
        print(f"{name:20}{counts[name]:>14,}  of {limits[name]:>14,}  {share:5.0%}")
        if share > 1:
            problems.append(f"{name}: {counts[name]:,} instructions, at most {limits[name]:,} are allowed")
        elif share < 0.7:
            print(f"  {name} became cheaper: write its new limit with --update")
    print("\n".join(problems) or "instructions: fine")
    sys.exit(bool(problems))


main()

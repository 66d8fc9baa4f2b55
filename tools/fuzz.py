#!/usr/bin/env python3
"""Runs fuzz targets of preset fuzz, as many at once as there are cores: tools/fuzz.py [--seconds 60] TARGET…

Each starts from the corpus in the repository and keeps what it finds in build/fuzz/corpus/<target>. Prints executions, coverage
and corpus; inputs that ended a target are kept in build/fuzz/findings, and the status is 1.
--merge writes what build/fuzz/corpus adds to the coverage into the repository's corpus, minimized."""
import argparse, concurrent.futures, os, pathlib, re, subprocess, sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
BUILD = ROOT / "build" / "fuzz"
OPTIONS = {  # longest input in bytes, where it is not 4096
    "sdp_parse": 16384, "sdp_negotiate": 16384, "peer_offer": 16384, "peer": 16384, "http_params": 16384,
}
MOST_ADDED = 12_000  # bytes that a merge may add to a target's corpus,
MOST_FILES = 60  # in so many files
# Third-party memory that is kept for the life of the process is no finding.
ENVIRONMENT = {**os.environ, "ASAN_OPTIONS": "allocator_may_return_null=1:detect_stack_use_after_return=0",
               "LSAN_OPTIONS": f"suppressions={ROOT / 'fuzz' / 'leaks.txt'}:print_suppressions=0"}


def arguments(target):
    return [BUILD / "fuzz" / f"fuzz_{target}", f"-max_len={OPTIONS.get(target, 4096)}", "-timeout=20", "-rss_limit_mb=2048", "-print_funcs=0",
            f"-artifact_prefix={BUILD / 'findings' / target}-"]


def fuzz(target, seconds):
    grown = BUILD / "corpus" / target
    grown.mkdir(parents=True, exist_ok=True)
    log = BUILD / "findings" / f"{target}.log"
    with log.open("w") as out:
        status = subprocess.run([*arguments(target), f"-max_total_time={seconds}", "-print_final_stats=1", grown,
                                 ROOT / "fuzz" / "corpus" / target], stdout=out, stderr=out, env=ENVIRONMENT, cwd=ROOT).returncode
    text = log.read_text(errors="replace")
    coverage = re.findall(r"cov: (\d+) ft: (\d+) corp: (\d+)/(\S+)", text) or [("?",) * 4]
    speed = re.findall(r"stat::average_exec_per_sec:\s+(\d+)", text) or ["?"]
    units = re.findall(r"stat::number_of_executed_units:\s*(\d+)", text) or ["?"]
    cov, features, corpus, size = coverage[-1]
    print(f"{target:20}{units[-1]:>10} runs {speed[-1]:>7}/s  coverage {cov:>6}  features {features:>6}  corpus {corpus:>5} {size:>7}"
          f"{'' if status == 0 else '  FAILED: ' + str(log.relative_to(ROOT))}", flush=True)
    if status == 0:
        log.unlink()
    return status == 0


def merge(target):
    corpus = ROOT / "fuzz" / "corpus" / target
    before = {p.name for p in corpus.iterdir()}
    subprocess.run([*arguments(target), "-merge=1", corpus, BUILD / "corpus" / target], check=True, env=ENVIRONMENT, cwd=ROOT,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    added = sorted((p for p in corpus.iterdir() if p.name not in before), key=lambda p: p.stat().st_size)
    while len(added) > MOST_FILES or sum(p.stat().st_size for p in added) > MOST_ADDED:
        added.pop().unlink()  # the largest ones stay out
    print(f"{target:20}{len(added):>5} files, {sum(p.stat().st_size for p in added):,} bytes added")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("targets", nargs="+")
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--merge", action="store_true")
    options = parser.parse_args()
    (BUILD / "findings").mkdir(parents=True, exist_ok=True)
    if options.merge:
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            list(pool.map(merge, options.targets))
        return
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        good = list(pool.map(lambda target: fuzz(target, options.seconds), options.targets))
    if not all(good):
        sys.exit("findings are in build/fuzz/findings; replay one: build/fuzz/fuzz/fuzz_<target> <file>")


main()

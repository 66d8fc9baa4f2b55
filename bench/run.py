#!/usr/bin/env python3
"""./dev bench: what meetings cost on this machine, beside the floor and beside what a user would script.

Each row starts a server of its own, lets plenum-load make the meeting, and takes the CPU time (user + system) of
all Plenum processes from /proc between the two moments that plenum-load announces. See docs/costs.md.
"""
import argparse, functools, json, os, pathlib, re, resource, shutil, statistics, subprocess, sys, tempfile, time, urllib.request

ROOT = pathlib.Path(__file__).resolve().parent.parent
HERTZ = os.sysconf("SC_CLK_TCK")
OBSERVERS = 5000  # of the row `events`
PATIENCE = 180  # seconds, for whatever should take a few


def say(text):
    print(text, file=sys.stderr, flush=True)


def cpu_seconds(pid):
    """user + system of a process, 0 when it is gone"""
    try:
        fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(") ", 1)[1].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / HERTZ


def pss_mb(pid):
    try:
        text = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text()
    except OSError:
        return 0.0
    return int(re.search(r"^Pss:\s+(\d+)", text, re.M).group(1)) / 1024


def children(pid):
    out = []
    for entry in pathlib.Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            parent = int((entry / "stat").read_text().rsplit(") ", 1)[1].split()[1])
        except (OSError, IndexError):
            continue
        if parent == pid:
            out.append(int(entry.name))
    return out


class Server:
    def __init__(self, bench, *more):
        self.directory = tempfile.mkdtemp(prefix="plenum-bench-")
        program = bench.program("plenum")
        settings = ["--data-directory", self.directory]
        self.key = subprocess.run([program, "key", "create", *settings], check=True, capture_output=True,
                                  text=True).stdout.strip()
        began = time.monotonic()
        self.log = open(pathlib.Path(self.directory) / "log", "w+")
        self.process = subprocess.Popen(
            [program, "serve", *settings, "--http-port", "0", "--admin-port", "0", "--media-port", "0", "--media-listen",
             "127.0.0.1", "--media-announce", "127.0.0.1", "--web-directory", "none", "--limits-requests-per-key", "0",
             "--limits-requests-per-address", "0", "--workers-executable",
             bench.program("plenum_media/plenum-media"), *more], stderr=self.log, stdout=self.log)
        ports = self.wait_for_line("serving")
        self.url, self.admin = f"http://127.0.0.1:{ports['http']}", f"http://127.0.0.1:{ports['admin']}"
        while not self.ready():
            time.sleep(0.005)
        self.ready_ms = (time.monotonic() - began) * 1000

    def wait_for_line(self, message):
        path = pathlib.Path(self.directory) / "log"
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until and self.process.poll() is None:
            for line in path.read_text().splitlines():
                if f'"{message}"' in line and line.endswith("}"):
                    return json.loads(line)
            time.sleep(0.005)
        raise SystemExit(f"the server does not serve:\n{path.read_text()}")

    def ready(self):
        try:
            return urllib.request.urlopen(self.admin + "/readyz", timeout=5).status == 200
        except OSError:
            return False

    def processes(self):
        return [self.process.pid, *children(self.process.pid)]

    def metrics(self):
        """{name{labels}: value}"""
        text = urllib.request.urlopen(self.admin + "/metrics", timeout=30).read().decode()
        return {line.rsplit(" ", 1)[0]: float(line.rsplit(" ", 1)[1]) for line in text.splitlines()
                if line and not line.startswith("#")}

    def snapshot(self):
        return {"at": time.monotonic(), "cpu": {pid: cpu_seconds(pid) for pid in self.processes()},
                "metrics": self.metrics()}

    def end(self):
        self.process.terminate()
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        shutil.rmtree(self.directory, ignore_errors=True)


def by_label(before, after, name, label):
    """growth of a counter, summed by one label"""
    out = {}
    for key, value in after.items():
        found = re.match(rf"{name}\{{(?:.*,)?{label}=\"([^\"]*)\"", key)
        if found:
            out[found.group(1)] = out.get(found.group(1), 0) + value - before.get(key, 0)
    return out


class Bench:
    def __init__(self, options):
        self.options = options
        self.build = pathlib.Path(options.build).resolve()
        self.rows = {}

    @functools.cached_property
    def clips(self):
        clips = ROOT / "build" / "clips"
        subprocess.run([self.build / "bench/plenum-clips", clips], check=True)
        return clips

    def program(self, name):
        path = self.build / "src/apps" / (name if "/" in name else f"{name.replace('-', '_')}/{name}")
        return str(path)

    def row(self, **values):
        values = {key: round(value, 4) if isinstance(value, float) else value for key, value in values.items()
                  if value is not None}
        values["machine_load"] = round(os.getloadavg()[0], 1)
        self.rows.setdefault(values["bench"], []).append(values)
        if self.options.json:
            print(json.dumps(values), flush=True)
        return values

    def floor(self, *arguments):
        done = subprocess.run([self.build / "bench/plenum-floor", "--clips", self.clips, "--rounds", str(self.options.rounds),
                               *map(str, arguments)], check=True, capture_output=True, text=True)
        return json.loads(done.stdout)

    def meeting(self, *arguments, server=(), seconds=None):
        """One meeting on a server of its own: what it cost, and what plenum-load saw."""
        host = Server(self, *server)
        try:
            command = [self.program("plenum-load"), "--url", host.url, "--key", host.key, "--clips", self.clips, "--json",
                       "--seconds", seconds or self.options.seconds, "--warm-up", self.options.warm_up, *arguments]
            load = subprocess.Popen([str(part) for part in command], stdout=subprocess.PIPE, text=True)
            before = after = summary = None
            members = []
            for line in load.stdout:
                said = json.loads(line)
                if said["load"] == "measuring":
                    before = host.snapshot()
                elif said["load"] == "measured":
                    after = host.snapshot()
                    memory = sum(pss_mb(pid) for pid in host.processes())
                elif said["load"] == "member":
                    members.append(said)
                else:
                    summary = said
            if load.wait() not in (0, 1) or summary is None:
                raise SystemExit("plenum-load did not finish: " + " ".join(map(str, command)))
        finally:
            host.end()
        elapsed = after["at"] - before["at"]
        cores = sum(cpu - before["cpu"].get(pid, 0) for pid, cpu in after["cpu"].items()) / elapsed
        codec = by_label(before["metrics"], after["metrics"], "plenum_codec_cpu_us_total", "call")
        threads = by_label(before["metrics"], after["metrics"], "plenum_thread_cpu_us_total", "role")
        late = {key: after["metrics"][key] - before["metrics"].get(key, 0) for key in after["metrics"]
                if key.startswith("plenum_") and "late" in key and "_total" in key}
        for finding in summary["findings"]:
            say(f"  wrong: {finding}")
        return {"cores": cores, "codec_cores": sum(codec.values()) / 1e6 / elapsed if codec else None,
                "codec_ms": {call: round(us / 1e3 / elapsed, 2) for call, us in codec.items()},
                "thread_ms": {role: round(us / 1e3 / elapsed, 2) for role, us in threads.items()},
                "late": late, "memory_mb": memory, "summary": summary, "members": members}

    def room_row(self, name, people, floor, *arguments, **more):
        got = self.meeting("--members", people, *arguments)
        seen = got["summary"]
        codec = got["codec_cores"]
        return self.row(bench=name, people=people, **more, cores=got["cores"], codec_cores=codec, floor_cores=floor["cores"],
                        per_codec=got["cores"] / codec if codec else None, per_floor=got["cores"] / floor["cores"],
                        latency_ms_p50=seen["latency_ms_p50"], latency_ms_p95=seen["latency_ms_p95"],
                        latency_ms_p99=seen["latency_ms_p99"], fps=seen["fps_p50"], gap_ms_most=seen["gap_ms_most"],
                        stalls=seen["stalls"], kbps=got["members"][0]["kbps"],
                        sent_kbps=got["members"][0].get("sent_kbps"), sent_width=got["members"][0].get("sent_width"),
                        thread_ms=got["thread_ms"] or None, codec_ms=got["codec_ms"] or None,
                        floor_ms={key: floor[key] for key in floor if key.endswith("_ms")},
                        late=got["late"] or None, memory_mb=got["memory_mb"], load_cores=seen["own_cores"],
                        findings=len(seen["findings"]))

    # ---- the rows

    def room(self):
        """2, 4 and 9 members, everyone sends 640x480 and talks"""
        for people in (2, 4, 9):
            self.room_row("room", people, self.floor("--people", people, "--talkers", people))

    def shaped(self):
        """9 members, one talks, pictures of the size that their tiles ask for"""
        floor = self.floor("--people", 9, "--talkers", 1, "--clip-kbps", 345)
        row = self.room_row("shaped", 9, floor, "--shape", "--talkers", 1)
        whole = next((r for r in self.rows.get("room", []) if r["people"] == 9), None)
        if whole:
            self.row(bench="shaped_part", people=9, of_unshaped=row["cores"] / whole["cores"])

    def viewers(self):
        """9 members and 100 who only watch"""
        row = self.room_row("viewers", 9, self.floor("--people", 9, "--talkers", 9), "--viewers", 100, viewers=100)
        alone = next((r for r in self.rows.get("room", []) if r["people"] == 9), None)
        if alone:
            self.row(bench="viewers_part", viewers=100, more_cores=row["cores"] - alone["cores"])

    def audio(self):
        """audio only, 3 speak"""
        for people in (100, 300, 1000):
            floor = self.floor("--audio-only", "--people", people, "--talkers", 3)
            got = self.meeting("--audio-only", "--members", people, "--talkers", 3, "--join-rate", 100,
                               server=("--rooms-members", "1100"))
            seen = got["summary"]
            self.row(bench="audio", people=people, connected=seen["connected"], cores=got["cores"], floor_cores=floor["cores"],
                     codec_cores=got["codec_cores"], silence_ms_most=seen["silence_ms_most"],
                     sounds_lost=seen["sounds_lost"], thread_ms=got["thread_ms"] or None, memory_mb=got["memory_mb"],
                     load_cores=seen["own_cores"], findings=len(seen["findings"]))

    def h264(self):
        """H.264 in and out, with the encoder of this build"""
        for people in (4, 9):
            floor = self.floor("--people", people, "--talkers", people, "--codec", "h264")
            self.room_row("h264", people, floor, "--codec", "h264")

    def join(self):
        """a storm: 100 join one room at once"""
        got = self.meeting("--members", 4, "--viewers", 96, "--join-rate", 100000)
        seen = got["summary"]
        self.row(bench="join", people=100, connected=seen["connected"], join_ms_p50=seen["join_ms_p50"],
                 join_ms_p95=seen["join_ms_p95"], join_ms_most=seen["join_ms_most"], fps=seen["fps_p50"],
                 findings=len(seen["findings"]))

    def first_frame(self):
        """POST /rooms to the first composed frame, of one member"""
        runs = [self.meeting("--members", 1, seconds=1)["summary"] for _ in range(5)]
        self.row(bench="first_frame", post_ms=statistics.median(r["open_ms"] for r in runs),
                 first_frame_ms=statistics.median(r["first_frame_ms"] for r in runs))

    def idle_rooms(self):
        """1,000 rooms that wait for people"""
        server = ("--rooms-most", "1100", "--rooms-idle-seconds", "3600")
        got = self.meeting("--rooms", 1000, "--members", 0, server=server)
        self.row(bench="idle_rooms", rooms=1000, cores=got["cores"], memory_mb=got["memory_mb"],
                 open_ms=got["summary"]["open_ms"])

    def idle(self):
        """an idle server: time to ready, memory, CPU"""
        host = Server(self)
        try:
            before, began = sum(map(cpu_seconds, host.processes())), time.monotonic()
            time.sleep(self.options.seconds)
            used = (sum(map(cpu_seconds, host.processes())) - before) / (time.monotonic() - began)
            self.row(bench="idle", ready_ms=host.ready_ms, cores=used, processes=len(host.processes()),
                     memory_mb=sum(map(pss_mb, host.processes())))
        finally:
            host.end()

    def events(self):
        """5,000 observers of one room, 10 events a second, beside a Node server with `ws` that does the same"""
        runs = {"plenum": [], "node_ws": []}
        for _ in range(self.options.rounds):  # in turn, so that both meet the same machine
            runs["plenum"].append(self.events_of_plenum())
            runs["node_ws"].append(self.events_of_node())
        best = {}
        for name, of in runs.items():
            best[name] = min(of, key=lambda run: run["p99_ms"])
            self.row(bench="events", server=name, observers=OBSERVERS, rate=10, p50_ms=best[name]["p50_ms"],
                     p99_ms=best[name]["p99_ms"], p99_ms_median=statistics.median(run["p99_ms"] for run in of),
                     most_ms=best[name]["most_ms"], missing=sum(run["missing"] for run in of), cores=best[name]["cores"],
                     kb_per_connection=min(run["kb"] for run in of), load_cores=best[name]["own_cores"])
        plenum, node = best["plenum"], best["node_ws"]
        self.row(bench="events_part", p99_times_better=node["p99_ms"] / plenum["p99_ms"],
                 p50_times_better=node["p50_ms"] / plenum["p50_ms"], cpu_times_less=node["cores"] / plenum["cores"],
                 memory_times_less=min(run["kb"] for run in runs["node_ws"]) / min(run["kb"] for run in runs["plenum"]))

    def events_of_plenum(self):
        host = Server(self)
        try:
            request = urllib.request.Request(host.url + "/rooms", data=b"id=bench&user[id]=ann&user[name]=Ann",
                                             headers={"Authorization": host.key})
            access = json.load(urllib.request.urlopen(request))["access_key"]
            return self.events_load(host.process.pid, host.url.rsplit(":", 1)[1], "/rt?room_id=bench",
                                    f"/rooms/{access}/messages", "--header", f"Authorization: {host.key}",
                                    "--until", "room_update")
        finally:
            host.end()

    def events_of_node(self):
        node = subprocess.Popen(["node", ROOT / "bench/events/node_ws.mjs"], cwd=ROOT, stdout=subprocess.PIPE, text=True)
        try:
            return self.events_load(node.pid, node.stdout.readline().strip(), "/", "/say")
        finally:
            node.kill()
            node.wait()

    def events_load(self, server, port, target, post, *more):
        before = pss_mb(server)
        load = subprocess.Popen(
            [self.build / "bench/plenum-events", "--port", port, "--observers", str(OBSERVERS), "--seconds",
             str(int(self.options.seconds)), "--target", target, "--post", post, "--subscribe",
             json.dumps({"command": "subscribe", "identifier": '{"channel":"RoomChannel"}'}), *more],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        load.stdout.readline()
        time.sleep(self.options.warm_up)
        memory = pss_mb(server) - before
        cpu, began = cpu_seconds(server), time.monotonic()
        load.stdin.write("\n")
        load.stdin.flush()
        measured = json.loads(load.stdout.readline())
        cores = (cpu_seconds(server) - cpu) / (time.monotonic() - began)
        if load.wait() != 0:
            raise SystemExit("plenum-events did not finish")
        return measured | {"cores": cores, "kb": memory * 1024 / OBSERVERS}

    def rest(self):
        """requests per second by wrk: the document of a meeting, and a message (durable before it is answered)"""
        host = Server(self)
        try:
            request = urllib.request.Request(host.url + "/rooms", data=b"id=bench&user[id]=ann&user[name]=Ann",
                                             headers={"Authorization": host.key})
            access = host.url + "/rooms/" + json.load(urllib.request.urlopen(request))["access_key"]
            for what, connections, more in (("GET /rooms/:access_key", 16, [access]),
                                            ("POST …/messages", 16, ["-s", ROOT / "bench/message.lua", access + "/messages"]),
                                            ("POST …/messages", 128, ["-s", ROOT / "bench/message.lua", access + "/messages"])):
                cpu = cpu_seconds(host.process.pid)
                out = subprocess.run(["wrk", "-t1", f"-c{connections}", f"-d{int(self.options.seconds)}", "--latency", *more],
                                     check=True, capture_output=True, text=True).stdout
                refused = re.search(r"Non-2xx or 3xx responses: (\d+)", out)
                done = int(re.search(r"(\d+) requests in", out)[1])
                self.row(bench="rest", what=what, connections=connections,
                         per_second=float(re.search(r"Requests/sec:\s+([\d.]+)", out)[1]), p50=wrk_latency(out, 50),
                         p99=wrk_latency(out, 99), cpu_us_each=(cpu_seconds(host.process.pid) - cpu) * 1e6 / done,
                         refused=int(refused[1]) if refused else 0)
        finally:
            host.end()

    def peers(self):
        """one ffmpeg and one GStreamer process that decode, compose and encode the same pictures (no network, no sound)"""
        for people in (2, 4, 9):
            clips = [str(self.clips / f"vp8-640x480-1000-{i % 3}.ivf") for i in range(people)]
            floor = self.floor("--people", people, "--talkers", 0)
            for name, command in (("ffmpeg", ffmpeg(clips)), ("gstreamer", gstreamer(clips))):
                if shutil.which(command[0]) is None:
                    say(f"  {name} is not installed")
                    continue
                cores = children_cpu(command) / 10  # the clips are 10 s long
                self.row(bench="peer", peer=name, people=people, cores=cores, per_floor=cores / floor["cores"])


def wrk_latency(out, percent):
    return re.search(rf"{percent}%\s+(\S+)", out)[1]


def grid(people):
    columns, rows = {2: (2, 1), 4: (2, 2)}.get(people, (3, 3))
    width, height = 1280 // columns & ~1, 720 // rows & ~1
    return [(i % columns * width, i // columns * height, width, height) for i in range(people)]


def ffmpeg(clips):
    cells = grid(len(clips))
    scale = [f"[{i}:v]scale={w}:{h}:force_original_aspect_ratio=increase:flags=bilinear,crop={w}:{h}[c{i}]"
             for i, (_, _, w, h) in enumerate(cells)]
    stack = "".join(f"[c{i}]" for i in range(len(cells)))
    layout = "|".join(f"{x}_{y}" for x, y, _, _ in cells)
    graph = ";".join(scale) + f";{stack}xstack=inputs={len(cells)}:layout={layout},pad=1280:720"
    inputs = [part for clip in clips for part in ("-threads", "1", "-i", clip)]
    return ["ffmpeg", "-v", "error", "-filter_complex_threads", "1", *inputs, "-filter_complex", graph, "-c:v", "libvpx",
            "-deadline", "realtime", "-cpu-used", "-8", "-threads", "1", "-b:v", "1500k", "-f", "null", "-"]


def gstreamer(clips):
    cells = grid(len(clips))
    pads = " ".join(f"sink_{i}::xpos={x} sink_{i}::ypos={y} sink_{i}::width={w} sink_{i}::height={h}"
                    for i, (x, y, w, h) in enumerate(cells))
    pipeline = (f"compositor name=c background=black {pads} ! video/x-raw,width=1280,height=720,framerate=25/1,format=I420 ! "
                "vp8enc deadline=1 cpu-used=-8 threads=1 target-bitrate=1500000 ! fakesink sync=false ")
    for clip in clips:
        pipeline += f"filesrc location={clip} ! ivfparse ! vp8dec threads=1 ! queue ! c. "
    return ["gst-launch-1.0", "-q", *pipeline.split()]


def children_cpu(command):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def print_tables(rows):
    for name, group in rows.items():
        print(f"\n{name}: {getattr(Bench, name, print).__doc__ if hasattr(Bench, name) else ''}".rstrip(": \n"))
        columns = list(dict.fromkeys(key for row in group for key, value in row.items()
                                     if key != "bench" and not isinstance(value, dict)))
        table = [columns] + [[str(row.get(column, "")) for column in columns] for row in group]
        widths = [max(len(line[i]) for line in table) for i in range(len(columns))]
        for line in table:
            print("  " + "  ".join(cell.rjust(width) for cell, width in zip(line, widths)))
        for row in group:
            for key in ("thread_ms", "codec_ms", "floor_ms", "late"):
                if row.get(key):
                    parts = ", ".join(f"{part} {value}" for part, value in row[key].items())
                    print(f"  {row.get('people', '')} people, {key}: {parts}")


ROWS = ["idle", "first_frame", "room", "shaped", "viewers", "h264", "audio", "join", "idle_rooms", "events", "rest", "peers"]


def main():
    lines = "\n".join(f"  {name:12} {getattr(Bench, name).__doc__}" for name in ROWS)
    parser = argparse.ArgumentParser(prog="./dev bench", description=__doc__ + "\nrows:\n" + lines,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help="rows, in the order given (default: all)")
    parser.add_argument("--json", action="store_true", help="one JSON object a line, instead of tables")
    parser.add_argument("--seconds", type=float, default=20, help="how long each meeting is measured (20)")
    parser.add_argument("--warm-up", type=float, default=5, help="between the last join and the measurement (5)")
    parser.add_argument("--rounds", type=int, default=3, help="of the floor; the cheapest counts (3)")
    parser.add_argument("--build", default=str(ROOT / "build/release"), help="build directory of the programs")
    options = parser.parse_args()
    names = options.names or ROWS
    if unknown := [name for name in names if name not in ROWS]:
        parser.error(f"no row {', '.join(unknown)}")
    if os.getloadavg()[0] > 0.5 * os.cpu_count():
        say(f"this machine is busy (load {os.getloadavg()[0]:.1f}): late frames and latency are not Plenum's alone")
    bench = Bench(options)
    for name in names:
        say(f"{name}: {getattr(Bench, name).__doc__}")
        getattr(bench, name)()
    if not options.json:
        print_tables(bench.rows)


main()

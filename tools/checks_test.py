#!/usr/bin/env python3
"""The checks, checked: each must find what it is there for, and nothing else.

A copy of the tree gets one small file per violation; every finding of a check must be one that is expected here, and every one that
is expected must be found. Before that the copy must be clean, so that a finding is the violation's."""
import json, os, pathlib, shutil, subprocess, sys, tempfile, unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent
LONG_FUNCTION = "void f() {\n" + "  g();\n" * 61 + "}\n"
WIDE_CLASS = "// Wide.\nclass Wide {\n public:\n  Wide();\n  int size() const;\n" + "".join(f"  void do_{n}();\n" for n in range(13)) + "};\n"

# check: (file to write, its text, what the check must say about it). In text that this repository must not contain, ¦ is nothing.
VIOLATIONS = {
    "check_layers.py": [
        ("src/room/bad.cpp", '#include "hub/hub.hpp"\n', "room may not include hub/hub.hpp"),
        ("src/room/bad2.cpp", '#include "link/facts.hpp"\n', "room may not include link/facts.hpp"),
        ("src/audio/bad.cpp", '#include "video/frame.hpp"\n', "audio may not include video/frame.hpp"),
        ("src/door/bad.cpp", '#include "ice/agent.hpp"\n', "door may not include ice/agent.hpp"),
        ("src/hub/bad.cpp", '#include "store/store.hpp"\n', "hub may not include store/store.hpp"),
        ("src/api/admin/bad.cpp", '#include "api/eyeson/views.hpp"\n', "api/admin may not include api/eyeson/views.hpp"),
        ("src/api/eyeson/bad.cpp", '#include "link/facts.hpp"\n', "api/eyeson may not include link/facts.hpp"),
        ("src/apps/plenum_media/bad.cpp", '#include "room/state.hpp"\n', "apps/plenum_media may not include room/state.hpp"),
        ("src/base/bad.cpp", '#include "result.hpp"\n', "is not written from src/"),
        ("src/fresh/bad.cpp", "int x;\n", "folder 'fresh' has no layer"),
        ("src/hub/bad_ssl.cpp", "#include <openssl/evp.h>\n", "<openssl/evp.h> belongs to secure/"),
        ("src/hub/bad_asio.cpp", "#include <boost/asio/post.hpp>\n", "<boost/asio/post.hpp> belongs to net/"),
        ("src/net/bad.hpp", "#include <boost/beast/http.hpp>\n", "<boost/beast/http.hpp> belongs to net/"),
        ("src/api/eyeson/bad_json.cpp", "#include <boost/json.hpp>\n", "<boost/json.hpp> belongs to base/json"),
        ("src/api/eyeson/bad_describe.cpp", "#include <boost/describe.hpp>\n", "<boost/describe.hpp> belongs to base/"),
        ("src/hub/bad_curl.cpp", "#include <curl/curl.h>\n", "<curl/curl.h> belongs to net/http_client.cpp"),
        ("src/hub/bad_sql.cpp", "#include <sqlite3.h>\n", "<sqlite3.h> belongs to store/"),
        ("src/engine/bad_vpx.cpp", "#include <vpx/vpx_encoder.h>\n", "<vpx/vpx_encoder.h> belongs to video/"),
        ("src/engine/bad_x264.cpp", "#include <x264.h>\n", "<x264.h> belongs to video/"),
        ("src/engine/bad_yuv.cpp", "#include <libyuv.h>\n", "<libyuv.h> belongs to video/"),
        ("src/engine/bad_pango.cpp", "#include <pango/pangocairo.h>\n", "<pango/pangocairo.h> belongs to video/"),
        ("src/video/bad_av.cpp", "#include <libavcodec/avcodec.h>\n", "<libavcodec/avcodec.h> belongs to video/av_"),
        ("src/video/bad_opus.cpp", "#include <opus/opus.h>\n", "<opus/opus.h> belongs to audio/"),
        ("src/peer/bad_srtp.cpp", "#include <srtp2/srtp.h>\n", "<srtp2/srtp.h> belongs to secure/"),
        ("src/peer/bad_sctp.cpp", "#include <usrsctp.h>\n", "<usrsctp.h> belongs to sctp/"),
        ("src/engine/bad_seccomp.cpp", "#include <seccomp.h>\n", "<seccomp.h> belongs to apps/plenum_media/"),
        ("src/hub/bad_cli.cpp", "#include <CLI/CLI.hpp>\n", "<CLI/CLI.hpp> belongs to apps/"),
        ("src/hub/bad_log.cpp", "#include <spdlog/spdlog.h>\n", "<spdlog/spdlog.h> belongs to base/log.cpp"),
        ("src/hub/bad_new.cpp", "#include <nats/nats.h>\n", "<nats/nats.h> has no place in tools/check_layers.py"),
    ],
    "check_words.py": [
        *((f"src/{folder}/bad.{end}", f"// one {word} more\n", "a dialect's word in the core")
          for folder, end, word in (("room", "hpp", "Eyeson"), ("hub", "cpp", "SEPP"), ("link", "hpp", "podium"), ("store", "sql", "permalink"),
                                    ("door", "md", "SignalWire"), ("room", "cpp", "Verto"), ("hub", "hpp", "cable"))),
        ("docs/bad.md", "built in /wor¦k/main\n", "speaks of one machine or host"),
        ("web/src/bad.ts", "// https://registry.npmj¦s.org/\n", "speaks of one machine or host"),
    ],
    "check_coroutines.py": [
        ("src/net/bad.cpp", "void f() {\n  auto x = co_await g(socket);\n}\n", "coroutines live only in"),
        ("src/hub/bad.cpp", "task f() {\n  co_return 1;\n}\n", "coroutines live only in"),
        *((f"src/net/{name}.cpp", f"task f() {{\n  {statement}\n}}\n", "a co_await must stand alone with named arguments")
          for name, statement in (("http_server", "auto x = co_await g([x] { return x; });"), ("websocket", "if (co_await g(socket)) h();"),
                                  ("tls", "h(co_await g(socket));"))),
    ],
    "check_rules.py": [
        ("src/room/bad_mutex.cpp", "std::mutex m;\n", "std::mutex outside base/"),
        ("src/video/bad_shared.cpp", "std::shared_mutex m;\n", "std::shared_mutex outside base/"),
        ("src/engine/bad_condition.cpp", "std::condition_variable c;\n", "std::condition_variable outside base/"),
        ("src/room/bad_header.hpp", "#pragma once\n", "a header opens with its purpose"),
        ("src/room/bad_nolint.cpp", "int x; // NOLINT\n", "NOLINT needs a check and a reason"),
        ("src/room/bad_reason.cpp", "int x; // NOLINT(bugprone-branch-clone)\n", "NOLINT needs a check and a reason"),
        ("src/room/bad_name.cpp", "class RoomManager {};\n", "names come from the meeting room"),
        ("src/room/bad_interface.cpp", "struct ISink;\n", "names come from the meeting room"),
        ("src/room/string_utils.cpp", "int x;\n", "names come from the meeting room"),
        ("src/hub/bad_sleep.cpp", "void f() { std::this_thread::sleep_for(1s); }\n", "the core thread must not wait"),
        ("src/api/eyeson/bad_wait.cpp", "std::future<int> f;\n", "the core thread must not wait"),
        ("src/room/bad_open.cpp", "// TO¦DO: later\n", "needs an issue number"),
        ("e2e/lib/bad.ts", "// FIX¦ME\n", "needs an issue number"),
        ("src/store/bad_log.cpp", 'void f() { log::info("store", "key made", "key", key.reveal()); }\n', "a revealed secret in a text"),
        ("src/store/bad_error.cpp", "auto f() {\n  return base::fail(ErrorCode::invalid,\n    std::string(key.reveal()));\n}\n",
         "a revealed secret in a text"),
        ("src/fresh/x.cpp", "int x;\n", "src/fresh: no README.md"),
    ],
    "loc.py --check": [
        ("src/room/bad_long.cpp", "int x;\n" * 601, "601 lines, at most 600"),
        ("web/src/bad_long.ts", "let x\n" * 601, "601 lines, at most 600"),
        ("src/room/bad_function.cpp", LONG_FUNCTION, "function of 61 lines, at most 60"),
        ("src/room/bad_wide.hpp", WIDE_CLASS, "Wide has 13 public commands, at most 12"),
    ],
    "check_links.py": [
        ("docs/bad.md", "[gone](nowhere.md)\n", "dead link nowhere.md"),
        ("docs/bad2.md", "[gone](architecture.md#no-such-heading)\n", "no heading #no-such-heading"),
        ("docs/bad3.md", "[`no_such_function`](../src/room/decide.cpp)\n", "does not mention no_such_function"),
        ("docs/adr/bad.md", "As in `room/no_such_file.cpp`.\n", "does not exist (planned ones carry a dagger)"),
        ("docs/adr/bad2.md", "As in `room/decide.cpp`†.\n", "exists, but the dagger says planned"),
        ("docs/compatibility-bad.md", "| `Sepp.no_such_test` |\n", "there is no test Sepp.no_such_test"),
        ("docs/compatibility-bad2.md", "| `join.spec: no such title` |\n", "no test 'no such title…'"),
        ("src/room/bad.cpp", 'auto x = metrics.counter("plenum_no_such_total");\n', "metric plenum_no_such_total is missing"),
    ],
    "check_format.py": [("src/room/bad.cpp", "int  x ;\n", "code should be clang-formatted")],
}


class Checks(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.scratch = tempfile.TemporaryDirectory(prefix="plenum-checks-")
        cls.tree = pathlib.Path(cls.scratch.name) / "tree"
        listed = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True, check=True)
        for name in listed.stdout.splitlines():
            if (ROOT / name).is_file():
                (cls.tree / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(ROOT / name, cls.tree / name)
        cls.git("init", "-q", "-b", "main")
        cls.git("add", "-A")
        cls.git("commit", "-q", "-m", "clean")

    @classmethod
    def tearDownClass(cls):
        cls.scratch.cleanup()

    @classmethod
    def git(cls, *arguments):
        subprocess.run(["git", "-c", "user.name=x", "-c", "user.email=x@example.org", *arguments], cwd=cls.tree, check=True)

    def tearDown(self):
        self.git("checkout", "-q", "-f", "main")
        self.git("clean", "-qfd")

    def write(self, name, text):
        (self.tree / name).parent.mkdir(parents=True, exist_ok=True)
        (self.tree / name).write_text(text.replace("¦", ""))

    def check(self, script, *arguments):
        words = script.split()
        done = subprocess.run([sys.executable, self.tree / "tools" / words[0], *words[1:], *arguments], cwd=self.tree,
                              capture_output=True, text=True)
        return done.returncode, done.stdout + done.stderr

    def test_every_check_is_tested(self):
        scripts = {path.name for path in (ROOT / "tools").glob("check_*.py")}
        self.assertEqual(scripts - {script.split()[0] for script in VIOLATIONS}, set())
        lint, tests = (ROOT / "dev").read_text(), (ROOT / "CMakeLists.txt").read_text()
        for script in [*VIOLATIONS, "tidy_changed.py", "checks_test.py"]:
            self.assertIn(f"tools/{script.split()[0]}", lint, "not in ./dev lint")
            self.assertIn(script.split()[0].removesuffix(".py"), tests, "not in CTest")

    def test_checks(self):
        for script, violations in VIOLATIONS.items():
            with self.subTest(script):
                status, said = self.check(script)
                self.assertEqual(status, 0, f"the tree itself is not clean:\n{said}")
                for name, text, _ in violations:
                    self.write(name, text)
                status, said = self.check(script)
                self.assertEqual(status, 1, "passes in spite of all violations")
                for name, _, message in violations:
                    where = "docs/operations.md" if "metric" in message else name.rsplit("/", 1)[0] if "README" in message else name
                    self.assertTrue(any(where in line and message in line for line in said.splitlines()),
                                    f"no finding '{message}' for {where} in:\n{said}")
                if script != "check_format.py":
                    unexpected = [line for line in said.splitlines() if not any(message in line for _, _, message in violations)]
                    self.assertEqual(unexpected, [])
                self.tearDown()

    def test_clang_tidy_reads_what_changed_on_this_branch(self):
        name = "src/base/bad.cpp"
        build = self.tree / "build"
        build.mkdir(exist_ok=True)  # ignored by git
        (build / "compile_commands.json").write_text(json.dumps([
            {"directory": str(self.tree), "file": str(self.tree / name), "command": f"clang++-19 -std=c++23 -Isrc -c {name}"}]))
        self.assertEqual(self.check("tidy_changed.py", "build"), (0, "tidy: 0 files fine\n"))
        self.write(name, "#include <string>\nbool f(const std::string& s) { return s.size() == 0; }\n")
        finding = "readability-container-size-empty"
        status, said = self.check("tidy_changed.py", "build")
        self.assertEqual((status, finding in said), (1, True), said)
        self.git("checkout", "-q", "-b", "topic")
        self.git("add", "-A")
        self.git("commit", "-q", "-m", "bad")
        self.write("docs/later.md", "later\n")
        self.git("add", "-A")
        self.git("commit", "-q", "-m", "the file is no longer in the last commit")
        status, said = self.check("tidy_changed.py", "build")
        self.assertEqual((status, finding in said), (1, True), "since the branch left main:\n" + said)
        self.assertIn(finding, self.check("tidy_changed.py", "build", "--all")[1])
        self.assertEqual(self.check("tidy_changed.py", "build", "HEAD")[1], "tidy: 0 files fine\n")
        self.write(name, "#include <string>\nbool f(const std::string& s) { return s.empty(); }\n")
        self.assertEqual(self.check("tidy_changed.py", "build"), (0, "tidy: 1 files fine\n"))


if __name__ == "__main__":
    os.environ["JOBS"] = "1"
    unittest.main()

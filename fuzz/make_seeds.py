#!/usr/bin/env python3
"""Writes the first corpus of every fuzz target: fuzz/make_seeds.py [TARGET…]. Needs ffmpeg for pictures and sound.

Files are named seed-NN; what fuzzing found on top keeps the names that libFuzzer gave it. The byte layouts are those of
fuzz/input.hpp and of the target's own file: a decision is a byte, a record two bytes of length and the bytes."""
import binascii, hashlib, hmac, json, pathlib, shutil, struct, subprocess, sys, tempfile

FUZZ = pathlib.Path(__file__).resolve().parent
GOLDEN = FUZZ.parent / "tests" / "golden"
SEEDS = {}


def seeds(target, *contents):
    SEEDS.setdefault(target, []).extend(contents)


def u8(*values):
    return bytes(v & 255 for v in values)


def record(content):
    content = content.encode() if isinstance(content, str) else content
    return struct.pack(">H", len(content)) + content


def sdp(name):
    return (GOLDEN / f"{name}.sdp").read_bytes()


# ---- network paths

def attribute(kind, value):
    return struct.pack(">HH", kind, len(value)) + value + b"\0" * (-len(value) % 4)


def stun(kind, *attributes, password=b"0123456789abcdef01234567"):
    body = b"".join(attributes)
    head = lambda extra: struct.pack(">HHI", kind, len(body) + extra, 0x2112A442) + b"transaction!"
    body += attribute(0x0008, hmac.new(password, head(24) + body, hashlib.sha1).digest())
    return head(8) + body + attribute(0x8028, struct.pack(">I", binascii.crc32(head(8) + body) ^ 0x5354554E))


RFC5769 = ("000100582112a442b7e7a701bc34d686fa87dfae802200105354554e207465737420636c69656e74002400046e0001ff80290008932ff9b1"
           "51263b36000600096576746a3a68367659202020000800149aeaa70cbfd8cb56781ef2b5b2d3f249c1b571a280280004e57a3bcf",
           "0101003c2112a442b7e7a701bc34d686fa87dfae8022000b7465737420766563746f7220002000080001a147e112a643000800142b91f599fd"
           "9e90c38c7489f92af9ba53f06be7d780280004c07d4c96",
           "010100482112a442b7e7a701bc34d686fa87dfae8022000b7465737420766563746f7220002000140002a1470113a9faa5d3f179bc25f4b5be"
           "d2b9d900080014a382954e4be67bf11784c97c8292c275bfe3ed4180280004c8fb0b4c")
CHECK = stun(0x0001, attribute(6, b"local:remote"), attribute(0x24, b"\x6e\x7f\0\xff"), attribute(0x802A, b"tiebreak"),
             attribute(0x25, b""))
seeds("stun_message", *map(bytes.fromhex, RFC5769), CHECK, stun(0x0111, attribute(9, b"\0\0\x04\x57Role Conflict")),
      stun(0x0001, attribute(0x7777, b"what"), attribute(6, b"a" * 513)))
CANDIDATE = "candidate:1 1 udp 2130706431 192.0.2.1 10000 typ host"
seeds("ice_candidate", CANDIDATE, "a=candidate:2 1 tcp 1518280447 2001:db8::1 9 typ host tcptype active generation 0",
      "3 1 UDP 1 203.0.113.5 5000 typ srflx raddr 10.0.0.1 rport 6000 ufrag x network-id 1", "[2001:db8::1]:443",
      "192.0.2.1:10000", "1 1 udp 2113937151 0b1c2d3e.local 50000 typ host")
seeds("ice_tcp_framing", u8(5, 220, 7) + record(CHECK) + record(b"") + record(b"\x80" * 300), u8(0, 9, 255) + record(b"x" * 11))
seeds("ice_agent",
      u8(0) + u8(3, 1) + record(CHECK) + u8(8, 6, 1) + u8(0, 0, 1, 2) * 2 + u8(5, 3, 232) + u8(7, 1, 6, 1),
      u8(1) + u8(0, 1, 2) + record(CANDIDATE) + u8(5, 0, 100, 8, 1, 0, 5, 0, 100, 8, 1, 0, 5, 40, 0, 5, 200, 0),
      u8(0) + b"".join(u8(8, 6, n, 0, 0, 0, 1, 0, 0) for n in range(12)) + u8(4, 3, 5, 255, 255, 5, 255, 255),
      u8(1) + u8(0, 1, 2) + record(CANDIDATE) + u8(5, 0, 100, 8, 7, 0, 8, 30, 0, 0, 0, 0, 9, 0, 9))

# ---- encryption and the data channel

seeds("fingerprint", "sha-256 " + ":".join(["AB"] * 32), "SHA-512 " + ":".join(["0f"] * 64), "sha-1 " + ":".join(["00"] * 20))
HELLO = bytes.fromhex("16feff000000000000000000360100002a000000000000002afefd") + b"R" * 32 + bytes.fromhex("00000004c02b00ff0100")
seeds("dtls", u8(1, 1) + u8(2) * 6 + u8(4) + record("data") + u8(2),
      u8(0, 1) + u8(2) * 6 + u8(4) + record("data") + u8(2, 1), u8(1, 0) + u8(2) * 6,
      u8(1, 1, 0) + record(HELLO) + u8(2, 3, 3, 232, 2, 2), u8(1, 1, 1, 0, 30, 4) + u8(2, 1, 0, 100, 7) * 3 + u8(3, 20, 0))
RTP = lambda payload, kind=96, more=b"": struct.pack(">BBHII", 0x90 if more else 0x80, kind, 1, 3000, 77) + more + payload
RTCP_RR = struct.pack(">BBHII", 0x81, 201, 7, 1, 77) + bytes(20)
for profile in 0, 1:
    seeds("srtp_unprotect", u8(profile, 2) + record(RTP(b"hello" * 5)) + u8(4) + record(b"") + u8(3) + record(RTCP_RR) +
          u8(0) + record(RTP(b"x" * 40)) + u8(1) + record(RTCP_RR * 2) + u8(5, 0, 0, 0, 77) + u8(4) + record(b"\0\0\0\1"))
seeds("data_channel", u8(3) + u8(2) + record("hello") + u8(3, 4, 0, 3), u8(1) + u8(3) * 4 + u8(2) + record('{"type":"ping"}') + u8(3),
      u8(3, 2) + record("x" * 100) + u8(1, 16) + record(bytes(4) + struct.pack(">I", 50)) + u8(0, 3),
      u8(0, 0) + record(struct.pack(">HHII", 5000, 5000, 0, 0) + bytes.fromhex("010000140000000100010000010001000000000100000000")),
      u8(3, 2) + record("x") + u8(1, 0) + record(bytes.fromhex("8200001400000001000000020000000300000000")) + u8(0, 3, 4, 200))

# ---- media packets

ONE_BYTE = bytes.fromhex("bede0004") + bytes.fromhex("107f22000005310006400030410072610000")[:16]
TWO_BYTE = bytes.fromhex("10000003") + bytes.fromhex("010101020430303030000000")
seeds("rtp_packet", RTP(b"\x90\xe0\x92\x34\x56\xc0\x10"), RTP(b"payload", 111, ONE_BYTE), RTP(b"payload", 96, TWO_BYTE),
      b"\xa0" + RTP(b"pad\0\0\0\4")[1:], b"\x82" + RTP(bytes(8) + b"x")[1:], b"\x90\x80\x92\x34\x01")
rtcp = lambda count, kind, body: struct.pack(">BBH", 0x80 | count, kind, len(body) // 4) + body
SR = rtcp(1, 200, struct.pack(">IQIII", 1, 1 << 33, 2, 3, 4) + bytes(24))
TWCC = struct.pack(">HHIB", 7, 5, 0x123456 << 8 | 1, 0)[:8] + bytes.fromhex("2005") + bytes([4, 8, 12, 16, 20])
TWCC_VECTOR = struct.pack(">HHI", 65530, 14, 0x000102 << 8) + bytes.fromhex("9555d500") + bytes(range(7)) + bytes.fromhex("8000")
seeds("rtcp", SR + rtcp(1, 202, struct.pack(">IBB", 1, 1, 5) + b"cname\0"), RTCP_RR,
      rtcp(1, 205, struct.pack(">IIHHHH", 1, 2, 5, 0xFFFF, 65535, 1)), rtcp(1, 206, bytes(8)), rtcp(4, 206, bytes(8) + struct.pack(">II", 77, 1 << 24)),
      rtcp(15, 206, bytes(8) + b"REMB" + bytes.fromhex("020a1234") + bytes(8)), rtcp(2, 203, struct.pack(">II", 1, 2)),
      rtcp(15, 205, bytes(8) + TWCC + b"\0" * (-len(TWCC) % 4)), rtcp(0, 207, bytes(8)) + rtcp(3, 204, bytes(8)) + SR)
seeds("twcc_feedback", TWCC, TWCC_VECTOR, struct.pack(">HHI", 0, 100, 0) + bytes.fromhex("0064"),
      struct.pack(">HHI", 0, 3, 0) + bytes.fromhex("4003") + bytes(6))
seeds("twcc_recorder", u8(0, 1) + u8(1, 9) * 60 + u8(160, 1) + u8(2, 200) * 20 + u8(210, 1, 0), u8(255, 250) + u8(7, 1, 0) * 30 + u8(255, 0, 0),
      u8(0, 0) + u8(190, 200, 0, 9) * 5 + u8(220, 4, 0))
SPS, PPS = bytes.fromhex("6742c01f8c8d40"), bytes.fromhex("68ce3c80")
PAYLOADS = {
    "vp8": ["90f092 3456c0 10 0000009d012a8002e00105", "1011010203", "9080923401"],
    "vp9": ["0e38014000b4028001016802040108010282 0909", "fc8511200304860102", "ec9234200986 01"],
    "h264": [SPS.hex(), PPS.hex(), "65010203", "780007" + SPS.hex() + "0004" + PPS.hex() + "00026501", "7c850102", "7c450102"],
    "av1": ["280308aabb30010203", "50300102", "900102", "000536080207 0803780000"],
}
for number, (codec, payloads) in enumerate(PAYLOADS.items()):
    payloads = [bytes.fromhex(p) for p in payloads]
    seeds("depacketize_" + codec, *(u8(0) + record(p) for p in payloads), u8(1) + b"".join(map(record, payloads[:2])),
          u8(3) + b"".join(map(record, (payloads * 2)[:4])))
    seeds("frame_assembler", u8(number) + b"".join(u8(4 * 4 + 3, 10, len(p)) + p for p in payloads * 3) + u8(250, 255, 255, 1, 2))
FRAME = bytes.fromhex("10020 09d012a40003000".replace(" ", "")) + bytes(range(200)) * 3
ANNEX_B = b"\0\0\0\1" + SPS + b"\0\0\0\1" + PPS + b"\0\0\1\x65" + bytes(range(1, 200)) * 3
seeds("packetizers", u8(1, 0, 0, 100) + FRAME, u8(0, 0, 0, 60) + ANNEX_B, u8(0, 1, 5, 0) + ANNEX_B)
seeds("nack_tracker", u8(0, 1) + u8(1, 20, 0, 0, 14, 16) * 30 + u8(5, 20, 0, 0, 1, 1) + u8(200, 9, 9, 9, 0, 0, 1, 2) * 4)

# ---- sound and pictures (ffmpeg)

TOC = [u8(0x08) + b"\1" * 20, u8(0x78, 3), u8(0xFB, 0x83, 5, 9) + b"s" * 60, u8(0x4B, 2) + b"x" * 30, u8(0x0B, 1)]
seeds("jitter_buffer", u8(0, 9, 0, 0, 0, 0) + (u8(0, 100, 4) + TOC[0][:5] + u8(200, 0, 0)) * 12,
      u8(255, 250, 255, 255, 0, 0) + (u8(1, 60, 40, 3) + TOC[1] + u8(0) * 2 + u8(160, 90, 3)) * 8 + u8(140, 1, 5, 3, 3, 3) * 5)


def run(*arguments):
    subprocess.run(["ffmpeg", "-v", "error", "-y", *map(str, arguments)], check=True)


def ivf_frames(path):
    data, at = path.read_bytes(), 32
    while at + 12 <= len(data):
        size = struct.unpack_from("<I", data, at)[0]
        yield data[at + 12:at + 12 + size]
        at += 12 + size


def ogg_packets(path):
    data, at = path.read_bytes(), 0
    while at + 27 <= len(data):
        lacing = data[at + 27:at + 27 + data[at + 26]]
        at += 27 + len(lacing)
        packet = b""
        for size in lacing:
            packet += data[at:at + size]
            at += size
            if size < 255:
                yield packet
                packet = b""


def pictures_and_sound(folder):
    source = ["-f", "lavfi", "-i", "testsrc=size=64x48:rate=25", "-frames:v", "4", "-pix_fmt", "yuv420p"]
    for codec, options in (("vp8", ["libvpx", "-auto-alt-ref", "0"]), ("vp9", ["libvpx-vp9", "-deadline", "realtime", "-lag-in-frames", "0"]),
                           ("av1", ["libaom-av1", "-cpu-used", "8", "-usage", "realtime", "-lag-in-frames", "0"])):
        run(*source, "-c:v", *options, "-b:v", "50k", folder / "clip.ivf")
        frames = list(ivf_frames(folder / "clip.ivf"))
        seeds("decode_" + codec, b"".join(u8(i == 0) + record(f) for i, f in enumerate(frames)), u8(1) + record(frames[0]))
    run(*source, "-c:v", "libx264", "-profile:v", "baseline", "-x264-params", "aud=1:sliced-threads=0", "-f", "h264", folder / "clip.264")
    units = (folder / "clip.264").read_bytes().split(b"\0\0\0\1\x09")[1:]
    frames = [b"\0\0\0\1\x09" + unit for unit in units]
    seeds("decode_h264", b"".join(u8(i == 0) + record(f) for i, f in enumerate(frames)), u8(1) + record(frames[0]))
    for name in "png", "jpg", "webp":
        run("-f", "lavfi", "-i", "testsrc=size=40x30", "-frames:v", "1", folder / f"picture.{name}")
        seeds("image_load", (folder / f"picture.{name}").read_bytes())
    run("-f", "lavfi", "-i", "testsrc=size=16x12,format=rgba,colorchannelmixer=aa=0.5", "-frames:v", "1", folder / "alpha.webp")
    seeds("image_load", (folder / "alpha.webp").read_bytes())
    run("-f", "lavfi", "-i", "sine=440:duration=0.2", "-c:a", "libopus", "-b:a", "24k", folder / "sound.ogg")
    packets = list(ogg_packets(folder / "sound.ogg"))[2:]
    seeds("opus_decoder", u8(0) + b"".join(u8(7) + record(p) for p in packets), u8(1) + b"".join(u8(3) + record(p) for p in TOC),
          u8(0, 7) + record(packets[0]) + u8(0) + record(packets[2]) + u8(7, 1) + record(b"") + u8(4))
    seeds("audio_source", b"".join(u8(1) + record(p) for p in packets), u8(3) + b"".join(record(p) for p in TOC[:3]) + u8(4) * 5)


seeds("text", u8(12, 100) + "Ann".encode(), u8(5, 20) + "Ωλφ العربية 漢字 👩‍👩‍👧".encode(), u8(0, 0) + b"\xff\xfe\0\x1b[31m" + "a\u0301\u0301\u202e".encode())

# ---- session descriptions and the peer

OFFERS = ["offer-chromium", "offer-firefox", "offer-eco", "offer-ghost"]
seeds("sdp_parse", *(sdp(o) for o in OFFERS), sdp("chromium.answer"), b"v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n")
seeds("sdp_negotiate", *(u8(0, 0) + record(sdp(o)) for o in OFFERS[1:]), u8(7, 0) + record(sdp("offer-eco")) * 1 + u8(1) + record(sdp("eco.answer")),
      u8(2, 0) + record(sdp("offer-ghost")) + u8(0) + record(sdp("offer-ghost")))
seeds("peer_offer", record(sdp("offer-firefox")) + u8(4, 0, 9, 0, 0, 0), record(sdp("offer-eco")) + u8(2) + record(sdp("offer-eco")) + u8(1, 0),
      record(sdp("offer-ghost")) + u8(4, 0, 0, 1) + record(sdp("ghost.answer")) + u8(250, 0))
MEDIA = [RTP(bytes.fromhex("1000020 09d012a40003000".replace(" ", "")) + bytes(30)), RTP(TOC[0], 111)]
seeds("peer", u8(0) + record(MEDIA[0]) + u8(5, 40, 0) + record(MEDIA[1]) + u8(2) + record(SR) + u8(5, 200),
      u8(2) + record(rtcp(1, 205, struct.pack(">IIHH", 1, 2, 0, 0xFFFF))) + u8(5, 50, 4) + record(CHECK) + u8(4) + record(HELLO) + u8(5, 255),
      u8(6, 1) + record(sdp("offer-eco")) + u8(7, 0, 1, 1, 0, 5, 100, 6, 0) + record(sdp("eco.answer")),
      u8(3) + record(rtcp(15, 206, bytes(8) + b"REMB" + bytes.fromhex("020a1234") + bytes(8))) +
      b"".join(u8(0) + record(struct.pack(">BBHII", 0x80, 96, n, n * 3000, 78) + b"\x10\x01" + bytes(20)) for n in (1, 2, 5, 6)) + u8(5, 250, 5, 250))

# ---- the web and the dialect

seeds("url", "https://user@example.org:8443/a/b?c=d#e", "wss://[2001:db8::1]/rt?room_id=a b&api_key=x", "/rooms/abc/messages?access_key=secret&x=%41+b",
      "a=1&b=%zz&&c&d=%F0%9F%98%80", "http://0x7f.1/", "//rooms//x%2F..%00")
HOST = "Host: example.org\r\n"
UPGRADE = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
seeds("request_head", "GET /rooms/a%40b?x=1 HTTP/1.1\r\n" + HOST + "\r\n", "GET /rt?room_id=my room&api_key=x HTTP/1.1\r\n" + HOST + UPGRADE + "\r\n",
      "POST /rooms HTTP/1.1\r\n" + HOST + "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n", "OPTIONS * HTTP/1.0\r\nExpect: 100-continue\r\n\r\n",
      "GET http://example.org/rooms/x HTTP/1.1\r\n" + HOST + HOST + "\r\n")
FORM = "id=hello&user[name]=Ann&user[id]=ann%40x.org&options[widescreen]=true&options[custom_fields][logo]=x&map[]=1&map[]=2&a[][b]=1"
BODY = {"id": "hello", "user": {"name": "Ann", "custom_fields": {"locale": "de"}}, "options": {"sfu_mode": "disabled", "layout_users": ["ann", ""],
        "layout_map": [[0, 0, 640, 480, "auto"]], "background_color": "#ffffff"}}
PARTS = '--b\r\nContent-Disposition: form-data; name="id"\r\n\r\nhello\r\n--b\r\nContent-Disposition: form-data; name="file"; filename="a.png"\r\nContent-Type: image/png\r\n\r\n\x89PNG\r\n--b--\r\n'
seeds("http_params", u8(0) + record("x=1&user[id]=q") + FORM.encode(), u8(1) + record("") + json.dumps(BODY).encode(), u8(2) + record("") + PARTS.encode("latin1"), u8(4) + record("a=b"))
seeds("multipart", record("multipart/form-data; boundary=b") + PARTS.encode("latin1"), record('multipart/form-data; boundary="b c"') + b"--b c--")
B64 = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0."
seeds("jwt", u8(0) + B64.encode() + b"AAAA", u8(1) + b"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n", u8(2) + b'{"alg":"none"}.{"sub":"x"}', u8(3) + b'{"alg":"HS512","crit":["x"]}.{"sub":"y"}')
seeds("base64url", "Zm9vYmFy", "_---", "Zg==", "Zh")
ENVELOPE = lambda kind, **data: json.dumps({"type": kind, "msg_id": "1", "from": "67d2febd7a286f59a7643886", "to": "c", "data": data})
TALK = [ENVELOPE("call_start", sdp={"type": "offer", "sdp": "v=0"}, display_name="Ann", mute_video=False, platform="web-1.9.6"), ENVELOPE("call_terminate", call_id="x", term_code=200),
        ENVELOPE("call_resume", call_id="x", sdp={"type": "offer", "sdp": "v=0"}), ENVELOPE("sdp_update", call_id="x", sdp={"type": "answer", "sdp": "v=0"}), ENVELOPE("mute_video", call_id="x", on=True),
        ENVELOPE("set_presenter", call_id="x", on=True), ENVELOPE("desktopstreaming", call_id="x", on=True), ENVELOPE("chat", call_id="x", content="hi"), '{"type":"ping"}']
seeds("sepp_message", *TALK)
seeds("sepp_session", u8(0, 1, 2, 4, 9, 2, 5, 9, 2, 7, 33, 4), u8(0, 0, 6, 2, 1, 7, 4, 5, 200, 200), u8(0, 0, 7, 5, 255, 255, 5, 255, 255, 2, 2, 1),
      u8(1) + record(TALK[0]) + u8(1) + record(TALK[7]) + u8(3, 3, 71) + record('{"extra":[1,2]}') + u8(6, 6, 0, 1), u8(0, 0, 2, 0, 7, 4, 0, 0, 4))
CHANNEL = '{"channel":"RoomChannel"}'
seeds("cable_session", u8(1, 1, 0) + record("") * 2 + u8(2, 4, 3, 20, 0), u8(0, 0) + record(json.dumps({"command": "subscribe", "identifier": CHANNEL})) + u8(2, 4, 1, 2) + record("") + record('{"action":"chat","content":"x"}') + u8(4),
      u8(1, 1, 0) + record('{ "channel" : "RoomChannel" }') + record("") + u8(1, 1) + record('{ "channel" : "RoomChannel" }') + record("") + u8(4))
seeds("rest", u8(1, 0, 3) + record(FORM) + u8(0, 1, 0, 1, 2, 2) + record("type=chat&content=hi") + u8(4, 1, 0), u8(1, 0, 3) + record(json.dumps(BODY)) + u8(0, 0, 1),
      u8(1, 3) + record("lock") + u8(0, 1, 4, 2) + record("name=Ben") + u8(0, 5) + record("ann") + u8(1, 1, 7) + record("rooms/daily?x=%41") + u8(1))

# ---- the room, the link, settings

seeds("room_model", bytes(range(256)) * 4, hashlib.sha512(b"room").digest() * 20, b"".join(hashlib.sha256(bytes([n])).digest() for n in range(60)),
      b"".join(hashlib.sha256(bytes([7, n])).digest() for n in range(60)))
ID = "67d2febd7a286f59a7643886"
EVENTS = {"room_opened": {"room": ID, "account": ID, "external_id": "daily", "name": "Daily", "guest_token": "G", "options": {"widescreen": True}, "at": 1},
          "member_registered": {"member": ID, "access_token": "t", "identity": {"external_id": "ann", "name": "Ann"}, "at": 1}, "member_joined": {"member": ID, "leg": ID, "platform": "p", "video_on": True, "at": 1},
          "layout_changed": {"seats": [{"member": ID, "since": 1}], "tiles": [{"member": ID, "rect": {"x": 0, "y": 0, "w": 640, "h": 480}, "fit": "cover"}]}, "message_sent": {"message": {"id": ID, "from": ID, "kind": "chat", "content": "x", "at": 1}},
          "options_changed": {"options": {"layout": "custom", "layout_name": "six"}}, "room_ended": {"reason": "idle", "at": 2}}
seeds("room_event", *(f"{name}\n{json.dumps(body)}" for name, body in EVENTS.items()))
seeds("json", json.dumps(BODY), "[1,-2.5e300,18446744073709551615,true,null,\"\\ud83d\\ude00\"]", "{}", "[" * 17 + "]" * 17)
SCENE = {"room": ID, "revision": 3, "canvas": {"width": 1280, "height": 720, "fps": 25, "background": {"r": 1, "g": 2, "b": 3}}, "members": [{"member": ID, "peer": ID, "name": "Ann", "video_on": True}],
         "tiles": [{"member": ID, "rect": {"x": 0, "y": 0, "w": 640, "h": 480}, "z": 0, "fit": "cover", "label": True}], "top_rate_kbps": 0}
wire = lambda kind, **body: json.dumps({"t": kind, "m": body})
LINK = [wire("Hello", version=1, **{"from": "worker"}, process=1), wire("Heartbeat", count=1), wire("Scene", **SCENE), wire("OpenPeer", request=1, peer=ID, member=ID, offer="v=0", options={"order": "as_offered"}),
        wire("PeerState", peer=ID, phase="connected", detail="x"), wire("Talking", member=ID, on=True), wire("SyncState", room=ID, scene_revision=1, peers=[{"peer": ID, "member": ID, "phase": "connecting"}], talking=[ID]),
        wire("SyncRequest", settings={"room": ID, "ufrag_prefix": "w1", "addresses": [{"address": "192.0.2.1", "udp_port": 1, "tcp_port": 0}], "video_codec": "vp8"}, scene=SCENE, peers=[ID]), wire("Shutdown", reason="x")]
seeds("link_messages", *LINK)
seeds("link_session", u8(2) + record(LINK[0]) + u8(2) + record(LINK[6]) + u8(2) + record(LINK[1]) + u8(64) + record("") + u8(19, 136),
      u8(1) + record(struct.pack(">I", len(LINK[0])) + LINK[0].encode()[:9]) + u8(1) + record(LINK[0][9:]) + u8(2) + record(LINK[4]), u8(1) + record(b"\xff\xff\xff\xff"))
name = lambda text: u8(len(text)) + text.encode()
END = bytes(10) + b"\xff\xff\xc0\0\2\1" + u8(39, 16)
seeds("door_messages", u8(0) + name("w1"), u8(1) + name("w1abcd") + name("password"), u8(2) + name("w1abcd") + u8(1), u8(3) + name("w1abcd"),
      u8(4) + name("w1abcd") + END * 2 + u8(0) + record(CHECK) + record(b""), u8(5) + END * 2 + record(b"x" * 40), u8(6) + name("w1abcd") + END + u8(1))
seeds("config", '[http]\nport = 8080\naddress = "0.0.0.0"\n[media]\nlisten = ["0.0.0.0", "::"]\ntcp = true\n[ice]\nturn_servers = ["turn:t.example.org"]\nturn_secret = "s"\n', 'rooms.most = 5\n[log]\nlevel = "debug"\n', "[video]\ncodec = 'h264' # x\n", "media.port = 70000\n")


def main():
    wanted = sys.argv[1:]
    if shutil.which("ffmpeg"):
        with tempfile.TemporaryDirectory() as folder:
            pictures_and_sound(pathlib.Path(folder))
    else:
        print("no ffmpeg: the seeds of pictures and sound stay as they are", file=sys.stderr)
    for target, contents in sorted(SEEDS.items()):
        if wanted and target not in wanted:
            continue
        folder = FUZZ / "corpus" / target
        folder.mkdir(parents=True, exist_ok=True)
        for old in folder.glob("seed-*"):
            old.unlink()
        for number, content in enumerate(contents):
            (folder / f"seed-{number:02}").write_bytes(content.encode() if isinstance(content, str) else content)


main()

#!/usr/bin/env python3
"""docs/compatibility.md: every endpoint of the contract with every status and event, and the conversation script that shows it.

  compat.py           writes the table
  compat.py --check   fails when something has no script, when a script's step is in no table, or when the file is not this table

The wanted table below is eyeson-api section 3 (overview) and 3.47 (events), with what is ours (429, 503). A script covers an endpoint
with a status by a `rest` step; it covers an event by what a step `hears`."""
import json, pathlib, re, sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
SCRIPTS, TABLE = ROOT / "tests" / "scripts", ROOT / "docs" / "compatibility.md"

ENDPOINTS = """
3.1   POST /rooms                                        201 400 403 423 503
3.2   GET /rooms                                         200 403
3.3   GET /rooms/:access_key                             200 404 410
3.4   DELETE /rooms/:access_key                          204 404 410
3.4   DELETE /rooms/:room_id                             204 403 404
3.4   DELETE /rooms                                      400
3.5   GET /rooms/:access_key/users/:user_id              200 404 410
3.6   GET /rooms/:room_id/users                          200 403 404
3.7   POST /guests/:guest_token                          201 400 401 405 410 423
3.8   DELETE /rooms/:access_key/users/:user_id           200 404 405 410
3.9   POST /rooms/:access_key/lock                       201 403 404 410
3.10  POST /rooms/:access_key/messages                   201 400 404 410
3.11  POST /rooms/:access_key/recording                  201 404 405 406 410 503
3.12  DELETE /rooms/:access_key/recording                200 404 410
3.13  GET /recordings/:recording_id                      200 403 404
3.14  GET /rooms/:room_id/recordings                     200 400 403 404
3.15  DELETE /recordings/:recording_id                   200 403 404
3.16  POST /rooms/:access_key/snapshot                   201 404 410 503
3.17  GET /rooms/:access_key/snapshots/:snapshot_id      200 404 410
3.18  GET /snapshots/:snapshot_id                        200 403 404
3.19  GET /rooms/:room_id/snapshots                      200 400 403 404
3.20  DELETE /snapshots/:snapshot_id                     200 403 404
3.21  POST /rooms/:access_key/broadcasts                 201 400 404 405 406 410 503
3.22  PUT /rooms/:access_key/broadcasts                  200 400 404 410
3.22  PUT /rooms/:access_key/broadcasts/:platform        200 400 404 410
3.23  DELETE /rooms/:access_key/broadcasts               200 404 410
3.23  DELETE /rooms/:access_key/broadcasts/:platform     200 404 410
3.24  POST /rooms/:access_key/layout                     200 400 404 405 410
3.25  POST /rooms/:access_key/layers                     201 400 404 410 503
3.26  DELETE /rooms/:access_key/layers/:index            200 400 404 410
3.27  POST /rooms/:access_key/playbacks                  201 400 404 409 410 503
3.28  DELETE /rooms/:access_key/playbacks/:play_id       200 404 410
3.29  POST /rooms/:access_key/presentation               201 404 409 410
3.29  PUT /rooms/:access_key/presentation                200 404 410
3.29  DELETE /rooms/:access_key/presentation             200 404 410
3.30  POST /rooms/:room_id/forward/source                201 400 401 404 503
3.30  POST /rooms/:room_id/forward/mcu                   201 400 401 404 503
3.30  POST /rooms/:room_id/forward/playback              201 400 401 404 503
3.31  DELETE /rooms/:room_id/forward/:forward_id         200 401 404
3.32  POST /permalink                                    201 400 401
3.33  GET /permalink                                     200 401
3.34  GET /permalink/:permalink_id                       200 401 404
3.35  PUT /permalink/:permalink_id                       200 400 401 404
3.36  DELETE /permalink/:permalink_id                    200 401 404
3.37  POST /permalink/:permalink_id/users                201 400 401 404
3.38  DELETE /permalink/:permalink_id/users/:user_token  200 401 404
3.39  GET /permalink/:token                              200 404
3.40  POST /permalink/:user_token                        201 404 410 423
3.41  POST /webhooks                                     201 400 403
3.42  GET /webhooks                                      200 403
3.43  DELETE /webhooks/:webhook_id                       204 400 403 404
3.46  POST /rooms/:access_key/files                      404
3.46  POST /internal/accounts                            404
"""

# Cause, and who hears what (member: room websocket of users; observer; hook: webhook receiver). The cause is an endpoint or
# another step of a script.
EVENTS = """
opening                                          hook:room_update
observer                                         observer:room_update
POST /rooms                                      member:options_update observer:options_update
join                                             observer:participant_update observer:podium_update hook:participant_update
leave                                            observer:participant_update observer:podium_update hook:participant_update
DELETE /rooms/:access_key/users/:user_id         observer:participant_update observer:podium_update hook:participant_update
POST /rooms/:access_key/lock                     member:lock observer:lock
POST /rooms/:access_key/messages                 member:chat observer:chat observer:custom
POST /rooms/:access_key/recording                member:recording_update observer:recording_update
DELETE /rooms/:access_key/recording              member:recording_update observer:recording_update
media finish_recording                           member:recording_update observer:recording_update hook:recording_update
media store_snapshot                             member:snapshot_update observer:snapshot_update hook:snapshot_update
POST /rooms/:access_key/broadcasts               member:broadcasts_update observer:broadcasts_update
PUT /rooms/:access_key/broadcasts                member:broadcasts_update observer:broadcasts_update
DELETE /rooms/:access_key/broadcasts             member:broadcasts_update observer:broadcasts_update
POST /rooms/:access_key/layout                   member:options_update observer:options_update observer:podium_update
POST /rooms/:access_key/layers                   observer:podium_update
DELETE /rooms/:access_key/layers/:index          observer:podium_update
POST /rooms/:access_key/playbacks                member:playback_update observer:playback_update observer:podium_update
DELETE /rooms/:access_key/playbacks/:play_id     member:playback_update observer:playback_update observer:podium_update
media end_playback                               member:playback_update observer:playback_update
POST /rooms/:access_key/presentation             member:presentation_update observer:presentation_update
DELETE /rooms/:access_key/presentation           member:presentation_update observer:presentation_update
DELETE /rooms/:access_key                        observer:room_update hook:room_update
DELETE /rooms/:room_id                           observer:room_update
wait_ms                                          member:room_update observer:room_update
"""


def wanted():
    """[(section, cause, what)]: what is a status or channel:event."""
    rows = []
    for line in ENDPOINTS.strip().splitlines():
        section, method, route, *statuses = line.split()
        rows += [(section, f"{method} {route}", status) for status in statuses]
    for line in EVENTS.strip().splitlines():
        cause, events = re.split(r"\s{2,}", line)
        rows += [("3.47", cause, event) for event in events.split()]
    return rows


def cause_of(step):
    if "rest" in step:
        return step["rest"]
    if "media" in step:
        return "media " + step["media"]
    return next(iter(step))


def shown_by(script):
    """{(cause, what)} of one script."""
    found, channels = set(), {}
    for step in script["steps"]:
        cause = cause_of(step)
        for kind in ("observer", "member"):
            if kind in step:
                channels[step[kind]] = kind
        if "rest" in step:
            found.add((cause, str(step["status"])))
        for name, frames in step.get("hears", {}).items():
            for frame in frames:
                found.add((cause, f"{channels.get(name, name)}:{frame['type']}"))
                if step.get("status") == 201 and cause == "POST /rooms" and name == "hook":
                    found.add(("opening", f"hook:{frame['type']}"))
    return found


def main():
    covered, errors = {}, []
    for file in sorted(SCRIPTS.glob("*.json")):
        for key in shown_by(json.loads(file.read_text())):
            covered.setdefault(key, []).append(file.stem)
    rows = wanted()
    known = {cause for _, cause, _ in rows}
    errors += [f"{', '.join(names)}: no such endpoint or cause in tools/compat.py: {cause}" for (cause, what), names in sorted(covered.items())
               if cause not in known and what.isdigit()]
    lines = ["# Endpoints, statuses and events, and the script that shows each", "",
             "Made by `tools/compat.py` from [tests/scripts](../tests/scripts/README.md): edit those. Sections are those of the contract",
             "(see [compatibility-eyeson.md](compatibility-eyeson.md), which has the rest: formats, signaling, media).", "",
             "| § | Endpoint or cause | Status or event | Scripts |", "|---|---|---|---|"]
    for section, cause, what in rows:
        names = covered.get((cause, what), [])
        if not names:
            errors.append(f"nothing shows {cause} → {what}")
        links = ", ".join(f"[{name}](../tests/scripts/{name}.json)" for name in sorted(names)[:3]) + (" …" if len(names) > 3 else "")
        lines.append(f"| {section} | `{cause}` | {what if what.isdigit() else f'`{what}`'} | {links} |")
    text = "\n".join(lines) + "\n"
    if "--check" in sys.argv:
        if not TABLE.exists() or TABLE.read_text() != text:
            errors.append("docs/compatibility.md is not the table of these scripts: run tools/compat.py")
    else:
        TABLE.write_text(text)
    print("\n".join(errors) or f"compatibility: {len(rows)} cells, all shown")
    sys.exit(bool(errors))


main()

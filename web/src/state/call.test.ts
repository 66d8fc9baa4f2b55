import { describe, expect, it } from 'vitest';
import { maxChatLines, viewState } from './model';
import { cameraOn } from './people';
import { event, inCall, podium, run, user } from './testing';

const person = (state: ReturnType<typeof inCall>, id: string) => state.people.find(p => p.id === id)!;

describe('people', () => {
  it('keeps the own entry first and announces who comes later', () => {
    const { state } = run(inCall(), { type: 'add_user', user: user('c3', 'Cleo'), initial: false });
    expect(state.people.map(p => p.name)).toEqual(['Ann', 'Bob', 'Cleo']);
    expect(person(state, 'c1').self).toBe(true);
    expect(state.announcement.text).toBe('Cleo joined');
  });

  it('puts the own entry first even when it comes last, and never twice', () => {
    const add = { type: 'add_user', user: user('c1', 'Ann'), initial: true };
    const { state } = run(
      { ...inCall(), people: [] },
      { type: 'add_user', user: user('c2', 'Bob') },
      add,
      add
    );
    expect(state.people.map(p => p.id)).toEqual(['c1', 'c2']);
  });

  it('removes who leaves and ignores strangers', () => {
    const { state } = run(
      inCall(),
      { type: 'remove_user', userId: 'c2' },
      { type: 'remove_user', userId: 'c9' }
    );
    expect(state.people.map(p => p.id)).toEqual(['c1']);
    expect(state.announcement.text).toBe('Bob left');
  });

  it('follows the voice', () => {
    const on = run(inCall(), { type: 'voice_activity', user: user('c2', 'Bob'), on: true }).state;
    expect(person(on, 'c2').talking).toBe(true);
    expect(
      person(run(on, { type: 'voice_activity', user: user('c2', 'Bob'), on: false }).state, 'c2').talking
    ).toBe(false);
  });

  it('reads muted cameras from the picture, also when it comes before the person', () => {
    const early = run({ ...inCall(), people: [] }, podium(['c1', 'c2']), {
      type: 'add_user',
      user: user('c2', 'Bob')
    }).state;
    expect(cameraOn(early, person(early, 'c2'))).toBe(true);
    const muted = run(early, podium(['c1', ''])).state;
    expect(cameraOn(muted, person(muted, 'c2'))).toBe(false);
  });

  it('keeps the cameras as they were while somebody presents', () => {
    const before = run(inCall(), podium(['c1', 'c2'])).state;
    const { state } = run(before, podium(['c2'], 'c2'));
    expect(state.presenter).toBe('c2');
    expect(state.visible).toEqual(['c1', 'c2']);
    expect(state.announcement.text).toBe('Bob is sharing');
    expect(run(state, podium(['c1'])).state).toMatchObject({ presenter: null, visible: ['c1'] });
  });
});

describe('devices', () => {
  it('mutes the microphone at once', () => {
    const { state, effects } = run(inCall(), { type: 'toggle-mic' });
    expect(state.mic).toBe(false);
    expect(effects).toEqual([{ type: 'set-mic', on: false }]);
  });

  it('waits for the camera and takes no second change meanwhile', () => {
    const first = run(inCall(), { type: 'toggle-camera' });
    expect(first.effects).toEqual([{ type: 'set-camera', mic: true, on: false }]);
    expect(run(first.state, { type: 'toggle-camera' }).effects).toEqual([]);
    const settled = run(first.state, { type: 'devices-settled', mic: true, camera: false }).state;
    expect(settled.busy.camera).toBe(false);
    expect(run(settled, { type: 'toggle-camera' }).effects).toEqual([
      { type: 'set-camera', mic: true, on: true }
    ]);
  });

  it('says so when the camera does not come', () => {
    const off = { ...inCall(), camera: false };
    const { state } = run(
      off,
      { type: 'toggle-camera' },
      { type: 'devices-settled', mic: true, camera: false }
    );
    expect(state.camera).toBe(false);
    expect(state.notices[0]?.text).toMatch(/could not be started/);
    expect(run(off, { type: 'toggle-camera' }, { type: 'devices-failed' }).state.camera).toBe(false);
  });

  it('opens devices on the first unmute after joining to listen', () => {
    const listening = { ...inCall(), listenOnly: true, mic: false, camera: false };
    const { state, effects } = run(listening, { type: 'toggle-mic' });
    expect(effects).toEqual([{ type: 'open-devices', mic: true, camera: false }]);
    expect(run(state, { type: 'devices-settled', mic: true, camera: false }).state.listenOnly).toBe(false);
    expect(run(state, { type: 'devices-failed' }).state).toMatchObject({ listenOnly: true, mic: false });
  });

  it('is muted by "mute everyone", except by the own one', () => {
    const muted = run(inCall(), { type: 'stfu', user: { id: 'bob@example.org', name: 'Bob' } });
    expect(muted.state.mic).toBe(false);
    expect(muted.effects).toEqual([{ type: 'set-mic', on: false }]);
    expect(run(inCall(), { type: 'stfu', user: { id: 'ann@example.org', name: 'Ann' } }).state.mic).toBe(
      true
    );
  });

  it('notices unplugged devices', () => {
    expect(run(inCall(), { type: 'video_device_ended' }).state.camera).toBe(false);
    const { state } = run(inCall(), { type: 'audio_device_ended', newAudioDevice: 'Desk mic' });
    expect(state.notices[0]?.text).toContain('Desk mic');
  });
});

describe('screen share', () => {
  it('goes through picking, on, stopping, and takes the camera back', () => {
    const picking = run(inCall(), { type: 'toggle-share' });
    expect(picking.effects).toEqual([{ type: 'pick-screen' }]);
    expect(run(picking.state, { type: 'toggle-share' }).effects).toEqual([]);
    const on = run(picking.state, { type: 'presentation_started', present: 'screen-window' }).state;
    expect(on.share).toBe('on');
    const stopping = run(on, { type: 'toggle-share' });
    expect(stopping.effects).toEqual([{ type: 'stop-share' }]);
    const off = run(stopping.state, { type: 'presentation_ended' });
    expect(off.state.share).toBe('off');
    expect(off.effects).toEqual([{ type: 'open-devices', mic: true, camera: true }]);
  });

  it('keeps quiet when the picker is cancelled and speaks about real failures', () => {
    const picking = run(inCall(), { type: 'toggle-share' }).state;
    expect(run(picking, { type: 'share-failed', name: 'NotAllowedError' }).state).toMatchObject({
      share: 'off',
      notices: []
    });
    expect(run(picking, { type: 'share-failed', name: 'NotReadableError' }).state.notices).toHaveLength(1);
    expect(run(picking, { type: 'capture_error', name: 'error_Screen_NotFoundError' }).state.share).toBe(
      'off'
    );
  });

  it('does not start while somebody else presents', () => {
    const { state, effects } = run(inCall(), podium(['c2'], 'c2'), { type: 'toggle-share' });
    expect(effects).toEqual([]);
    expect(state.notices[0]?.text).toContain('Bob is sharing');
  });

  it('remembers a camera change for after the share', () => {
    const { state, effects } = run({ ...inCall(), share: 'on' }, { type: 'toggle-camera' });
    expect(effects).toEqual([]);
    expect(run(state, { type: 'presentation_ended' }).effects).toEqual([
      { type: 'open-devices', mic: true, camera: false }
    ]);
  });
});

describe('chat', () => {
  const line = (id: string, name: string, content: string) => ({
    type: 'chat',
    user: user(id, name),
    content,
    timestamp: new Date(0)
  });

  it('counts what others write while the chat is closed', () => {
    const { state } = run(inCall(), line('c2', 'Bob', 'hello'), line('c1', 'Ann', 'hi'));
    expect(state.chat).toMatchObject({
      unread: 1,
      lines: [
        { name: 'Bob', self: false },
        { name: 'Ann', self: true }
      ]
    });
    expect(state.announcement.text).toBe('Bob: hello');
    const open = run(state, { type: 'panel', panel: 'chat' }, line('c2', 'Bob', 'again')).state;
    expect(open.chat.unread).toBe(0);
  });

  it('is bounded and survives broken lines', () => {
    let state = inCall();
    for (let i = 0; i < maxChatLines + 5; i++) state = run(state, line('c2', 'Bob', String(i))).state;
    expect(state.chat.lines).toHaveLength(maxChatLines);
    expect(state.chat.lines.at(-1)?.text).toBe(String(maxChatLines + 4));
    const odd = run(state, { type: 'chat', user: null, content: 5, timestamp: 'x' }).state.chat.lines.at(-1);
    expect(odd).toMatchObject({ name: 'Somebody', text: '' });
  });

  it('sends trimmed text only, and reports a failure', () => {
    expect(run(inCall(), { type: 'send-chat', text: '  hi \n' }).effects).toEqual([
      { type: 'send-chat', text: 'hi' }
    ]);
    expect(run(inCall(), { type: 'send-chat', text: ' \n' }).effects).toEqual([]);
    const { state } = run(inCall(), {
      type: 'warning',
      name: 'error:comapi',
      id: 'send_message',
      status: 500
    });
    expect(state.chat.failed).toBe(1);
    expect(state.notices).toHaveLength(1);
  });
});

describe('signs', () => {
  it('shows lock, recording and broadcast once each', () => {
    const recording = { type: 'recording_update', recording: { id: 'x', duration: null } };
    const { state } = run(inCall(), event({ type: 'lock', locked: true }), recording, recording, {
      type: 'broadcasts_update',
      broadcasts: [{ id: 'generic' }]
    });
    expect(state.room?.locked).toBe(true);
    expect([state.recording, state.broadcasting]).toEqual([true, true]);
    expect(state.notices).toHaveLength(3);
    const after = run(
      state,
      { type: 'recording_update', recording: { id: 'x', duration: 12 } },
      { type: 'broadcasts_update', broadcasts: [] }
    ).state;
    expect([after.recording, after.broadcasting]).toEqual([false, false]);
  });

  it('says nothing about an empty broadcast list at the start', () => {
    expect(run(inCall(), { type: 'broadcasts_update', broadcasts: [] }).state.notices).toEqual([]);
  });

  it('keeps at most three notices, newest last', () => {
    let state = inCall();
    for (const text of ['a', 'b', 'c', 'd']) state = run(state, { type: 'notice', tone: 'info', text }).state;
    expect(state.notices.map(n => n.text)).toEqual(['b', 'c', 'd']);
    expect(viewState(state)).toBe('in-call');
  });
});

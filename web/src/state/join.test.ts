import { describe, expect, it } from 'vitest';
import { initialState, viewState } from './model';
import { event, inCall, prejoin, roomDocument, run } from './testing';
import { problemOfStatus } from './words';

describe('joining', () => {
  it('starts on the page that the link asks for', () => {
    expect(initialState({ kind: 'landing' }).phase).toBe('landing');
    expect(initialState({ kind: 'guest', token: 'G' }).phase).toBe('prejoin');
  });

  it('starts the call with what was chosen before', () => {
    const { state, effects } = run(
      prejoin(),
      { type: 'toggle-camera' },
      { type: 'join', listenOnly: false, name: 'Ann' }
    );
    expect(state.phase).toBe('joining');
    expect(effects).toEqual([
      { type: 'start-call', mic: true, camera: false, listenOnly: false, name: 'Ann', again: false }
    ]);
  });

  it('opens no device when joining to listen', () => {
    const { state, effects } = run(prejoin(), { type: 'join', listenOnly: true, name: '' });
    expect([state.mic, state.camera, state.listenOnly]).toEqual([false, false, true]);
    expect(effects[0]).toMatchObject({ type: 'start-call', mic: false, camera: false, listenOnly: true });
  });

  it('is in the call with the first remote picture', () => {
    const state = inCall();
    expect(viewState(state)).toBe('in-call');
    expect(state.picture).toEqual({ id: 'remote' });
    expect(state.room).toMatchObject({
      name: 'Daily sync',
      clientId: 'c1',
      userName: 'Ann',
      lockAvailable: true
    });
  });

  it('survives a room document without any member', () => {
    const { state } = run(
      prejoin(),
      { type: 'room_setup', content: {} },
      { type: 'room_ready', content: null }
    );
    expect(state.room).toMatchObject({ name: 'Meeting', clientId: '', guestLink: '', exitUrl: '' });
  });

  it('links only to web addresses', () => {
    const options = { ...roomDocument.options, exit_url: 'javascript:alert(1)' };
    const { state } = run(prejoin(), { type: 'room_setup', content: { ...roomDocument, options } });
    expect(state.room?.exitUrl).toBe('');
  });

  it('asks why when access is denied, and says it', () => {
    const denied = run(
      prejoin(),
      { type: 'join', listenOnly: false, name: '' },
      { type: 'connection', connectionStatus: 'access_denied' }
    );
    expect(denied.effects).toEqual([{ type: 'find-out-why', context: 'join' }]);
    const { state, effects } = run(denied.state, {
      type: 'room-refused',
      problem: problemOfStatus(410),
      temporary: false
    });
    expect(state.phase).toBe('error');
    expect(state.problem?.title).toBe('This meeting has ended');
    expect(effects).toContainEqual({ type: 'close-call' });
  });

  it('goes back to the preview when joining is cancelled', () => {
    const { state, effects } = run(
      prejoin(),
      { type: 'join', listenOnly: false, name: '' },
      { type: 'join-slow' },
      { type: 'cancel-join' }
    );
    expect(state.phase).toBe('prejoin');
    expect(effects).toEqual([{ type: 'close-call' }]);
  });

  it.each([
    ['permission', '', ['join', 'listen']],
    ['devices', '', ['join', 'listen']],
    ['not_readable', '', ['join', 'listen']],
    ['meeting_locked', '', ['join']],
    ['session_in_use', '', ['join']],
    ['abrupt_disconnect', '410', ['join']],
    ['request_too_large', '413', ['join', 'listen']],
    ['ice_error', '426', ['join']],
    ['session_failed', '400', ['join', 'listen']],
    ['session_failed', '500', ['join']],
    ['session_failed', '503', ['join']],
    ['session_failed', 'TypeError', ['reload']],
    ['session_failed', 'Desert', ['join', 'reload']],
    ['something_new', '', ['join', 'reload']]
  ])('explains the error %s %s while joining', (name, code, remedies) => {
    const { state, effects } = run(
      prejoin(),
      { type: 'join', listenOnly: false, name: '' },
      { type: 'error', name, code }
    );
    expect(state.phase).toBe('error');
    expect(state.problem?.remedies).toEqual(remedies);
    expect(state.problem?.text.length).toBeGreaterThan(20);
    expect(effects).toContainEqual({ type: 'close-call' });
  });

  it('explains a transport error', () => {
    const { state } = run(
      prejoin(),
      { type: 'join', listenOnly: false, name: '' },
      { type: 'connection', connectionStatus: 'transport_error' }
    );
    expect(state.problem?.code).toBe('transport_error');
  });

  it('ignores the nameless error of a failed guest request (the controller words it)', () => {
    const { state } = run(prejoin(), { type: 'error', content: 'Request guest user failed', locked: true });
    expect(state.phase).toBe('prejoin');
  });

  it('ignores events that it does not know, also hostile names', () => {
    const before = inCall();
    for (const type of ['something_new', '__proto__', 'constructor', 'toString']) {
      expect(run(before, event({ type })).state).toBe(before);
    }
  });
});

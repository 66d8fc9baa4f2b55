import { describe, expect, it } from 'vitest';
import { viewState } from './model';
import { inCall, run } from './testing';
import { problemOfStatus } from './words';

const iceFailed = { type: 'error', name: 'ice_failed', code: 'Goldfinger' };
const lost = { type: 'error', name: 'abrupt_disconnect', code: '410' };
const accepted = { type: 'accept', remoteStream: { id: 'again' } };

describe('reconnecting', () => {
  it('shows a lost room websocket until it is back', () => {
    const away = run(inCall(), { type: 'disconnect' }).state;
    expect(viewState(away)).toBe('reconnecting');
    expect(viewState(run(away, { type: 'reconnect' }).state)).toBe('in-call');
  });

  it('shows an ICE warning until it is cleared', () => {
    const away = run(inCall(), { type: 'warning', name: 'ice_disconnected' }).state;
    expect(away.trouble).toEqual(['media']);
    expect(run(away, { type: 'clear_warning', name: 'ice_disconnected' }).state.trouble).toEqual([]);
  });

  it('keeps every trouble until its own end', () => {
    const both = run(inCall(), { type: 'offline' }, { type: 'disconnect' }, { type: 'reconnect' }).state;
    expect(both.trouble).toEqual(['offline']);
    expect(run(both, { type: 'trouble', trouble: 'offline', on: false }).state.trouble).toEqual([]);
  });

  it('gives broken media a moment, then starts a new call, once', () => {
    const first = run(inCall(), { type: 'warning', name: 'ice_disconnected' }, iceFailed);
    expect(first.effects).toEqual([{ type: 'schedule-rejoin', afterMs: 4000 }]);
    expect(run(first.state, { ...iceFailed, code: 'Thunderball' }).effects).toEqual([]);
    const healed = run(first.state, { type: 'clear_warning', name: 'ice_disconnected' });
    expect(healed.effects).toEqual([{ type: 'cancel-rejoin' }]);
    expect(viewState(healed.state)).toBe('in-call');
  });

  it('joins again with the wanted devices and a fresh list of people', () => {
    const { state, effects } = run(inCall(), lost, { type: 'toggle-mic' }, { type: 'rejoin-now' });
    expect(effects).toEqual([
      { type: 'start-call', mic: false, camera: true, listenOnly: false, name: 'Ann', again: true }
    ]);
    expect(state.people).toEqual([]);
    expect(viewState(state)).toBe('reconnecting');
    const back = run(state, accepted).state;
    expect(viewState(back)).toBe('in-call');
    expect(back.picture).toEqual({ id: 'again' });
  });

  it('gives up after six attempts, with words', () => {
    let state = inCall();
    const delays = [];
    for (let i = 0; i < 6; i++) {
      const result = run(state, lost);
      state = result.state;
      delays.push(result.effects);
      expect(state.phase).toBe('in-call');
    }
    expect(delays.flat().map(e => (e as { afterMs: number }).afterMs)).toEqual([
      1000, 2000, 4000, 8000, 15000, 30000
    ]);
    const end = run(state, lost);
    expect(end.state.phase).toBe('error');
    expect(end.effects).toEqual([{ type: 'cancel-rejoin' }, { type: 'close-call' }]);
  });

  it('counts attempts until a call has been stable', () => {
    const flapping = run(inCall(), lost, { type: 'rejoin-now' }, accepted, lost).state;
    expect(flapping.rejoins).toBe(2);
    expect(run(flapping, accepted, { type: 'stable' }).state.rejoins).toBe(0);
    expect(run(flapping, { type: 'stable' }).state.rejoins).toBe(2);
  });

  it('tries again while the server is away, and stops when the meeting is over', () => {
    const waiting = run(inCall(), lost, {
      type: 'room-refused',
      problem: problemOfStatus(0),
      temporary: true
    });
    expect(waiting.effects).toEqual([{ type: 'schedule-rejoin', afterMs: 2000 }]);
    const over = run(waiting.state, {
      type: 'room-refused',
      problem: problemOfStatus(410),
      temporary: false
    });
    expect(over.state.problem?.title).toBe('This meeting has ended');
  });

  it('does not rejoin after a refusal', () => {
    expect(run(inCall(), { type: 'error', name: 'session_in_use', code: '' }).state.phase).toBe('error');
    expect(run(inCall(), { type: 'error', name: 'session_failed', code: '500' }).state.phase).toBe('error');
  });
});

describe('the end', () => {
  it('leaves for good and ignores what comes after', () => {
    const left = run(inCall(), { type: 'leave' });
    expect(left.state).toMatchObject({ phase: 'ended', end: 'left', picture: null });
    expect(left.effects).toEqual([{ type: 'cancel-rejoin' }, { type: 'close-call' }]);
    expect(run(left.state, { type: 'exit' }, iceFailed, { type: 'disconnect' }).state).toMatchObject({
      phase: 'ended',
      end: 'left'
    });
  });

  it('distinguishes the end of the meeting from being sent out', () => {
    const exit = run(inCall(), { type: 'exit', reason: 'bye' });
    expect(exit.effects).toContainEqual({ type: 'find-out-why', context: 'exit' });
    expect(exit.state.end).toBe('over');
    expect(run(exit.state, { type: 'gone', reason: 'out' }).state.end).toBe('out');
  });

  it('knows who ended it', () => {
    const ending = run(inCall(), { type: 'end' });
    expect(ending.effects).toEqual([{ type: 'end-meeting' }]);
    const { state, effects } = run(ending.state, { type: 'exit', reason: 'bye' });
    expect(state.end).toBe('ended-by-me');
    expect(effects).toEqual([{ type: 'cancel-rejoin' }, { type: 'close-call' }]);
    const refused = run(ending.state, {
      type: 'warning',
      name: 'error:comapi',
      id: 'terminate_meeting',
      status: 500
    }).state;
    expect(refused.end).toBeNull();
  });

  it('can be rejoined with the devices as they were', () => {
    const { state, effects } = run(inCall(), { type: 'toggle-mic' }, { type: 'leave' }, { type: 'rejoin' });
    expect(state.phase).toBe('joining');
    expect(effects[0]).toMatchObject({ type: 'start-call', mic: false, camera: true });
  });
});

// Fixtures for the tests of the state machine.
import type { EyesonEvent } from 'eyeson';
import type { Effect, Message } from './messages';
import { initialState, type State } from './model';
import { step } from './step';

export const roomDocument = {
  ready: true,
  locked: false,
  room: { id: 'r1', name: 'Daily sync' },
  user: { id: 'ann@example.org', name: 'Ann', guest: false },
  links: { guest_join: 'https://meet.example.org/?guest=G1' },
  options: { widescreen: false, lock_available: true, exit_url: null },
  recording: null,
  signaling: { type: 'sepp', options: { client_id: 'c1', conf_id: 'f1' } }
};

/** Runs messages (or library events) in order; collects the effects of the last one. */
export function run(
  state: State,
  ...messages: (Message | EyesonEvent)[]
): { state: State; effects: Effect[] } {
  let effects: Effect[] = [];
  for (const message of messages) {
    const isEvent = libraryTypes.has(message.type);
    const result = step(
      state,
      isEvent ? { type: 'library', event: message as EyesonEvent } : (message as Message)
    );
    state = result.state;
    effects = result.effects;
  }
  return { state, effects };
}

const libraryTypes = new Set([
  'connection',
  'room_setup',
  'room_ready',
  'accept',
  'stream_update',
  'podium',
  'add_user',
  'remove_user',
  'voice_activity',
  'chat',
  'stfu',
  'recording_update',
  'broadcasts_update',
  'presentation_started',
  'presentation_ended',
  'capture_error',
  'audio_device_ended',
  'video_device_ended',
  'broken_track_error',
  'disconnect',
  'reconnect',
  'offline',
  'warning',
  'clear_warning',
  'error',
  'exit',
  'snapshot_update',
  'something_new'
]);

export const event = (e: EyesonEvent): Message => ({ type: 'library', event: e });

export function user(id: string, name: string): Record<string, unknown> {
  return { id, clientId: id, apiId: `${id}@example.org`, name, guest: false };
}

export function prejoin(): State {
  return initialState({ kind: 'member', key: 'K' });
}

/** Ann (c1) in the call, with Bob (c2). */
export function inCall(): State {
  return run(
    prejoin(),
    { type: 'join', listenOnly: false, name: '' },
    { type: 'room_setup', content: roomDocument },
    { type: 'accept', remoteStream: { id: 'remote' } },
    { type: 'add_user', user: user('c1', 'Ann'), initial: true },
    { type: 'add_user', user: user('c2', 'Bob'), initial: true }
  ).state;
}

export function podium(places: string[], presenter?: string): EyesonEvent {
  return {
    type: 'podium',
    hasPresenter: presenter !== undefined,
    presenter: presenter ?? false,
    allUserDimensions: places.map(clientId => ({ clientId, playId: '', x: 0, y: 0, w: 640, h: 480 }))
  };
}

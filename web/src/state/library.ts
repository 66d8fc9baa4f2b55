// Events of the eyeson library → next state. See the library's documentation for the fields of each event.
import type { EyesonEvent } from 'eyeson';
import { dict, isRunning, list, roomFacts, text } from './facts';
import type { Step } from './messages';
import { maxChatLines, type State } from './model';
import { addPerson, applyPodium, personName, removePerson, setTalking } from './people';
import { canRejoin, rejoin } from './rejoin';
import { announce, just, notice, withTrouble } from './tools';
import { problemOf, shareFailure } from './words';

type Handler = (state: State, event: EyesonEvent) => Step;

const handlers: Record<string, Handler> = {
  connection: (state, event) => {
    if (event['connectionStatus'] === 'access_denied')
      return just(state, { type: 'find-out-why', context: 'join' });
    return event['connectionStatus'] === 'transport_error'
      ? failed(state, 'transport_error', '')
      : just(state);
  },
  room_setup: roomDocument,
  room_ready: roomDocument,

  accept: (state, event) => {
    const next: State = {
      ...state,
      phase: 'in-call',
      slow: false,
      problem: null,
      trouble: state.trouble.filter(t => t === 'offline'),
      picture: stream(event['remoteStream']) ?? state.picture
    };
    const again = state.phase === 'in-call';
    return just(announce(next, again ? 'You are back in the meeting' : 'You are in the meeting'), {
      type: 'cancel-rejoin'
    });
  },
  stream_update: (state, event) => just({ ...state, picture: stream(event['stream']) ?? state.picture }),

  podium: (state, event) => {
    const next = applyPodium(state, event);
    if (
      next.presenter === state.presenter ||
      next.presenter === null ||
      next.presenter === state.room?.clientId
    )
      return just(next);
    return just(announce(next, `${personName(next, next.presenter)} is sharing`));
  },
  add_user: (state, event) => {
    const people = addPerson(state.people, event['user'], state.room?.clientId ?? '');
    const name = text(dict(event['user'])['name']);
    const isNew = people.length > state.people.length;
    const next = { ...state, people };
    return just(isNew && event['initial'] !== true && name ? announce(next, `${name} joined`) : next);
  },
  remove_user: (state, event) => {
    const id = text(event['userId']);
    const person = state.people.find(p => p.id === id);
    if (!person) return just(state);
    return just(announce({ ...state, people: removePerson(state.people, id) }, `${person.name} left`));
  },
  voice_activity: (state, event) => {
    const user = dict(event['user']);
    const id = text(user['clientId']) || text(user['id']);
    return just({ ...state, people: setTalking(state.people, id, event['on'] === true) });
  },
  chat: chatLine,

  stfu: (state, event) => {
    const user = dict(event['user']);
    const byMe = text(user['id']) !== '' && text(user['id']) === state.room?.userId;
    if (byMe || !state.mic) return just(state);
    const next = notice(
      { ...state, mic: false },
      'info',
      `${text(user['name']) || 'Somebody'} muted everyone.`
    );
    return just(next, { type: 'set-mic', on: false });
  },
  lock: (state, event) => {
    if (!state.room) return just(state);
    const locked = event['locked'] === true;
    const next = { ...state, room: { ...state.room, locked } };
    return just(
      notice(
        next,
        'info',
        locked ? 'The meeting is locked: nobody else can join.' : 'The meeting is open again.'
      )
    );
  },
  recording_update: (state, event) => {
    const recording = isRunning(event['recording']);
    if (recording === state.recording) return just(state);
    return just(
      notice(
        { ...state, recording },
        'info',
        recording ? 'This meeting is being recorded.' : 'The recording has stopped.'
      )
    );
  },
  broadcasts_update: (state, event) => {
    const broadcasting = list(event['broadcasts']).length > 0;
    if (broadcasting === state.broadcasting) return just(state);
    const words = broadcasting ? 'This meeting is being broadcast live.' : 'The broadcast has stopped.';
    return just(notice({ ...state, broadcasting }, 'info', words));
  },

  presentation_started: state => just(announce({ ...state, share: 'on' }, 'You are sharing your screen')),
  presentation_ended: state => {
    const asked = state.share === 'stopping' || state.presenter === state.room?.clientId;
    const next: State = { ...state, share: 'off', busy: { mic: false, camera: true } };
    // The library leaves the screen track on the sender: the devices have to be opened again.
    return just(announce(next, asked ? 'You stopped sharing' : 'Sharing has ended'), {
      type: 'open-devices',
      mic: state.mic,
      camera: state.camera
    });
  },
  capture_error: (state, event) => {
    const words = shareFailure(text(event['name']));
    const next: State = { ...state, share: 'off' };
    return just(words ? notice(next, 'warning', words) : next);
  },

  audio_device_ended: (state, event) => {
    const device = text(event['newAudioDevice']);
    return just(
      notice(
        state,
        'warning',
        device ? `Your microphone was unplugged. Now using ${device}.` : 'Your microphone was unplugged.'
      )
    );
  },
  video_device_ended: cameraLost,
  all_devices_ended: cameraLost,
  broken_track_error: state =>
    just(notice({ ...state, camera: false }, 'warning', 'The camera stopped. Turn it on again to continue.')),

  disconnect: state => just(state.phase === 'in-call' ? withTrouble(state, 'room', true) : state),
  reconnect: state => just(withTrouble(state, 'room', false)),
  offline: state => just(state.phase === 'in-call' ? withTrouble(state, 'offline', true) : state),

  warning: (state, event) =>
    warning(state, text(event['name']), text(event['id']), Number(event['status'] ?? 0)),
  clear_warning: (state, event) => {
    if (event['name'] !== 'ice_disconnected') return just(state);
    const back = state.trouble.includes('media') || state.trouble.includes('rejoin');
    const next = withTrouble(withTrouble(state, 'media', false), 'rejoin', false);
    return just(back ? announce(next, 'The connection is back') : next, { type: 'cancel-rejoin' });
  },

  error: (state, event) => failed(state, text(event['name']), text(event['code'])),
  // The server ended the call: for everybody or only for this person. The room document tells which.
  exit: state => {
    if (state.phase === 'ended') return just(state);
    const next: State = {
      ...state,
      phase: 'ended',
      end: state.end ?? 'over',
      trouble: [],
      picture: null,
      panel: 'none'
    };
    const why = state.end === 'ended-by-me' ? [] : [{ type: 'find-out-why', context: 'exit' } as const];
    return just(
      announce(next, 'The meeting has ended'),
      { type: 'cancel-rejoin' },
      { type: 'close-call' },
      ...why
    );
  }
};

function stream(value: unknown): MediaStream | null {
  return typeof value === 'object' && value !== null ? (value as MediaStream) : null;
}

function roomDocument(state: State, event: EyesonEvent): Step {
  const document = dict(event['content']);
  return just({ ...state, room: roomFacts(document), recording: isRunning(document['recording']) });
}

function chatLine(state: State, event: EyesonEvent): Step {
  const user = dict(event['user']);
  const personId = text(user['clientId']) || text(user['id']);
  const at = event['timestamp'] instanceof Date ? event['timestamp'].getTime() : Number.NaN;
  const self = personId !== '' && personId === state.room?.clientId;
  const line = {
    id: state.nextId,
    personId,
    name: text(user['name']) || 'Somebody',
    self,
    text: text(event['content']),
    at
  };
  const hidden = state.panel !== 'chat' && !self;
  const chat = {
    ...state.chat,
    lines: [...state.chat.lines, line].slice(-maxChatLines),
    unread: state.chat.unread + (hidden ? 1 : 0)
  };
  const next = { ...state, chat, nextId: state.nextId + 1 };
  return just(hidden ? announce(next, `${line.name}: ${line.text}`) : next);
}

function cameraLost(state: State): Step {
  return just(notice({ ...state, camera: false }, 'warning', 'Your camera was unplugged.'));
}

function warning(state: State, name: string, id: string, status: number): Step {
  if (name === 'ice_disconnected')
    return just(state.phase === 'in-call' ? withTrouble(state, 'media', true) : state);
  if (/^error_(NotReadable|NotFound|DevicesNotFound)Error$/.test(name)) {
    const next = { ...state, camera: false, busy: { mic: false, camera: false } };
    return just(notice(next, 'warning', 'The camera could not be started. Is another program using it?'));
  }
  if (name !== 'error:comapi') return just(state);
  if (id === 'send_message') {
    const chat = { ...state.chat, failed: state.chat.failed + 1 };
    return just(notice({ ...state, chat }, 'warning', 'Your message was not sent.'));
  }
  if (id === 'terminate_meeting')
    return just(notice({ ...state, end: null }, 'warning', 'The meeting could not be ended. Try again.'));
  if (id === 'lock_meeting') {
    return just(
      notice(
        state,
        'warning',
        status === 403 ? 'This meeting cannot be locked.' : 'Locking the meeting did not work.'
      )
    );
  }
  return just(state);
}

function failed(state: State, name: string, code: string): Step {
  // Guest creation answers with an error event that has neither name nor code.
  if (state.phase === 'ended' || state.phase === 'error' || name === '') return just(state);
  const again = state.phase === 'in-call' && canRejoin(name, code) ? rejoin(state, name) : null;
  if (again) return again;
  const problem = problemOf(name, code);
  const next: State = { ...state, phase: 'error', problem, trouble: [], picture: null, panel: 'none' };
  return just(announce(next, problem.title), { type: 'cancel-rejoin' }, { type: 'close-call' });
}

export function libraryEvent(state: State, event: EyesonEvent): Step {
  const handle = Object.hasOwn(handlers, event.type) ? handlers[event.type] : undefined;
  return handle ? handle(state, event) : just(state);
}

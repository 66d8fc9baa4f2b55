// The page's state machine: pure. step(state, message) gives the next state and what the outside world
// has to do (effects); call/controller.ts runs the effects and feeds back what happened.
import { libraryEvent } from './library';
import type { Effect, Message, Step } from './messages';
import { initialState, type State } from './model';
import { rejoin } from './rejoin';
import { announce, just, notice, withTrouble } from './tools';
import { shareFailure } from './words';

type Handlers = { [T in Message['type']]: (state: State, message: Extract<Message, { type: T }>) => Step };

const handlers: Handlers = {
  library: (state, { event }) => libraryEvent(state, event),

  'room-known': (state, { room }) => just({ ...state, room }),

  'room-refused': (state, { problem, temporary }) => {
    if (state.phase === 'landing' || state.phase === 'ended') return just(state);
    const again = temporary && state.phase === 'in-call' ? rejoin(state) : null;
    const next: State = { ...state, phase: 'error', problem, trouble: [], picture: null, panel: 'none' };
    return again ?? just(next, { type: 'cancel-rejoin' }, { type: 'close-call' });
  },

  join: (state, { listenOnly, name }) => {
    const mic = state.mic && !listenOnly;
    const camera = state.camera && !listenOnly;
    const next: State = {
      ...initialState(state.entry),
      room: state.room,
      panel: state.panel,
      phase: 'joining',
      mic,
      camera,
      listenOnly
    };
    return {
      state: announce(next, 'Joining the meeting'),
      effects: [{ type: 'start-call', mic, camera, listenOnly, name, again: false }]
    };
  },

  'join-slow': state => just(state.phase === 'joining' ? { ...state, slow: true } : state),

  'cancel-join': state =>
    state.phase === 'joining'
      ? { state: { ...state, phase: 'prejoin', slow: false }, effects: [{ type: 'close-call' }] }
      : just(state),

  'toggle-mic': state => {
    const mic = !state.mic;
    if (state.phase !== 'in-call') return just({ ...state, mic });
    if (state.busy.mic) return just(state);
    const next = announce({ ...state, mic }, mic ? 'Microphone on' : 'Microphone off');
    if (!state.listenOnly) return { state: next, effects: [{ type: 'set-mic', on: mic }] };
    return {
      state: { ...next, busy: { ...state.busy, mic: true } },
      effects: [{ type: 'open-devices', mic, camera: state.camera }]
    };
  },

  'toggle-camera': state => {
    const camera = !state.camera;
    if (state.phase !== 'in-call') return just({ ...state, camera });
    if (state.busy.camera) return just(state);
    if (state.share !== 'off') {
      // One video sender carries either: the choice takes effect when sharing ends.
      return just(
        notice(
          { ...state, camera },
          'info',
          `Your camera will be ${camera ? 'on' : 'off'} when you stop sharing.`
        )
      );
    }
    const next = announce(
      { ...state, camera, busy: { ...state.busy, camera: true } },
      camera ? 'Camera on' : 'Camera off'
    );
    const effect: Effect = state.listenOnly
      ? { type: 'open-devices', mic: state.mic, camera }
      : { type: 'set-camera', mic: state.mic, on: camera };
    return { state: next, effects: [effect] };
  },

  'devices-chosen': state => {
    if (state.phase !== 'in-call' || state.share !== 'off' || state.listenOnly) return just(state);
    return {
      state: { ...state, busy: { mic: true, camera: true } },
      effects: [{ type: 'open-devices', mic: state.mic, camera: state.camera }]
    };
  },

  'devices-settled': (state, { mic, camera }) => {
    if (!state.busy.mic && !state.busy.camera) return just(state);
    const next = {
      ...state,
      busy: { mic: false, camera: false },
      listenOnly: state.listenOnly && !mic && !camera
    };
    if (state.camera && !camera && state.busy.camera && state.share === 'off') {
      return just(
        notice(
          { ...next, camera: false },
          'warning',
          'The camera could not be started. Is another program using it?'
        )
      );
    }
    return just(next);
  },

  'devices-failed': state => {
    if (!state.busy.mic && !state.busy.camera) return just(state);
    const next = {
      ...state,
      mic: state.busy.mic && state.listenOnly ? false : state.mic,
      camera: state.busy.camera ? false : state.camera,
      busy: { mic: false, camera: false }
    };
    return just(
      notice(
        next,
        'warning',
        'The device did not start. Allow it in the site settings beside the address and try again.'
      )
    );
  },

  'toggle-share': state => {
    if (state.phase !== 'in-call' || state.share === 'starting' || state.share === 'stopping')
      return just(state);
    if (state.share === 'on')
      return { state: { ...state, share: 'stopping' }, effects: [{ type: 'stop-share' }] };
    const other = state.people.find(p => p.id === state.presenter && !p.self);
    if (other) return just(notice(state, 'info', `${other.name} is sharing. Ask them to stop first.`));
    if (state.listenOnly)
      return just(notice(state, 'info', 'Turn on your microphone first, then share your screen.'));
    return { state: { ...state, share: 'starting' }, effects: [{ type: 'pick-screen' }] };
  },

  'share-failed': (state, { name }) => just(shareFailed(state, name)),

  panel: (state, { panel }) => {
    const chat = panel === 'chat' ? { ...state.chat, unread: 0 } : state.chat;
    return just({ ...state, panel, chat });
  },

  'send-chat': (state, { text }) => {
    const content = text.trim();
    return content === '' ? just(state) : { state, effects: [{ type: 'send-chat', text: content }] };
  },

  lock: state => ({ state, effects: [{ type: 'lock' }] }),

  leave: state => ({
    state: {
      ...initialState(state.entry),
      phase: 'ended',
      end: 'left',
      room: state.room,
      mic: state.mic,
      camera: state.camera
    },
    effects: [{ type: 'cancel-rejoin' }, { type: 'close-call' }]
  }),

  end: state => ({ state: { ...state, end: 'ended-by-me' }, effects: [{ type: 'end-meeting' }] }),

  gone: (state, { reason }) => just(state.phase === 'ended' ? { ...state, end: reason } : state),

  'rejoin-now': state => {
    if (state.phase !== 'in-call') return just(state);
    return {
      state: {
        ...state,
        people: [],
        presenter: null,
        visible: [],
        share: 'off',
        busy: { mic: false, camera: false }
      },
      effects: [
        {
          type: 'start-call',
          mic: state.mic,
          camera: state.camera,
          listenOnly: state.listenOnly,
          name: state.room?.userName ?? '',
          again: true
        }
      ]
    };
  },

  stable: state => just(state.trouble.length === 0 ? { ...state, rejoins: 0 } : state),

  rejoin: state => {
    const next: State = {
      ...initialState(state.entry),
      room: state.room,
      phase: 'joining',
      mic: state.mic,
      camera: state.camera
    };
    return {
      state: next,
      effects: [
        {
          type: 'start-call',
          mic: next.mic,
          camera: next.camera,
          listenOnly: false,
          name: state.room?.userName ?? '',
          again: true
        }
      ]
    };
  },

  'back-to-prejoin': state =>
    just({ ...initialState(state.entry), room: state.room, mic: state.mic, camera: state.camera }),

  trouble: (state, { trouble, on }) => just(withTrouble(state, trouble, on)),

  'sound-blocked': (state, { blocked }) => just({ ...state, soundBlocked: blocked }),

  notice: (state, { tone, text }) => just(notice(state, tone, text)),

  dismiss: (state, { id }) => just({ ...state, notices: state.notices.filter(n => n.id !== id) })
};

function shareFailed(state: State, name: string): State {
  const next: State = { ...state, share: state.share === 'starting' ? 'off' : state.share };
  const words = shareFailure(name);
  return words ? notice(next, 'warning', words) : next;
}

export function step(state: State, message: Message): Step {
  const handle = handlers[message.type] as (state: State, message: Message) => Step;
  return handle(state, message);
}

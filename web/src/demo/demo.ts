// Development only (vite dev, ?demo=NAME): every state of the page with invented people and a drawn picture, for design
// work and screenshots. Never part of the build: main.tsx imports it behind import.meta.env.DEV.
import type { Store } from '../call/controller';
import type { Message } from '../state/messages';
import { initialState, type State } from '../state/model';
import { step } from '../state/step';
import { demoStates } from './states';

export function demoStore(name: string): Store {
  const listeners = new Set<() => void>();
  const make = demoStates[name];
  const store = {
    state: make ? make() : initialState({ kind: 'landing' }),
    dispatch(message: Message): void {
      store.state = answer(step(store.state, message).state, message);
      listeners.forEach(listener => listener());
    },
    subscribe(listener: () => void): () => void {
      listeners.add(listener);
      return () => listeners.delete(listener);
    }
  };
  return store;
}

/** What the server would have answered. */
function answer(state: State, message: Message): State {
  const settled: State = { ...state, busy: { mic: false, camera: false } };
  if (message.type === 'toggle-share' && state.share === 'starting')
    return { ...settled, share: 'on', presenter: 'c1' };
  if (message.type === 'toggle-share' && state.share === 'stopping')
    return { ...settled, share: 'off', presenter: null };
  if (message.type === 'send-chat') {
    const line = {
      id: state.nextId,
      personId: 'c1',
      name: 'Ann',
      self: true,
      text: message.text.trim(),
      at: Date.now()
    };
    return {
      ...settled,
      nextId: state.nextId + 1,
      chat: { ...state.chat, lines: [...state.chat.lines, line] }
    };
  }
  return settled;
}

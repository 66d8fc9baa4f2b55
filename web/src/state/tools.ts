// Small pure changes that several parts of the state machine make.
import type { Effect, Step } from './messages';
import { maxNotices, type Notice, type State, type Trouble } from './model';

export function just(state: State, ...effects: Effect[]): Step {
  return { state, effects };
}

export function announce(state: State, words: string): State {
  return { ...state, announcement: { id: state.nextId, text: words }, nextId: state.nextId + 1 };
}

/** A notice is shown and read out (its region is live), so it needs no announcement. */
export function notice(state: State, tone: Notice['tone'], words: string): State {
  const others = state.notices.filter(n => n.text !== words).slice(1 - maxNotices);
  return {
    ...state,
    notices: [...others, { id: state.nextId, tone, text: words }],
    nextId: state.nextId + 1
  };
}

export function withTrouble(state: State, trouble: Trouble, on: boolean): State {
  if (state.trouble.includes(trouble) === on) return state;
  return { ...state, trouble: on ? [...state.trouble, trouble] : state.trouble.filter(t => t !== trouble) };
}

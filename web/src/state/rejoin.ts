// When a running call breaks, the page starts a new one by itself, a bounded number of times.
import type { Step } from './messages';
import type { State } from './model';
import { announce, just, withTrouble } from './tools';

/** ms before each new attempt; together about a minute. */
const delays = [1000, 2000, 4000, 8000, 15000, 30000];
/** A broken media path often heals by itself (server ICE restart); only then the call is started anew. */
const mediaGraceMs = 4000;

/** Errors that a new call can heal, when they hit a running one. */
export function canRejoin(name: string, code: string): boolean {
  return (
    name === 'ice_failed' || name === 'abrupt_disconnect' || (name === 'session_failed' && code === '503')
  );
}

/** The next attempt, or null when all are used up. */
export function rejoin(state: State, name = ''): Step | null {
  if (name === 'ice_failed' && state.trouble.includes('rejoin')) return just(state); // one is already on its way
  const delay = delays[state.rejoins];
  if (delay === undefined) return null;
  const next = withTrouble({ ...state, rejoins: state.rejoins + 1, share: 'off' }, 'rejoin', true);
  const words = state.trouble.includes('rejoin') ? next : announce(next, 'Connection lost. Reconnecting.');
  return just(words, { type: 'schedule-rejoin', afterMs: name === 'ice_failed' ? mediaGraceMs : delay });
}

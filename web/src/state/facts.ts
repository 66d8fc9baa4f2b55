// Reads untyped documents and events of the server defensively: a missing member never breaks the page.
import type { RoomFacts } from './model';

type Dict = Record<string, unknown>;

export function dict(value: unknown): Dict {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Dict) : {};
}

export function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

export function list(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

/** Only web links may become href. */
export function webLink(value: unknown): string {
  return /^https?:\/\/[^\s]+$/i.test(text(value)) ? text(value) : '';
}

/** The room document (REST or room websocket) as far as the page shows it. */
export function roomFacts(document: unknown): RoomFacts {
  const doc = dict(document);
  const user = dict(doc['user']);
  const options = dict(doc['options']);
  const signaling = dict(dict(doc['signaling'])['options']);
  return {
    name: text(dict(doc['room'])['name']) || 'Meeting',
    userName: text(user['name']),
    userId: text(user['apiId']) || text(user['id']),
    clientId: text(signaling['client_id']),
    guest: user['guest'] === true,
    locked: doc['locked'] === true,
    lockAvailable: options['lock_available'] === true,
    widescreen: options['widescreen'] === true,
    guestLink: webLink(dict(doc['links'])['guest_join']),
    exitUrl: webLink(options['exit_url'])
  };
}

/** A recording document that still runs: neither null nor one with a duration. */
export function isRunning(recording: unknown): boolean {
  return typeof recording === 'object' && recording !== null && dict(recording)['duration'] == null;
}

// What the page shows, as plain data. Changed only by step() in step.ts; drawn by ui/.
import type { Entry } from '../entry';
import type { Problem } from './words';

export type Phase = 'landing' | 'prejoin' | 'joining' | 'in-call' | 'ended' | 'error';
export type ViewState = Phase | 'reconnecting';

/** Why the call does not run as it should, although it still runs. */
export type Trouble = 'room' | 'media' | 'offline' | 'rejoin';

export type EndReason = 'left' | 'ended-by-me' | 'over' | 'out';

/** What the room document says; null until it is known (guests learn it while joining). */
export interface RoomFacts {
  name: string;
  userName: string;
  userId: string;
  clientId: string;
  guest: boolean;
  locked: boolean;
  lockAvailable: boolean;
  widescreen: boolean;
  guestLink: string;
  exitUrl: string;
}

export interface Person {
  /** client_id: the id of all realtime messages. */
  id: string;
  name: string;
  guest: boolean;
  self: boolean;
  talking: boolean;
}

export interface ChatLine {
  id: number;
  personId: string;
  name: string;
  self: boolean;
  text: string;
  /** ms since the epoch */
  at: number;
}

export interface Notice {
  id: number;
  tone: 'info' | 'warning';
  text: string;
}

export interface State {
  entry: Entry;
  phase: Phase;
  room: RoomFacts | null;
  /** What the person wants; the devices follow. */
  mic: boolean;
  camera: boolean;
  /** A device change is on its way to the library. */
  busy: { mic: boolean; camera: boolean };
  /** Joined without any device: the first unmute has to open them. */
  listenOnly: boolean;
  share: 'off' | 'starting' | 'on' | 'stopping';
  /** The join takes longer than it should. */
  slow: boolean;
  trouble: Trouble[];
  rejoins: number;
  picture: MediaStream | null;
  soundBlocked: boolean;
  people: Person[];
  presenter: string | null;
  /** Whose camera has a place in the picture (as last known without a presenter). */
  visible: string[];
  chat: { lines: ChatLine[]; unread: number; failed: number };
  panel: 'none' | 'people' | 'chat';
  recording: boolean;
  broadcasting: boolean;
  notices: Notice[];
  /** For screen readers; the id makes the same text speak twice. */
  announcement: { id: number; text: string };
  problem: Problem | null;
  end: EndReason | null;
  nextId: number;
}

export const maxChatLines = 500;
export const maxNotices = 3;

export function initialState(entry: Entry): State {
  return {
    entry,
    phase: entry.kind === 'landing' ? 'landing' : 'prejoin',
    room: null,
    mic: true,
    camera: true,
    busy: { mic: false, camera: false },
    listenOnly: false,
    share: 'off',
    slow: false,
    trouble: [],
    rejoins: 0,
    picture: null,
    soundBlocked: false,
    people: [],
    presenter: null,
    visible: [],
    chat: { lines: [], unread: 0, failed: 0 },
    panel: 'none',
    recording: false,
    broadcasting: false,
    notices: [],
    announcement: { id: 0, text: '' },
    problem: null,
    end: null,
    nextId: 1
  };
}

export function viewState(state: State): ViewState {
  return state.phase === 'in-call' && state.trouble.length > 0 ? 'reconnecting' : state.phase;
}

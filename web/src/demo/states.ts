import { initialState, type ChatLine, type Person, type RoomFacts, type State } from '../state/model';
import { problemOf } from '../state/words';
import { pictureOf } from './picture';

const names = ['Ann Meyer', 'Bob Okafor', 'Cleo Marchetti', 'Dmitri Sokolov', 'Esra Yıldız'];

const room: RoomFacts = {
  name: 'Daily sync',
  userName: 'Ann Meyer',
  userId: 'u1',
  clientId: 'c1',
  guest: false,
  locked: false,
  lockAvailable: true,
  widescreen: false,
  guestLink: 'https://meet.example.org/?guest=Gq2mTn7Rk4Wz9Xc1Vb5Ls8Pd',
  exitUrl: ''
};

const people: Person[] = names.map((name, i) => ({
  id: `c${i + 1}`,
  name,
  guest: i === 3,
  self: i === 0,
  talking: i === 1
}));

const at = new Date(2025, 10, 22, 9, 41).getTime();
const say = (id: number, who: number, text: string, minute = 0): ChatLine => ({
  id,
  personId: `c${who}`,
  name: names[who - 1] ?? '',
  self: who === 1,
  text,
  at: at + minute * 60000
});

const lines: ChatLine[] = [
  say(1, 2, 'Morning! Notes from yesterday are here: https://notes.example.org/daily/41'),
  say(2, 3, 'Thanks. I have two things for the release, five minutes at most.', 1),
  say(3, 3, 'The first one is only a question.', 1),
  say(4, 1, 'Go first then, I will share the board afterwards.', 2),
  say(5, 4, 'Sound is fine now, it was my headset.', 3)
];

function member(): State {
  return { ...initialState({ kind: 'member', key: 'demo' }), room };
}

function call(part: Partial<State> = {}): State {
  const merged: State = { ...member(), phase: 'in-call', people, visible: ['c1', 'c2', 'c3', 'c5'], ...part };
  return {
    ...merged,
    picture:
      part.picture === null
        ? null
        : pictureOf(merged.people, merged.visible, merged.room?.widescreen ?? false, merged.presenter)
  };
}

const failed = (name: string, code = ''): State => ({
  ...member(),
  phase: 'error',
  problem: problemOf(name, code)
});

export const demoStates: Record<string, () => State> = {
  landing: () => initialState({ kind: 'landing' }),
  prejoin: member,
  'prejoin-off': () => ({ ...member(), camera: false, mic: false }),
  guest: () => initialState({ kind: 'guest', token: 'demo' }),
  joining: () => ({ ...member(), phase: 'joining' }),
  'joining-slow': () => ({ ...member(), phase: 'joining', slow: true }),
  call: () => call(),
  wide: () => call({ room: { ...room, widescreen: true } }),
  solo: () => call({ people: people.slice(0, 1), visible: ['c1'], panel: 'people' }),
  people: () => call({ panel: 'people' }),
  chat: () => call({ panel: 'chat', chat: { lines, unread: 0, failed: 0 } }),
  'chat-empty': () => call({ panel: 'chat' }),
  muted: () =>
    call({ mic: false, camera: false, visible: ['c2', 'c3', 'c5'], chat: { lines, unread: 3, failed: 0 } }),
  sharing: () => call({ share: 'on', presenter: 'c1' }),
  watching: () => call({ presenter: 'c2', panel: 'people' }),
  signs: () =>
    call({
      room: { ...room, locked: true, name: 'Quarterly planning with everybody from the northern offices' },
      recording: true,
      broadcasting: true,
      notices: [
        { id: 1, tone: 'info', text: 'This meeting is being recorded.' },
        { id: 2, tone: 'warning', text: 'The camera could not be started. Is another program using it?' }
      ]
    }),
  waiting: () => call({ picture: null }),
  sound: () => call({ soundBlocked: true }),
  'room-lost': () => call({ trouble: ['room'] }),
  'media-lost': () => call({ trouble: ['media'] }),
  rejoining: () => call({ trouble: ['rejoin'] }),
  offline: () => call({ trouble: ['offline'] }),
  left: () => ({ ...member(), phase: 'ended', end: 'left' }),
  over: () => ({
    ...member(),
    phase: 'ended',
    end: 'over',
    room: { ...room, exitUrl: 'https://example.org/bye' }
  }),
  out: () => ({ ...member(), phase: 'ended', end: 'out' }),
  'error-permission': () => failed('permission'),
  'error-locked': () => failed('meeting_locked'),
  'error-ice': () => failed('ice_error', '426'),
  'error-over': () => failed('meeting_over'),
  'error-link': () => failed('unknown_link')
};

// Every failure in words: what happened, and what to do about it.

export type Remedy = 'join' | 'listen' | 'reload' | 'prejoin';

export interface Problem {
  /** The library's name (and code), for support. */
  code: string;
  title: string;
  text: string;
  remedies: Remedy[];
}

type Words = Omit<Problem, 'code'>;

const byName: Record<string, Words> = {
  permission: {
    title: 'Your browser blocks the microphone',
    text: 'Open the site settings beside the address, allow microphone and camera for this page, and try again. You can also join without them and listen.',
    remedies: ['join', 'listen']
  },
  devices: {
    title: 'No microphone found',
    text: 'Plug in a microphone or a headset and try again, or join without one: you will see and hear the others and can write in the chat.',
    remedies: ['join', 'listen']
  },
  not_readable: {
    title: 'Your camera or microphone is busy',
    text: 'Another program is using it. Close other calls and camera programs and try again, or join without devices.',
    remedies: ['join', 'listen']
  },
  meeting_locked: {
    title: 'This meeting is locked',
    text: 'The people inside have closed the door. Ask one of them to let you in with a new invitation.',
    remedies: ['join']
  },
  session_in_use: {
    title: 'You are already in this meeting',
    text: 'This personal link is in use in another tab or on another device. Leave there first, or ask for a link of your own.',
    remedies: ['join']
  },
  abrupt_disconnect: {
    title: 'You lost the meeting',
    text: 'The connection broke and the server no longer holds your place. Joining again usually works.',
    remedies: ['join']
  },
  request_too_large: {
    title: 'The server refused the call',
    text: 'The description of your devices was too large for it. Try another browser, or join without devices.',
    remedies: ['join', 'listen']
  },
  ice_error: {
    title: 'Sound and picture cannot get through',
    text: 'You reached the meeting, but its media is blocked, most often by a company firewall or a VPN. Try another network, or ask for UDP port 10000 to be opened.',
    remedies: ['join']
  },
  ice_failed: {
    title: 'Sound and picture stopped',
    text: 'The connection for sound and picture was lost and did not come back. Check your network and join again.',
    remedies: ['join']
  },
  transport_error: {
    title: 'The server gave an answer this page does not understand',
    text: 'The credentials for the call are not usable. Reload the page. If it happens again, tell whoever runs this server.',
    remedies: ['reload']
  },
  invalid_stream: {
    title: 'Joining without devices failed',
    text: 'This browser could not make a silent stand-in for your devices. Allow the microphone and try again.',
    remedies: ['join']
  },
  access_denied: {
    title: 'The meeting did not let you in',
    text: 'The link may be incomplete, or the meeting has ended. Ask for a new link.',
    remedies: ['reload']
  },
  unknown_link: {
    title: 'This link leads nowhere',
    text: 'There is no meeting behind it. Links sometimes lose a part when they are copied: open it once more from the invitation, or ask for a new one.',
    remedies: []
  },
  meeting_over: {
    title: 'This meeting has ended',
    text: 'Everybody has left or it was closed. Ask for a new link when you want to meet again.',
    remedies: []
  },
  unreachable: {
    title: 'The server does not answer',
    text: 'Check your connection. If other pages work, the meeting server may be restarting: try again in a moment.',
    remedies: ['reload']
  },
  guest_refused: {
    title: 'This invitation did not work',
    text: 'The meeting may have ended, may not admit guests, or the link lost a part when it was copied. Ask for a new one.',
    remedies: ['prejoin']
  },
  unsupported: {
    title: 'This page cannot hold a call here',
    text: 'Calls need a secure address (https, or localhost) and a current browser: Chrome, Edge, Firefox or Safari.',
    remedies: []
  }
};

const byCode: Record<string, Words> = {
  '400': {
    title: 'The server did not understand the call',
    text: 'It could not use what your browser offered. Update the browser or try another one.',
    remedies: ['join', 'listen']
  },
  '500': {
    title: 'Something broke on the server',
    text: 'It is not your fault. Try again in a moment.',
    remedies: ['join']
  },
  '503': {
    title: 'The server is busy or restarting',
    text: 'There is no room for your call right now. Try again in a moment.',
    remedies: ['join']
  },
  TypeError: {
    title: 'The call could not be started',
    text: 'The server did not find the meeting. Reload the page and try again.',
    remedies: ['reload']
  }
};

const fallback: Words = {
  title: 'The call failed',
  text: 'Something unexpected ended it. Try again; if it keeps failing, reload the page.',
  remedies: ['join', 'reload']
};

/** name and code as in the library's error event. */
export function problemOf(name: string, code = ''): Problem {
  const words = name === 'session_failed' ? (byCode[code] ?? fallback) : (byName[name] ?? fallback);
  return { code: code ? `${name} ${code}` : name, ...words };
}

/** What an HTTP status of GET /rooms/:access_key means; 0 = no answer at all. */
export function problemOfStatus(status: number): Problem {
  if (status === 410) return problemOf('meeting_over');
  if (status === 404 || status === 400) return problemOf('unknown_link');
  if (status === 0 || status >= 500) return problemOf('unreachable', status ? String(status) : '');
  return problemOf('access_denied', String(status));
}

/** Words for a failed screen share; empty when the person simply changed their mind. */
export function shareFailure(name: string): string {
  if (/NotAllowed|Permission|Abort/i.test(name)) return '';
  if (/_Audio$/.test(name)) return 'The sound of that window cannot be shared. Try again without sound.';
  if (/NotFound/i.test(name)) return 'There is nothing to share on this device.';
  if (/NotReadable/i.test(name)) return 'The system did not hand over the screen. Try another window.';
  return 'Sharing the screen did not work.';
}

// Joins the pure state machine to the world: runs its effects and reports what comes back.
import type { Eyeson, EyesonEvent } from 'eyeson';
import type { Entry } from '../entry';
import { isBlocked } from '../media/devices';
import type { Effect, Message } from '../state/messages';
import { initialState, type State } from '../state/model';
import { step } from '../state/step';
import { problemOf, problemOfStatus } from '../state/words';
import { forgetGuestKey, guestKey, keepGuestKey } from './memory';
import { readRoom } from './rooms';
import { hasCamera, hasMicrophone, requestGuest, Session, type Access } from './session';
import { Timers } from './timers';

export interface Store {
  readonly state: State;
  dispatch(message: Message): void;
  subscribe(listener: () => void): () => void;
}

const slowJoinMs = 12000;
const rejoinLimitMs = 20000;
const stableMs = 30000;
const deviceLimitMs = 30000;
const endLimitMs = 5000;

export class Controller implements Store {
  state: State;
  private readonly listeners = new Set<() => void>();
  private readonly timers = new Timers();
  private session: Session | null = null;
  private key: string | null;
  private attempt = 0;

  constructor(
    private readonly entry: Entry,
    private readonly api: string
  ) {
    this.state = initialState(entry);
    this.key = entry.kind === 'member' ? entry.key : entry.kind === 'guest' ? guestKey(entry.token) : null;
    addEventListener('online', () => this.dispatch({ type: 'trouble', trouble: 'offline', on: false }));
  }

  readonly dispatch = (message: Message): void => {
    const result = step(this.state, message);
    this.state = result.state;
    result.effects.forEach(effect => this.run(effect));
    this.listeners.forEach(listener => listener());
  };

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  /** What is behind the link? Told before anybody is asked for a camera. */
  async lookUp(): Promise<void> {
    if (!this.key) return;
    const { status, room } = await readRoom(this.api, this.key);
    if (room) {
      this.dispatch({ type: 'room-known', room });
    } else if (this.entry.kind === 'guest') {
      this.key = null; // the place from an earlier visit is gone: join as a new guest
      forgetGuestKey(this.entry.token);
    } else {
      this.refuse(status);
    }
  }

  private refuse(status: number): void {
    const temporary = status === 0 || status >= 500;
    this.dispatch({ type: 'room-refused', problem: problemOfStatus(status), temporary });
  }

  private run(effect: Effect): void {
    const { session, timers } = this;
    switch (effect.type) {
      case 'start-call':
        return void this.startCall(effect);
      case 'close-call':
        return this.closeCall();
      case 'end-meeting':
        timers.set('end', endLimitMs, () => this.exitIfEnding());
        return session?.endMeeting();
      case 'set-mic':
        return session?.setMic(effect.on);
      case 'set-camera':
        return void this.openDevices(effect.mic, effect.on, () => session?.setCamera(effect.on));
      case 'open-devices':
        return void this.openDevices(effect.mic, effect.camera, () =>
          session?.openDevices(effect.mic, effect.camera)
        );
      case 'pick-screen':
        return void this.pickScreen();
      case 'stop-share':
        return session?.stopShare();
      case 'send-chat':
        return session?.chat(effect.text);
      case 'lock':
        return session?.lock();
      case 'find-out-why':
        return void this.findOutWhy(effect.context);
      case 'schedule-rejoin':
        return timers.set('rejoin', effect.afterMs, () => this.dispatch({ type: 'rejoin-now' }));
      case 'cancel-rejoin':
        return timers.clear('rejoin');
    }
  }

  private async startCall(wish: Extract<Effect, { type: 'start-call' }>): Promise<void> {
    this.closeCall();
    const attempt = ++this.attempt;
    if (wish.again && this.state.phase === 'in-call') {
      this.timers.set('join', rejoinLimitMs, () =>
        this.libraryEvent({ type: 'error', name: 'session_failed', code: '503' })
      );
    } else {
      this.timers.set('join', slowJoinMs, () => this.dispatch({ type: 'join-slow' }));
    }
    const client = await this.newClient();
    if (attempt !== this.attempt) return;
    if (!client)
      return this.dispatch({ type: 'room-refused', problem: problemOf('unsupported'), temporary: false });
    const access = await this.access(client, wish.name);
    if (attempt !== this.attempt || !access) return;
    this.session = new Session(client, event => this.libraryEvent(event), wish);
    this.session.start(access);
  }

  /** The library is big and useless without WebRTC: loaded only when somebody joins. */
  private async newClient(): Promise<Eyeson | null> {
    if (typeof RTCPeerConnection === 'undefined' || !navigator.mediaDevices) return null;
    const { default: eyeson } = await import('eyeson');
    eyeson.config.api = this.api;
    eyeson.config.verbose = false;
    return eyeson.createInstance();
  }

  private async access(client: Eyeson, name: string): Promise<Access | null> {
    const { entry } = this;
    if (this.key) return { accessKey: this.key };
    if (entry.kind === 'permalink') return { permalink: entry.token };
    if (entry.kind !== 'guest') return null;
    const attempt = this.attempt;
    const answer = await requestGuest(client, this.api, entry.token, name);
    if (attempt !== this.attempt) return null;
    if ('key' in answer) {
      this.key = answer.key;
      keepGuestKey(entry.token, answer.key);
      return { accessKey: answer.key };
    }
    const problem = problemOf(answer.locked ? 'meeting_locked' : 'guest_refused');
    this.dispatch({ type: 'room-refused', problem, temporary: false });
    return null;
  }

  private closeCall(): void {
    this.attempt++;
    ['join', 'stable', 'devices', 'end'].forEach(name => this.timers.clear(name));
    const { session } = this;
    this.session = null;
    session?.close();
  }

  private readonly libraryEvent = (event: EyesonEvent): void => {
    if (event.type === 'permalink_ready') this.key = permalinkKey(event) ?? this.key;
    if (event.type === 'accept') {
      this.timers.clear('join');
      this.timers.set('stable', stableMs, () => this.dispatch({ type: 'stable' }));
    }
    this.dispatch({ type: 'library', event });
    if (event.type === 'stream_update' && event['localStream']) {
      const local = event['localStream'] as MediaStream;
      this.timers.clear('devices');
      this.dispatch({ type: 'devices-settled', mic: hasMicrophone(local), camera: hasCamera(local) });
    }
  };

  private async openDevices(mic: boolean, camera: boolean, open: () => void): Promise<void> {
    const { session } = this;
    const blocked = (mic && (await isBlocked('microphone'))) || (camera && (await isBlocked('camera')));
    if (session !== this.session) return;
    if (blocked) return this.dispatch({ type: 'devices-failed' });
    this.timers.set('devices', deviceLimitMs, () => this.dispatch({ type: 'devices-failed' }));
    open();
  }

  private async pickScreen(): Promise<void> {
    const { session } = this;
    try {
      const screen = await navigator.mediaDevices.getDisplayMedia({
        audio: true,
        video: { height: { max: 1080 }, frameRate: { max: 15 } }
      });
      if (session && session === this.session) session.share(screen);
      else screen.getTracks().forEach(track => track.stop());
    } catch (error) {
      this.dispatch({ type: 'share-failed', name: error instanceof Error ? error.name : 'Error' });
    }
  }

  private async findOutWhy(context: 'join' | 'exit'): Promise<void> {
    const attempt = this.attempt;
    const status = this.key ? (await readRoom(this.api, this.key)).status : 403;
    if (context === 'exit') return this.dispatch({ type: 'gone', reason: status === 200 ? 'out' : 'over' });
    if (attempt === this.attempt) this.refuse(status);
  }

  /** The server ended the meeting but its word did not reach this call. */
  private exitIfEnding(): void {
    if (this.state.end === 'ended-by-me' && this.state.phase === 'in-call')
      this.libraryEvent({ type: 'exit', reason: 'bye' });
  }
}

function permalinkKey(event: EyesonEvent): string | null {
  const content = event['content'] as { access_key?: unknown } | undefined;
  return typeof content?.access_key === 'string' ? content.access_key : null;
}

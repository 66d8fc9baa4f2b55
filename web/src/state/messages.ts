// Everything that can happen to the page, and everything it can ask the outside world to do.
import type { EyesonEvent } from 'eyeson';
import type { EndReason, Notice, RoomFacts, State, Trouble } from './model';
import type { Problem } from './words';

export type Message =
  | { type: 'library'; event: EyesonEvent }
  | { type: 'room-known'; room: RoomFacts }
  | { type: 'room-refused'; problem: Problem; temporary: boolean }
  | { type: 'join'; listenOnly: boolean; name: string }
  | { type: 'join-slow' }
  | { type: 'cancel-join' }
  | { type: 'toggle-mic' }
  | { type: 'toggle-camera' }
  | { type: 'devices-chosen' }
  | { type: 'devices-settled'; mic: boolean; camera: boolean }
  | { type: 'devices-failed' }
  | { type: 'toggle-share' }
  | { type: 'share-failed'; name: string }
  | { type: 'panel'; panel: State['panel'] }
  | { type: 'send-chat'; text: string }
  | { type: 'lock' }
  | { type: 'leave' }
  | { type: 'end' }
  | { type: 'gone'; reason: EndReason }
  | { type: 'rejoin-now' }
  | { type: 'rejoin' }
  | { type: 'stable' }
  | { type: 'back-to-prejoin' }
  | { type: 'trouble'; trouble: Trouble; on: boolean }
  | { type: 'sound-blocked'; blocked: boolean }
  | { type: 'notice'; tone: Notice['tone']; text: string }
  | { type: 'dismiss'; id: number };

export type Effect =
  | { type: 'start-call'; mic: boolean; camera: boolean; listenOnly: boolean; name: string; again: boolean }
  | { type: 'close-call' }
  | { type: 'end-meeting' }
  | { type: 'set-mic'; on: boolean }
  | { type: 'set-camera'; mic: boolean; on: boolean }
  | { type: 'open-devices'; mic: boolean; camera: boolean }
  | { type: 'pick-screen' }
  | { type: 'stop-share' }
  | { type: 'send-chat'; text: string }
  | { type: 'lock' }
  | { type: 'find-out-why'; context: 'join' | 'exit' }
  | { type: 'schedule-rejoin'; afterMs: number }
  | { type: 'cancel-rejoin' };

export interface Step {
  state: State;
  effects: Effect[];
}

import type { Trouble } from '../state/model';

export interface TroubleWords {
  /** Sound and picture are affected. */
  serious: boolean;
  title: string;
  text: string;
}

/** The worst trouble decides what is said. */
export function troubleWords(troubles: Trouble[]): TroubleWords | null {
  if (troubles.includes('offline')) {
    return {
      serious: true,
      title: 'You are offline',
      text: 'The meeting continues as soon as your network is back.'
    };
  }
  if (troubles.includes('rejoin')) {
    return {
      serious: true,
      title: 'Connection lost',
      text: 'Joining again. Your microphone and camera stay as they are.'
    };
  }
  if (troubles.includes('media')) {
    return {
      serious: true,
      title: 'Reconnecting',
      text: 'The connection is unstable. Sound and picture should be back in a moment.'
    };
  }
  if (troubles.includes('room')) {
    return {
      serious: false,
      title: 'Reconnecting',
      text: 'Reconnecting to chat and participants. Sound and picture go on.'
    };
  }
  return null;
}

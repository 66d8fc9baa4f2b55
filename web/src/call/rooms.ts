// The one REST request this page makes itself: what is behind an access key? (Everything else goes through the library.)
import { roomFacts } from '../state/facts';
import type { RoomFacts } from '../state/model';

export interface RoomAnswer {
  /** HTTP status; 0 when nothing answered. */
  status: number;
  room: RoomFacts | null;
}

const timeoutMs = 10000;

export async function readRoom(api: string, key: string): Promise<RoomAnswer> {
  try {
    const response = await fetch(`${api}/rooms/${encodeURIComponent(key)}`, {
      signal: AbortSignal.timeout(timeoutMs)
    });
    return { status: response.status, room: response.ok ? roomFacts(await response.json()) : null };
  } catch {
    return { status: 0, room: null };
  }
}

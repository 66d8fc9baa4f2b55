import type { JSX } from 'preact';
import type { EndReason, State } from '../state/model';
import { DoorIcon } from './icons';
import { Notepage } from './parts';
import { useDispatch } from './store';

const words: Record<EndReason, { title: string; text: string; rejoin: boolean }> = {
  left: {
    title: 'You left the meeting',
    text: 'Pressed the wrong button? You can go straight back in.',
    rejoin: true
  },
  'ended-by-me': {
    title: 'You ended the meeting',
    text: 'It is closed for everybody. You can close this page.',
    rejoin: false
  },
  over: {
    title: 'The meeting has ended',
    text: 'It was closed for everybody. You can close this page.',
    rejoin: false
  },
  out: {
    title: 'You are no longer in the meeting',
    text: 'You were removed, or joined from somewhere else. The meeting goes on.',
    rejoin: true
  }
};

export function Ended({ state }: { state: State }): JSX.Element {
  const dispatch = useDispatch();
  const { title, text, rejoin } = words[state.end ?? 'left'];
  return (
    <Notepage title={title} icon={<DoorIcon />}>
      <p>{text}</p>
      <div class="actions">
        {rejoin && (
          <button
            type="button"
            class="button primary"
            data-testid="rejoin"
            onClick={() => dispatch({ type: 'rejoin' })}
          >
            Rejoin
          </button>
        )}
        {state.room?.exitUrl && (
          <a class="button" href={state.room.exitUrl} rel="noreferrer" data-testid="continue">
            Continue
          </a>
        )}
      </div>
    </Notepage>
  );
}

import type { JSX } from 'preact';
import type { State } from '../state/model';
import { Notepage, Spinner } from './parts';
import { useDispatch } from './store';

export function Joining({ state }: { state: State }): JSX.Element {
  const dispatch = useDispatch();
  return (
    <Notepage title={state.room ? `Joining ${state.room.name}` : 'Joining the meeting'} icon={<Spinner />}>
      <p role="status">
        {state.slow
          ? 'This takes longer than usual. The meeting may still be starting up; you can keep waiting.'
          : 'One moment.'}
      </p>
      <div class="actions">
        <button
          type="button"
          class="button"
          data-testid="cancel"
          onClick={() => dispatch({ type: 'cancel-join' })}
        >
          Cancel
        </button>
      </div>
    </Notepage>
  );
}

import type { JSX } from 'preact';
import type { State } from '../state/model';
import type { Remedy } from '../state/words';
import { WarningIcon } from './icons';
import { Notepage } from './parts';
import { useDispatch } from './store';

const labels: Record<Remedy, string> = {
  join: 'Try again',
  listen: 'Join without devices',
  reload: 'Reload the page',
  prejoin: 'Back'
};

export function Failed({ state }: { state: State }): JSX.Element | null {
  const dispatch = useDispatch();
  const problem = state.problem;
  if (!problem) return null;
  const name = state.room?.userName ?? '';
  const act: Record<Remedy, () => void> = {
    join: () =>
      dispatch(state.room || state.entry.kind !== 'guest' ? { type: 'rejoin' } : { type: 'back-to-prejoin' }),
    listen: () => dispatch({ type: 'join', listenOnly: true, name }),
    reload: () => location.reload(),
    prejoin: () => dispatch({ type: 'back-to-prejoin' })
  };
  return (
    <Notepage title={problem.title} icon={<WarningIcon />} tone="bad">
      <p data-testid="problem">{problem.text}</p>
      <div class="actions">
        {problem.remedies.map((remedy, i) => (
          <button
            type="button"
            key={remedy}
            class={`button ${i === 0 ? 'primary' : ''}`}
            data-testid={`remedy-${remedy}`}
            onClick={act[remedy]}
          >
            {labels[remedy]}
          </button>
        ))}
      </div>
      <p class="fine">Code: {problem.code}</p>
    </Notepage>
  );
}

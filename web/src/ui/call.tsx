// The call: the picture, what to do with it, and the people and words beside it.
import type { JSX } from 'preact';
import { canShareScreen } from '../media/devices';
import type { State } from '../state/model';
import { Chat } from './chat';
import { Controls } from './controls';
import { useFocusOnMount, useKeys } from './hooks';
import { Panel } from './panel';
import { People } from './people';
import { Stage } from './stage';
import { useDispatch } from './store';
import { TopBar } from './top-bar';

export function Call({ state }: { state: State }): JSX.Element {
  const dispatch = useDispatch();
  const heading = useFocusOnMount<HTMLHeadingElement>();
  const toggleChat = () => dispatch({ type: 'panel', panel: state.panel === 'chat' ? 'none' : 'chat' });
  useKeys({
    m: () => dispatch({ type: 'toggle-mic' }),
    v: () => dispatch({ type: 'toggle-camera' }),
    d: () => canShareScreen() && dispatch({ type: 'toggle-share' }),
    c: toggleChat
  });
  return (
    <main class={`call ${state.panel === 'none' ? '' : 'with-panel'}`}>
      <h1 class="unseen" tabIndex={-1} ref={heading}>
        {state.room?.name ?? 'Meeting'}
      </h1>
      <TopBar state={state} />
      <Stage state={state} />
      {state.panel === 'people' && (
        <Panel title="People" onClose={() => dispatch({ type: 'panel', panel: 'none' })}>
          <People state={state} />
        </Panel>
      )}
      {state.panel === 'chat' && (
        <Panel title="Chat" onClose={() => dispatch({ type: 'panel', panel: 'none' })}>
          <Chat state={state} />
        </Panel>
      )}
      <Controls state={state} />
    </main>
  );
}

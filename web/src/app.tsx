import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import type { Store } from './call/controller';
import { viewState, type State } from './state/model';
import { Call } from './ui/call';
import { Ended } from './ui/ended';
import { Failed } from './ui/failed';
import { Joining } from './ui/joining';
import { Landing } from './ui/landing';
import { Notices } from './ui/notices';
import { Prejoin } from './ui/prejoin';
import { StoreContext, useStoreState } from './ui/store';

const pages: Record<State['phase'], (props: { state: State }) => JSX.Element | null> = {
  landing: Landing,
  prejoin: Prejoin,
  joining: Joining,
  'in-call': Call,
  ended: Ended,
  error: Failed
};

export function App({ store }: { store: Store }): JSX.Element {
  const state = useStoreState(store);
  const Page = pages[state.phase];
  const view = viewState(state);
  const title = pageTitle(state);
  useEffect(() => void (document.body.dataset['state'] = view), [view]);
  useEffect(() => void (document.title = title), [title]);
  return (
    <StoreContext.Provider value={store}>
      <Page state={state} />
      <Notices state={state} />
    </StoreContext.Provider>
  );
}

function pageTitle(state: State): string {
  const unread = state.chat.unread > 0 ? `(${state.chat.unread}) ` : '';
  return `${unread}${state.room?.name ? `${state.room.name} · ` : ''}Plenum`;
}

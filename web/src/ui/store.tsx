// Gives every component the current state and dispatch.
import { createContext } from 'preact';
import { useContext, useEffect, useState } from 'preact/hooks';
import type { Store } from '../call/controller';
import type { Message } from '../state/messages';
import type { State } from '../state/model';

export const StoreContext = createContext<Store | null>(null);

function useStore(): Store {
  const store = useContext(StoreContext);
  if (!store) throw new Error('Rendered outside of the store');
  return store;
}

/** For the root component: renders again on every change. */
export function useStoreState(store: Store): State {
  const [state, setState] = useState(store.state);
  useEffect(() => {
    setState(store.state); // it may have changed between the first render and now
    return store.subscribe(() => setState(store.state));
  }, [store]);
  return state;
}

export function useDispatch(): (message: Message) => void {
  return useStore().dispatch;
}

import { render } from 'preact';
import { App } from './app';
import { Controller, type Store } from './call/controller';
import { parseEntry } from './entry';

async function makeStore(): Promise<Store> {
  // Only the development server has the demo; the condition removes it from the build.
  if (import.meta.env.DEV) {
    const demo = new URLSearchParams(location.search).get('demo');
    if (demo) return (await import('./demo/demo')).demoStore(demo);
  }
  const controller = new Controller(parseEntry(location.pathname, location.search), location.origin);
  void controller.lookUp();
  return controller;
}

void makeStore().then(store => {
  const root = document.getElementById('app');
  if (root) render(<App store={store} />, root);
});

import { render } from 'preact-render-to-string';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { App } from '../app';
import type { Store } from '../call/controller';
import { demoStates } from '../demo/states';
import type { State } from '../state/model';

vi.mock('../demo/picture', () => ({ pictureOf: () => null }));

beforeAll(() => {
  vi.stubGlobal('navigator', {
    mediaDevices: { addEventListener: () => undefined, getDisplayMedia: () => undefined }
  });
  vi.stubGlobal('document', { fullscreenEnabled: true });
});

function html(state: State): string {
  const store: Store = { state, dispatch: () => undefined, subscribe: () => () => undefined };
  return render(<App store={store} />);
}

const page = (name: string): string => html(demoStates[name]!());

describe.each(Object.keys(demoStates))('the page "%s"', name => {
  it('has one heading and one main part', () => {
    expect(page(name).match(/<h1[ >]/g)).toHaveLength(1);
    expect(page(name).match(/<main[ >]/g)).toHaveLength(1);
  });

  it('names every button, field and video', () => {
    for (const [, attributes, inner] of page(name).matchAll(/<button([^>]*)>(.*?)<\/button>/gs)) {
      const words = inner!.replace(/<[^>]*>/g, '').trim();
      expect(/aria-label="[^"]+"/.test(attributes!) || words !== '', attributes).toBe(true);
    }
    for (const [tag] of page(name).matchAll(/<(video|textarea)[^>]*>/g))
      expect(tag).toMatch(/aria-label="[^"]+"/);
  });

  it('carries nothing that a strict CSP forbids', () => {
    expect(page(name)).not.toMatch(/<[^>]*\s(style|on\w+)=/);
    expect(page(name)).not.toMatch(/<(script|style)/);
    expect(page(name)).not.toMatch(/\ssrc="(https?:|data:)/);
  });
});

describe('what tests and people rely on', () => {
  it('has the controls in the call', () => {
    for (const id of [
      'picture',
      'mic',
      'camera',
      'share',
      'participants-toggle',
      'chat-toggle',
      'settings',
      'leave',
      'leave-menu'
    ]) {
      expect(page('call')).toContain(`data-testid="${id}"`);
    }
    expect(page('call')).toContain('id="picture"');
  });

  it('shows who talks, presents and has the camera off', () => {
    const people = page('watching');
    expect(people).toMatch(
      /data-cid="c2"[^>]*data-talking="true"[^>]*data-camera="on"[^>]*data-presenting="true"/
    );
    expect(people).toMatch(/data-cid="c4"[^>]*data-camera="off"/);
    expect(people).toContain('data-testid="participants"');
  });

  it('shows chat text as text', () => {
    const state = demoStates['chat']!();
    state.chat.lines = [
      {
        id: 1,
        personId: 'c2',
        name: '<b>',
        self: false,
        text: '<img src=x onerror=alert(1)>',
        at: Number.NaN
      }
    ];
    expect(html(state)).toContain('&lt;img src=x onerror=alert(1)');
    expect(html(state)).not.toContain('<img');
  });

  it('keeps "end for all" from guests', () => {
    const state = demoStates['call']!();
    expect(html({ ...state, room: { ...state.room!, guest: true } })).not.toContain('leave-menu');
  });

  it('asks only guests for a name', () => {
    expect(page('guest')).toContain('data-testid="name"');
    expect(page('prejoin')).not.toContain('data-testid="name"');
  });

  it('announces reconnecting and signs', () => {
    expect(page('media-lost')).toMatch(/role="alert"[^>]*data-testid="reconnecting"/);
    expect(page('room-lost')).toMatch(/role="status"[^>]*data-testid="reconnecting"/);
    for (const id of ['locked', 'recording', 'broadcast'])
      expect(page('signs')).toContain(`data-testid="${id}"`);
    expect(page('sound')).toContain('Click to hear the meeting');
  });
});

// The meeting page as the server delivers it, under its real Content-Security-Policy.
import type { Page } from '@playwright/test';
import { eventually, expect, test } from '../lib/fixtures';
import type { Person } from '../lib/person';

const state = (page: Page, name: string) => expect(page.locator(`body[data-state="${name}"]`)).toBeAttached();
const id = (page: Page, name: string) => page.getByTestId(name);

async function picture(page: Page): Promise<void> {
  const width = () =>
    page.evaluate(() => (document.getElementById('picture') as HTMLVideoElement | null)?.videoWidth ?? 0);
  await eventually('a picture', async () => (await width()) === 1280);
}

async function come({ page }: Person, link: string): Promise<void> {
  await page.goto(link);
  await id(page, 'join').click();
  await state(page, 'in-call');
  await picture(page);
}

test('the host and a guest meet: people, talking, chat, keys, leaving, rejoining, the end', async ({
  server,
  visitor
}) => {
  test.slow();
  const document = await server.enter({ id: 'daily', name: 'Daily', user: { id: 'host', name: 'Hanna' } });
  const [host, guest] = [await visitor('ann'), await visitor('bob')];

  await test.step('the page and its headers', async () => {
    const answer = await host.page.goto(document.links.gui);
    const headers = answer!.headers();
    for (const rule of [
      "default-src 'self'",
      "frame-ancestors 'self'",
      "form-action 'self'",
      "object-src 'none'"
    ])
      expect.soft(headers['content-security-policy']).toContain(rule);
    expect.soft(headers['referrer-policy']).toBe('no-referrer');
    expect.soft(headers['x-content-type-options']).toBe('nosniff');
    expect.soft(headers['permissions-policy']).toContain('camera=(self)');
    expect.soft(headers['cache-control']).toBe('no-cache');
    await expect(host.page.getByRole('heading', { name: 'Daily' })).toBeVisible();
  });

  await test.step('both join', async () => {
    await id(host.page, 'join').click();
    await state(host.page, 'in-call');
    await picture(host.page);
    await guest.page.goto(document.links.guest_join);
    await id(guest.page, 'name').fill('Gwen');
    await id(guest.page, 'join').click();
    await state(guest.page, 'in-call');
    await picture(guest.page);
    expect(await id(guest.page, 'leave-menu').count(), 'a guest cannot end the meeting').toBe(0);
  });

  await test.step('people and who talks', async () => {
    await id(host.page, 'participants-toggle').click();
    await expect(id(host.page, 'participant')).toHaveCount(2);
    await expect(id(host.page, 'participants')).toContainText('Gwen');
    await expect(
      host.page.locator('[data-testid="participant"][data-talking="true"]', { hasText: 'Gwen' })
    ).toBeVisible();
  });

  await test.step('the M key silences the microphone', async () => {
    await guest.page.keyboard.press('m');
    await expect(id(guest.page, 'mic')).toHaveAttribute('aria-pressed', 'false');
    await expect(
      host.page.locator('[data-testid="participant"][data-talking="false"]', { hasText: 'Gwen' })
    ).toBeVisible();
    await guest.page.keyboard.press('m');
    await expect(
      host.page.locator('[data-testid="participant"][data-talking="true"]', { hasText: 'Gwen' })
    ).toBeVisible();
  });

  await test.step('the V key stops the camera', async () => {
    const mark = host.sepp.mark();
    await guest.page.keyboard.press('v');
    await host.received('source_update', d => d.vsrc.length === 1, mark);
    await expect(id(guest.page, 'camera')).not.toHaveAttribute('aria-busy');
    const again = host.sepp.mark();
    await guest.page.keyboard.press('v');
    await host.received('source_update', d => d.vsrc.length === 2, again);
    await expect(id(guest.page, 'camera')).toHaveAttribute('aria-pressed', 'true');
  });

  await test.step('chat, opened with the C key', async () => {
    await host.page.keyboard.press('c');
    await id(host.page, 'chat-input').fill('hello <i>Gwen</i>');
    await host.page.keyboard.press('Enter');
    await expect(id(guest.page, 'chat-toggle')).toContainText('1');
    await id(guest.page, 'chat-toggle').click();
    await expect(id(guest.page, 'chat-log')).toContainText('hello <i>Gwen</i>');
    await id(guest.page, 'chat-input').fill('hello host');
    await guest.page.keyboard.press('Enter');
    await expect(id(host.page, 'chat-log')).toContainText('hello host');
  });

  await test.step('screen share with the D key', async () => {
    await host.page.keyboard.press('Escape');
    await id(host.page, 'share').focus();
    const mark = guest.sepp.mark();
    await host.page.keyboard.press('d');
    await expect(id(host.page, 'share')).toHaveAttribute('aria-pressed', 'true');
    await guest.received('source_update', d => d.psrc >= 0, mark);
    const end = guest.sepp.mark();
    await id(host.page, 'share').click();
    await expect(id(host.page, 'share')).toHaveAttribute('aria-pressed', 'false');
    await guest.received('source_update', d => d.psrc === undefined || d.psrc < 0, end);
    await expect(id(host.page, 'camera')).not.toHaveAttribute('aria-busy');
  });

  await test.step('the guest leaves and rejoins', async () => {
    await id(guest.page, 'leave').click();
    await state(guest.page, 'ended');
    await expect(id(host.page, 'participants-toggle')).toContainText('1');
    await id(guest.page, 'rejoin').click();
    await state(guest.page, 'in-call');
    await picture(guest.page);
    await expect(id(host.page, 'participants-toggle')).toContainText('2');
  });

  await test.step('the host ends it for all', async () => {
    await id(host.page, 'leave-menu').click();
    await id(host.page, 'end').click();
    await id(host.page, 'end-confirm').click();
    await state(host.page, 'ended');
    await state(guest.page, 'ended');
    expect((await server.rest('GET', `/rooms/${document.access_key}`)).status).toBe(410);
    await guest.page.goto(document.links.gui);
    await state(guest.page, 'error');
    await expect(guest.page.getByRole('heading', { name: /has ended/ })).toBeVisible();
  });
});

/** Everything that can be operated has a name that a screen reader can say, and nothing is wider than the screen. */
async function fits(page: Page, where: string): Promise<void> {
  const outline = await page.locator('body').ariaSnapshot();
  const nameless = outline.match(
    /^ *- (button|link|textbox|combobox|checkbox|radio|slider|switch|menuitem|tab)(?! ").*$/gm
  );
  expect.soft(nameless ?? [], `${where}: without a name`).toEqual([]);
  expect.soft(outline, `${where}: something can be operated`).toMatch(/- button "/);
  const [wide, screen] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
  expect.soft(wide, `${where}: no sideways scrolling`).toBeLessThanOrEqual(screen!);
}

async function tabTo(page: Page, name: string): Promise<void> {
  const focused = () =>
    page.evaluate(() => {
      const at = document.activeElement;
      return at?.matches(':focus-visible') ? at.getAttribute('data-testid') : null;
    });
  for (let presses = 0; presses < 30; presses++) {
    if ((await focused()) === name) return;
    await page.keyboard.press('Tab');
  }
  throw new Error(`the Tab key never reaches ${name}, or one does not see it`);
}

test('by keyboard alone, with names for a screen reader, on a phone', async ({ server, visitor }) => {
  const document = await server.enter({ id: 'daily', name: 'Daily', user: { id: 'host', name: 'Hanna' } });
  const { page } = await visitor('ann');
  await page.setViewportSize({ width: 360, height: 640 });
  await page.goto(document.links.guest_join);
  await expect(id(page, 'join')).toBeVisible();
  await fits(page, 'before joining');
  await tabTo(page, 'name');
  await page.keyboard.type('Gwen');
  await tabTo(page, 'join');
  await page.keyboard.press('Enter');
  await state(page, 'in-call');
  await picture(page);
  await fits(page, 'in the call');

  await tabTo(page, 'mic');
  await expect(id(page, 'mic')).toHaveAttribute('aria-pressed', 'true');
  await page.keyboard.press('Space');
  await expect(id(page, 'mic')).toHaveAttribute('aria-pressed', 'false');
  await tabTo(page, 'chat-toggle');
  await page.keyboard.press('Enter');
  await tabTo(page, 'chat-input');
  await page.keyboard.type('typed');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('log')).toContainText('typed');
  await fits(page, 'with the chat');
  await page.keyboard.press('Escape');
  await expect(id(page, 'chat-input')).toBeHidden();
  await tabTo(page, 'leave');
  await page.keyboard.press('Enter');
  await state(page, 'ended');
  await fits(page, 'after the call');
});

test('both websockets are cut: the page says so and comes back', async ({ server, visitor, wire }) => {
  const document = await server.enter({ id: 'daily', user: { id: 'host', name: 'Hanna' } });
  const host = await visitor('ann');
  await come(host, `${wire.url}/?${document.access_key}`);
  const mark = host.sepp.mark();
  expect(wire.cut('/rt')).toBe(1);
  await state(host.page, 'reconnecting');
  expect(wire.cut('/call')).toBe(1);
  await host.received('call_resumed', () => true, mark);
  await expect(host.page.locator('body[data-state="in-call"]')).toBeAttached({ timeout: 30_000 });
});

test('static files: hashed ones are kept, nothing else is reachable', async ({ server }) => {
  const index = await fetch(`${server.url}/`);
  const script = /src="\.?\/?(assets\/[^"]+\.js)"/.exec(await index.text())?.[1];
  const asset = await fetch(`${server.url}/${script}`);
  expect(asset.headers.get('cache-control')).toContain('immutable');
  expect(asset.headers.get('content-type')).toContain('javascript');
  // The path of hosts' links is the API's, too: a browser gets the page, a program without a key the API's answer.
  const permalink = async (accept: string) => (await fetch(`${server.url}/permalink`, { headers: { accept } })).status;
  expect(await permalink('text/html,application/xhtml+xml;q=0.9')).toBe(200);
  expect(await permalink('*/*')).toBe(401);
  for (const path of [
    '/assets/',
    '/..%2f..%2fpackage.json',
    '/assets/..%2f..%2f..%2fpackage.json',
    '/nothing',
    '/metrics'
  ])
    expect((await fetch(server.url + path)).status, path).toBe(404);
  const admin = await server.metrics();
  expect(admin).toContain('plenum_rooms_open');
});

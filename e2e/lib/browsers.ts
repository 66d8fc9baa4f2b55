// One Chromium process per participant (its camera and microphone are files of that process), started when first
// needed and kept for all tests of the run; every test gets a fresh context in it.
import { type Browser, chromium } from '@playwright/test';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Clip, looks, makeMedia, type Who } from './media';

export function chromiumFlags(media: { video: string; audio: string }): string[] {
  return [
    '--headless',
    '--no-sandbox',
    '--disable-gpu',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
    '--disable-background-timer-throttling',
    '--disable-backgrounding-occluded-windows',
    '--disable-renderer-backgrounding',
    '--autoplay-policy=no-user-gesture-required',
    '--auto-select-desktop-capture-source=Entire screen',
    '--allow-loopback-in-peer-connection',
    '--use-fake-ui-for-media-stream',
    '--use-fake-device-for-media-stream',
    `--use-file-for-fake-video-capture=${media.video}`,
    `--use-file-for-fake-audio-capture=${media.audio}`
  ];
}

export class Browsers {
  private readonly directory = mkdtempSync(join(tmpdir(), 'plenum-media-'));
  private readonly open = new Map<Who, Promise<Browser>>();

  constructor(private readonly clip?: Clip) {}

  of(who: Who): Promise<Browser> {
    const known = this.open.get(who);
    if (known) return known;
    const media = makeMedia(this.directory, looks[who], this.clip);
    const browser = chromium.launch({
      executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
      args: chromiumFlags(media)
    });
    this.open.set(who, browser);
    return browser;
  }

  async close(): Promise<void> {
    for (const browser of this.open.values()) await (await browser).close();
    rmSync(this.directory, { recursive: true, force: true });
  }
}

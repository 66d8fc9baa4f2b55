// Real clients against a real server: one test at a time, because a test takes the whole machine. No retries:
// a test that passes at the second attempt has found a race.
import { defineConfig } from '@playwright/test';
import { patience } from './lib/patience';

export default defineConfig({
  projects: [
    { name: 'control', testDir: 'control' }, // programs without browsers
    { name: 'browsers', testDir: 'tests' }
  ],
  workers: 1,
  retries: 0,
  fullyParallel: false,
  forbidOnly: true,
  timeout: 60_000 * patience,
  expect: { timeout: 15_000 * patience },
  reporter: [['list'], ['./lib/numbers.ts']],
  outputDir: 'test-results'
});

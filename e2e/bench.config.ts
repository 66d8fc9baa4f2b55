// What a meeting costs: ./dev bench. Not part of the tests; numbers depend on the machine.
import { defineConfig } from '@playwright/test';

export default defineConfig({
  testDir: 'bench',
  workers: 1,
  retries: 0,
  timeout: 300_000,
  expect: { timeout: 15_000 },
  reporter: [['list']],
  outputDir: 'test-results/bench'
});

import { expect } from '@playwright/test';

/** Polls until `check` holds. For facts that have no event: pixels, levels, counters. */
export function eventually(
  what: string,
  check: () => Promise<boolean> | boolean,
  timeout?: number
): Promise<void> {
  return expect
    .poll(check, { message: what, intervals: [100], ...(timeout === undefined ? {} : { timeout }) })
    .toBe(true);
}

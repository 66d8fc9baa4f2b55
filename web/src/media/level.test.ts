import { expect, it } from 'vitest';
import { meterPosition } from './level';

it('maps loudness to the meter', () => {
  expect(meterPosition(0)).toBe(0);
  expect(meterPosition(0.0001)).toBe(0);
  expect(meterPosition(1)).toBe(1);
  expect(meterPosition(0.03)).toBeGreaterThan(0.5);
  expect(meterPosition(0.03)).toBeLessThan(meterPosition(0.1));
});

// A reporter that prints what the tests measured: join times, levels, offsets.
import type { Reporter, TestCase } from '@playwright/test/reporter';

export default class Numbers implements Reporter {
  onTestEnd(test: TestCase): void {
    for (const result of test.results)
      for (const { type, description } of result.annotations)
        if (description) console.log(`     ${type}: ${description}`);
  }
  printsToStdio(): boolean {
    return false;
  }
}

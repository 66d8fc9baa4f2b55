// What somebody said, in order, and waiting for what they say next. The tests wait for events, never for time.
import { soon } from './patience';

export interface Waiting {
  /** Only entries after this mark count. */
  after?: number;
  timeout?: number;
}

export class Journal<T> {
  private readonly entries: T[] = [];
  private readonly listeners = new Set<() => void>();

  constructor(private readonly name: string) {}

  add(entry: T): void {
    this.entries.push(entry);
    for (const listener of [...this.listeners]) listener();
  }

  /** The place after the newest entry. */
  mark(): number {
    return this.entries.length;
  }

  all(after = 0): T[] {
    return this.entries.slice(after);
  }

  filter(match: (entry: T) => boolean, after = 0): T[] {
    return this.all(after).filter(match);
  }

  last(match: (entry: T) => boolean = () => true): T | undefined {
    return this.filter(match).at(-1);
  }

  /** The first entry that matches, also if it is there already. */
  until(what: string, match: (entry: T) => boolean, waiting: Waiting = {}): Promise<T> {
    const { after = 0, timeout = soon } = waiting;
    const find = () => this.entries.find((entry, at) => at >= after && match(entry));
    return new Promise<T>((resolve, reject) => {
      const listener = () => {
        const found = find();
        if (found !== undefined) finish(() => resolve(found));
      };
      const timer = setTimeout(
        () =>
          finish(() =>
            reject(new Error(`${this.name}: never "${what}" within ${timeout} ms\n${this.tail()}`))
          ),
        timeout
      );
      const finish = (settle: () => void) => {
        clearTimeout(timer);
        this.listeners.delete(listener);
        settle();
      };
      this.listeners.add(listener);
      listener();
    });
  }

  private tail(): string {
    return this.entries
      .slice(-25)
      .map(entry => `  ${JSON.stringify(entry).slice(0, 400)}`)
      .join('\n');
  }
}

// A second network on this machine: a network namespace, joined to ours by a pair of virtual Ethernet devices.
// Firefox does not use the loopback address for ICE, so it has to be somewhere else than the server.
import { execFileSync } from 'node:child_process';

const ip = (...words: string[]) => execFileSync('ip', words, { stdio: ['ignore', 'ignore', 'pipe'] });

export class Lane {
  readonly name = `plenum-${process.pid}`;
  /** Our end, where the server listens. */
  readonly near: string;
  readonly far: string;
  private readonly device = `pl${process.pid}`;

  private constructor() {
    const net = `10.77.${process.pid % 250}`;
    this.near = `${net}.1`;
    this.far = `${net}.2`;
  }

  static open(): Lane {
    if (process.getuid?.() !== 0)
      throw new Error(
        'The Firefox test makes a network namespace and needs root for that. Run ./dev e2e as root, or leave this ' +
          'test out knowingly: ./dev e2e --grep-invert Firefox'
      );
    const lane = new Lane();
    const { name, near, far, device } = lane;
    ip('netns', 'add', name);
    ip('link', 'add', `${device}a`, 'type', 'veth', 'peer', 'name', `${device}b`, 'netns', name);
    ip('addr', 'add', `${near}/24`, 'dev', `${device}a`);
    ip('link', 'set', `${device}a`, 'up');
    ip('-n', name, 'addr', 'add', `${far}/24`, 'dev', `${device}b`);
    ip('-n', name, 'link', 'set', `${device}b`, 'up');
    ip('-n', name, 'link', 'set', 'lo', 'up');
    // Firefox offers only addresses that lead somewhere.
    ip('-n', name, 'route', 'add', 'default', 'via', near);
    return lane;
  }

  /** The command line that runs another one over there. */
  command(...words: string[]): string[] {
    return ['ip', 'netns', 'exec', this.name, ...words];
  }

  close(): void {
    ip('link', 'del', `${this.device}a`);
    ip('netns', 'del', this.name);
  }
}

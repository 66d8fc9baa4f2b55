// How long somebody saw and heard nothing after something was broken, and that nobody was told of it.
import type { Pulse } from '../page/probe';
import { eventually } from './eventually';
import type { Person } from './person';

/** What watches picture and sound: a person in Chromium or in Firefox. */
export interface Watching {
  readonly look: { name: string };
  pulse(since: number): Promise<Pulse>;
}

/** In ms. */
export interface Outage {
  /** From the fault to the picture after the longest time without one. */
  picture: number;
  /** How much sound is missing. */
  sound: number;
}

const packet = 20; // ms of sound
// What was on its way when a process ended still arrives; nothing that its successor sends can be there so early.
const underWay = 20;

/** Resolves when everybody has seen and heard for a while again. */
export async function outages(people: Watching[], fault: number, timeout?: number): Promise<Outage[]> {
  return Promise.all(
    people.map(async person => {
      let pulse: Pulse = { pictures: [], sounds: [] };
      await eventually(
        `${person.look.name} sees and hears again`,
        async () => {
          pulse = await person.pulse(fault + underWay);
          return pulse.pictures.length > 20 && packets(pulse) > 50;
        },
        timeout
      ).catch(error => {
        const got = `${pulse.pictures.length} pictures, ${packets(pulse)} packets of sound`;
        throw new Error(`${String(error)}\n${got}`);
      });
      return { picture: back(pulse.pictures, fault), sound: missing(pulse, fault) };
    })
  );
}

function packets({ sounds }: Pulse): number {
  return sounds.length ? sounds.at(-1)!.packets - sounds[0]!.packets : 0;
}

/** Longest time without a picture since then. */
export function longestGap({ pictures }: Pulse): number {
  return Math.max(0, ...pictures.slice(1).map((at, i) => at - pictures[i]!));
}

// One picture does not help when the next one stays away.
function back(times: number[], fault: number): number {
  let [longest, end, before] = [0, fault, fault];
  for (const at of times) {
    if (at - before > longest) [longest, end] = [at - before, at];
    before = at;
  }
  return Math.round(end - fault);
}

function missing(pulse: Pulse, fault: number): number {
  return Math.max(0, Math.round(pulse.sounds.at(-1)!.at - fault - packet * packets(pulse)));
}

export function percentile(values: number[], part: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(part * sorted.length) - 1)] ?? 0;
}

/** Everything that a page was told since `begin`, in short words, but for who talks. */
export class Told {
  private readonly events: number;
  private readonly sepp: number;
  private readonly cable: number;
  private readonly sources: string;

  constructor(private readonly person: Person) {
    this.events = person.events.mark();
    this.sepp = person.sepp.mark();
    this.cable = person.cable.mark();
    this.sources = JSON.stringify(person.sources());
  }

  /** Nothing of this may happen because a process was replaced, but for a new offer when there must be one. */
  unwelcome(offered: boolean): string[] {
    const { person } = this;
    const welcome = ['voice_activity', 'probe_picture', 'stats'];
    if (offered) welcome.push('sdp_update', 'remote_description_update', 'stream_update');
    const events = person.events
      .filter(e => !welcome.includes(String(e.type)), this.events)
      .map(e => `event ${e.type}`);
    const signaling = person.sepp
      .filter(s => !welcome.includes(String(s.frame.type)), this.sepp)
      .map(s => `${s.way} ${s.frame.type}`);
    const cable = person.cable
      .filter(s => s.frame.type !== 'ping', this.cable)
      .map(s => `cable ${s.way} ${JSON.stringify(s.frame)}`);
    const moved = JSON.stringify(person.sources()) === this.sources ? [] : ['other places in the picture'];
    return [...events, ...signaling, ...cable, ...moved].map(text => `${person.look.name}: ${text}`);
  }
}

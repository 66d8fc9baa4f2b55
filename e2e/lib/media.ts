// Cameras and microphones as files: a colour with a moving marker, and a tone, so that every participant can be
// recognised in what the others receive. Chromium plays both in a loop.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export type Rgb = readonly [number, number, number];

export interface Look {
  name: string;
  colour: Rgb;
  /** Hz; no tone is a harmonic, sum or difference of the others. */
  tone: number;
}

export const looks = {
  ann: { name: 'Ann', colour: [200, 40, 40], tone: 620 },
  bob: { name: 'Bob', colour: [40, 160, 60], tone: 980 },
  cid: { name: 'Cid', colour: [50, 80, 210], tone: 1540 }
} as const satisfies Record<string, Look>;

export type Who = keyof typeof looks;
export const everybody = Object.keys(looks) as Who[];

/** Part of the picture's height where the marker moves from left to right. */
export const markerBand = { top: 0.25, bottom: 0.35 };

export interface Clip {
  width: number;
  height: number;
  fps: number;
  /** A busy background instead of a plain one: what an encoder finds in a real room. */
  busy?: boolean;
}

const small: Clip = { width: 320, height: 240, fps: 15 };
const seconds = 2;
const sampleRate = 48_000;
const amplitude = 0.25; // of full scale

export function makeMedia(
  directory: string,
  look: Look,
  clip: Clip = small
): { video: string; audio: string } {
  mkdirSync(directory, { recursive: true });
  const video = join(directory, `${look.name}.y4m`);
  const audio = join(directory, `${look.name}.wav`);
  writeFileSync(video, y4m(look.colour, clip));
  writeFileSync(audio, wav(look.tone));
  return { video, audio };
}

/** BT.601, limited range: what browsers take camera pictures for. */
function toYuv([r, g, b]: Rgb): Rgb {
  return [
    Math.round(16 + 0.257 * r + 0.504 * g + 0.098 * b),
    Math.round(128 - 0.148 * r - 0.291 * g + 0.439 * b),
    Math.round(128 + 0.439 * r - 0.368 * g - 0.071 * b)
  ];
}

function y4m(colour: Rgb, { width, height, fps, busy }: Clip): Buffer {
  const [y, u, v] = toYuv(colour);
  const frames = fps * seconds;
  const parts = [Buffer.from(`YUV4MPEG2 W${width} H${height} F${fps}:1 Ip A1:1 C420jpeg\n`)];
  const top = Math.round(markerBand.top * height);
  const bottom = Math.round(markerBand.bottom * height);
  const side = Math.round(width / 8);
  for (let frame = 0; frame < frames; frame++) {
    const luma = Buffer.alloc(width * height, y);
    if (busy) scribble(luma, width, height, y, frame);
    const left = Math.round((frame / frames) * (width - side));
    const planes = [luma, ...[u, v].map(value => Buffer.alloc((width / 2) * (height / 2), value))];
    planes.forEach((plane, i) => paint(plane, i ? 128 : 235, i ? 2 : 1, { width, top, bottom, left, side }));
    parts.push(Buffer.from('FRAME\n'), ...planes);
  }
  return Buffer.concat(parts);
}

function paint(
  plane: Buffer,
  value: number,
  scale: number,
  at: Record<'width' | 'top' | 'bottom' | 'left' | 'side', number>
): void {
  const of = (n: number) => Math.round(n / scale);
  for (let row = of(at.top); row < of(at.bottom); row++) {
    const begin = row * of(at.width) + of(at.left);
    plane.fill(value, begin, begin + of(at.side));
  }
}

function scribble(luma: Buffer, width: number, height: number, y: number, frame: number): void {
  for (let row = 0; row < height; row++)
    for (let column = 0; column < width; column++)
      luma[row * width + column] =
        y +
        12 * Math.sin((column + 3 * frame) / 9) +
        12 * Math.sin((row - 2 * frame) / 13) +
        Math.random() * 6;
}

/** Mono, 16 bits, whole periods, so that the loop has no seam. */
function wav(tone: number): Buffer {
  const samples = sampleRate * seconds;
  const out = Buffer.alloc(44 + samples * 2);
  out.write('RIFF', 0);
  out.writeUInt32LE(36 + samples * 2, 4);
  out.write('WAVEfmt ', 8);
  out.writeUInt32LE(16, 16);
  out.writeUInt16LE(1, 20);
  out.writeUInt16LE(1, 22);
  out.writeUInt32LE(sampleRate, 24);
  out.writeUInt32LE(sampleRate * 2, 28);
  out.writeUInt16LE(2, 32);
  out.writeUInt16LE(16, 34);
  out.write('data', 36);
  out.writeUInt32LE(samples * 2, 40);
  for (let i = 0; i < samples; i++)
    out.writeInt16LE(
      Math.round(amplitude * 32767 * Math.sin((2 * Math.PI * tone * i) / sampleRate)),
      44 + 2 * i
    );
  return out;
}

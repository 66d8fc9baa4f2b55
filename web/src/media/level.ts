// How loud a microphone is, 0…1, about twenty times a second.
const intervalMs = 50;
const floorDb = -60;

/** Amplitude (RMS, 0…1) → position on the meter. Speech sits in the upper half. */
export function meterPosition(rms: number): number {
  if (rms <= 0) return 0;
  const db = 20 * Math.log10(rms);
  return Math.min(1, Math.max(0, (db - floorDb) / (-12 - floorDb)));
}

/** Returns the function that stops it. */
export function watchLevel(stream: MediaStream, onLevel: (position: number) => void): () => void {
  if (stream.getAudioTracks().length === 0 || typeof AudioContext === 'undefined') return () => undefined;
  const context = new AudioContext();
  const analyser = new AnalyserNode(context, { fftSize: 1024 });
  context.createMediaStreamSource(stream).connect(analyser);
  const samples = new Float32Array(analyser.fftSize);
  let shown = 0;
  const timer = setInterval(() => {
    analyser.getFloatTimeDomainData(samples);
    let sum = 0;
    for (const s of samples) sum += s * s;
    const now = meterPosition(Math.sqrt(sum / samples.length));
    shown = Math.max(now, shown - 0.06); // fast up, slow down, as meters do
    onLevel(shown);
  }, intervalMs);
  // Browsers keep a context asleep until the person does something on the page.
  const wake = () => void context.resume();
  const wakers = ['pointerdown', 'keydown'] as const;
  wakers.forEach(type => addEventListener(type, wake));
  return () => {
    clearInterval(timer);
    wakers.forEach(type => removeEventListener(type, wake));
    void context.close();
  };
}

// Audio worklet: tells the context time (s) at which a sound begins after at least 0.3 s of silence.
class Onset extends AudioWorkletProcessor {
  quiet = 0;

  process([input]) {
    const samples = input[0];
    if (!samples) {
      this.quiet += 128;
      return true;
    }
    for (let i = 0; i < samples.length; i++) {
      if (Math.abs(samples[i]) < 0.02) {
        this.quiet++;
        continue;
      }
      if (this.quiet > 0.3 * sampleRate) this.port.postMessage((currentFrame + i) / sampleRate);
      this.quiet = 0;
    }
    return true;
  }
}
registerProcessor('onset', Onset);

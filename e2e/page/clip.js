// A clip whose sound and picture can be compared: each second a white flash and a beep at the same instant.
(() => {
  const period = 1; // s
  const length = 0.12; // s
  let own = null;

  /** The clock of both is the audio context's. */
  function make() {
    const context = new AudioContext({ sampleRate: 48000, latencyHint: 'interactive' });
    const out = context.createMediaStreamDestination();
    const gain = new GainNode(context, { gain: 0 });
    const tone = new OscillatorNode(context, { frequency: 1000 });
    tone.connect(gain).connect(out);
    // Also towards the speaker, inaudibly: a context without output may run unevenly.
    gain.connect(new GainNode(context, { gain: 0 })).connect(context.destination);
    tone.start();

    const canvas = Object.assign(document.createElement('canvas'), { width: 640, height: 480 });
    const pen = canvas.getContext('2d');
    let planned = 1;
    let frame = 0;
    setInterval(() => {
      const now = context.currentTime;
      for (; planned < now + 2; planned += period) {
        gain.gain.setValueAtTime(0.5, planned);
        gain.gain.setValueAtTime(0, planned + length);
      }
      pen.fillStyle = now >= 1 && now % period < length ? 'white' : 'black';
      pen.fillRect(0, 0, 640, 480);
      pen.fillStyle = 'gray';
      pen.fillRect(frame++ % 600, 0, 20, 20); // something always moves
    }, 10);
    own = canvas.captureStream(30);
    out.stream.getAudioTracks().forEach(track => own.addTrack(track));
    return own;
  }

  /** Each flash with the nearest beep; positive: the flash is late. */
  function offsets(seen, heard) {
    return seen
      .map(at => heard.map(beep => at - beep).sort((a, b) => Math.abs(a) - Math.abs(b))[0])
      .filter(offset => offset !== undefined && Math.abs(offset) < (period * 1000) / 2)
      .map(Math.round);
  }

  function watch(which, area, count) {
    const stream = which === 'own' ? own : document.getElementById('remote').srcObject;
    const readable = track => new MediaStreamTrackProcessor({ track: track.clone() }).readable;
    const pictures = readable(stream.getVideoTracks()[0]);
    const sound = readable(stream.getAudioTracks()[0]);
    const worker = new Worker('/watcher.js');
    const [seen, heard] = [[], []];
    return new Promise((resolve, reject) => {
      worker.onerror = event => reject(new Error(event.message));
      worker.onmessage = ({ data }) => {
        if (data.failed) reject(new Error(data.failed));
        if (data.seen) seen.push(data.seen);
        if (data.heard) heard.push(data.heard);
        if (seen.length <= count || heard.length <= count) return;
        worker.terminate();
        resolve(offsets(seen, heard));
      };
      worker.postMessage({ pictures, sound, area }, [pictures, sound]);
    });
  }

  /** What the browser believes: how far the picture that it shows is behind its sound, ms; null before it knows. */
  async function belief() {
    const inbound = [...(await window.probe.peer().getStats()).values()].filter(
      s => s.type === 'inbound-rtp'
    );
    const at = kind => inbound.find(s => s.kind === kind)?.estimatedPlayoutTimestamp ?? NaN;
    const behind = Math.round(at('audio') - at('video'));
    return Number.isNaN(behind) ? null : behind;
  }

  window.clip = { stream: () => own ?? make(), watch, belief };
})();

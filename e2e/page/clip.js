// A clip whose sound and picture can be compared: each second a white flash and a beep at the same instant.
(() => {
  const period = 1; // s
  const length = 0.12; // s
  const flashes = 0.5; // brightness that counts as a flash

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
    const timer = setInterval(() => {
      const now = context.currentTime;
      for (; planned < now + 2; planned += period) {
        gain.gain.setValueAtTime(0.5, planned);
        gain.gain.setValueAtTime(0, planned + length);
      }
      const bright = now >= 1 && now % period < length;
      pen.fillStyle = bright ? 'white' : 'black';
      pen.fillRect(0, 0, 640, 480);
      pen.fillStyle = 'gray';
      pen.fillRect(frame++ % 600, 0, 20, 20); // something always moves
    }, 10);
    const stream = canvas.captureStream(30);
    out.stream.getAudioTracks().forEach(track => stream.addTrack(track));
    stream.stop = () => {
      clearInterval(timer);
      void context.close();
    };
    return stream;
  }

  function beeps(stream, heard) {
    const context = new AudioContext({ sampleRate: 48000, latencyHint: 'interactive' });
    context.audioWorklet.addModule('/onset.js').then(() => {
      const onset = new AudioWorkletNode(context, 'onset');
      onset.port.onmessage = ({ data }) => {
        const { contextTime, performanceTime } = context.getOutputTimestamp();
        heard.push(performanceTime + (data - contextTime) * 1000);
      };
      context.createMediaStreamSource(stream).connect(onset).connect(context.destination);
    });
    return () => context.close();
  }

  function sights(video, area, seen) {
    const canvas = Object.assign(document.createElement('canvas'), { width: 8, height: 8 });
    const pen = canvas.getContext('2d', { willReadFrequently: true });
    let bright = true;
    let over = false;
    const look = (_, meta) => {
      if (over) return;
      pen.drawImage(video, area.x, area.y, area.w, area.h, 0, 0, 8, 8);
      const { data } = pen.getImageData(0, 0, 8, 8);
      let sum = 0;
      for (let i = 0; i < data.length; i += 4) sum += data[i];
      const now = sum / 64 / 255 > flashes;
      if (now && !bright) seen.push(meta.expectedDisplayTime);
      bright = now;
      video.requestVideoFrameCallback(look);
    };
    video.requestVideoFrameCallback(look);
    return () => (over = true);
  }

  /** Each flash with the nearest beep. */
  function offsets(seen, heard) {
    return seen
      .map(at => heard.map(beep => at - beep).sort((a, b) => Math.abs(a) - Math.abs(b))[0])
      .filter(offset => offset !== undefined && Math.abs(offset) < (period * 1000) / 2);
  }

  async function compare(video, area, count) {
    const seen = [];
    const heard = [];
    const stops = [beeps(video.srcObject, heard), sights(video, area, seen)];
    await new Promise(done => {
      const timer = setInterval(() => {
        if (seen.length > count && heard.length > count) done(clearInterval(timer));
      }, 50);
    });
    stops.forEach(stop => void stop());
    return offsets(seen, heard).map(Math.round);
  }

  async function reference(count) {
    const [from, to] = [new RTCPeerConnection(), new RTCPeerConnection()];
    from.onicecandidate = ({ candidate }) => candidate && to.addIceCandidate(candidate);
    to.onicecandidate = ({ candidate }) => candidate && from.addIceCandidate(candidate);
    const clip = make();
    clip.getTracks().forEach(track => from.addTrack(track, clip));
    const video = Object.assign(document.createElement('video'), { autoplay: true, width: 320 });
    document.body.append(video);
    to.ontrack = ({ streams }) => (video.srcObject = streams[0]);
    await from.setLocalDescription();
    await to.setRemoteDescription(from.localDescription);
    await to.setLocalDescription();
    await from.setRemoteDescription(to.localDescription);
    await new Promise(done => video.addEventListener('resize', done, { once: true }));
    const out = await compare(video, { x: 310, y: 230, w: 20, h: 20 }, count);
    [from, to].forEach(peer => peer.close());
    clip.stop();
    video.remove();
    return out;
  }

  window.clip = {
    make,
    watch: (area, count) => compare(document.getElementById('remote'), area, count),
    reference
  };
})();

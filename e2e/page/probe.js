// Runs in the page, before the library: listens to what it does and measures what it receives. The library itself
// stays as it was published. `note` is given by the test (an exposed binding); see lib/person.ts.
(() => {
  const peers = [];
  const state = { remote: null, screen: null, tcpOnly: false, videoCodec: '' };

  // Echo cancellation and noise suppression would take a steady tone for noise and remove it.
  const devices = navigator.mediaDevices;
  const open = devices.getUserMedia.bind(devices);
  devices.getUserMedia = wish => {
    const raw = { echoCancellation: false, noiseSuppression: false, autoGainControl: false };
    const audio = wish.audio ? { ...(wish.audio === true ? {} : wish.audio), ...raw } : wish.audio;
    return open({ ...wish, audio });
  };

  const { createDataChannel, createOffer, setRemoteDescription } = RTCPeerConnection.prototype;
  RTCPeerConnection.prototype.createDataChannel = function (...args) {
    const channel = createDataChannel.apply(this, args);
    peers.push(this);
    channel.addEventListener('open', () => window.note('data', { way: 'open', text: '' }));
    channel.addEventListener('message', event =>
      window.note('data', { way: 'in', text: String(event.data) })
    );
    const send = channel.send;
    channel.send = text => {
      window.note('data', { way: 'out', text: String(text) });
      send.call(channel, text);
    };
    return channel;
  };
  // A browser that knows one video codec only, as senders that are no browsers do.
  RTCPeerConnection.prototype.createOffer = function (...args) {
    for (const transceiver of this.getTransceivers()) {
      if (!state.videoCodec || transceiver.receiver.track.kind !== 'video') continue;
      const known = RTCRtpReceiver.getCapabilities('video').codecs;
      transceiver.setCodecPreferences(
        known.filter(codec => [state.videoCodec, 'video/rtx'].includes(codec.mimeType))
      );
    }
    return createOffer.apply(this, args);
  };
  RTCPeerConnection.prototype.setRemoteDescription = function (description, ...rest) {
    const sdp = state.tcpOnly
      ? description.sdp.replace(/^a=candidate:\S+ \d+ udp .*\r\n/gim, '')
      : description.sdp;
    return setRemoteDescription.call(this, { type: description.type, sdp }, ...rest);
  };

  /** Only what survives JSON; a stream becomes its id. */
  function plain(event) {
    const streams = (key, value) => {
      if (value instanceof MediaStream)
        return { stream: value.id, tracks: value.getTracks().map(t => t.kind) };
      if (value instanceof MediaStreamTrack) return { track: value.kind };
      return typeof value === 'object' && value !== null && !Array.isArray(value) && !isPlain(value)
        ? undefined
        : value;
    };
    return JSON.parse(JSON.stringify(event, streams));
  }
  function isPlain(value) {
    return [Object.prototype, null].includes(Object.getPrototypeOf(value));
  }

  const video = () => document.getElementById('remote');
  const paper = document.createElement('canvas');

  function picture() {
    const from = video();
    if (!from.videoWidth) return null;
    paper.width = from.videoWidth;
    paper.height = from.videoHeight;
    const pen = paper.getContext('2d', { willReadFrequently: true });
    pen.drawImage(from, 0, 0);
    return pen;
  }

  /** Mean colour and contrast (largest minus smallest brightness) of a rectangle of the received picture. */
  function patch(pen, { x, y, w, h }) {
    const { data } = pen.getImageData(
      Math.round(x),
      Math.round(y),
      Math.max(1, Math.round(w)),
      Math.max(1, Math.round(h))
    );
    const sum = [0, 0, 0];
    let darkest = 255;
    let brightest = 0;
    for (let i = 0; i < data.length; i += 4) {
      for (let c = 0; c < 3; c++) sum[c] += data[i + c];
      const luma = 0.299 * data[i] + 0.587 * data[i + 1] + 0.114 * data[i + 2];
      darkest = Math.min(darkest, luma);
      brightest = Math.max(brightest, luma);
    }
    return {
      mean: sum.map(s => Math.round((s * 4) / data.length)),
      contrast: Math.round(brightest - darkest)
    };
  }

  let ear = null;
  async function listen() {
    if (ear && ear.stream === state.remote) return ear;
    if (ear) await ear.context.close();
    const context = new AudioContext();
    const analyser = new AnalyserNode(context, {
      fftSize: 16384,
      smoothingTimeConstant: 0,
      minDecibels: -150
    });
    context.createMediaStreamSource(state.remote).connect(analyser);
    ear = { stream: state.remote, context, analyser };
    return ear;
  }

  async function stats() {
    const pc = peers.at(-1);
    const all = [...(await pc.getStats()).values()];
    const of = (type, kind) => all.find(s => s.type === type && (!kind || s.kind === kind)) ?? {};
    const pair = all.find(
      s => s.type === 'candidate-pair' && s.id === of('transport').selectedCandidatePairId
    );
    const local = all.find(s => s.id === pair?.localCandidateId);
    return {
      videoIn: of('inbound-rtp', 'video'),
      audioIn: of('inbound-rtp', 'audio'),
      videoOut: of('outbound-rtp', 'video'),
      audioOut: of('outbound-rtp', 'audio'),
      codecIn: all.find(s => s.id === of('inbound-rtp', 'video').codecId)?.mimeType,
      codecOut: all.find(s => s.id === of('outbound-rtp', 'video').codecId)?.mimeType,
      protocol: local?.protocol,
      srtp: of('transport').srtpCipher
    };
  }

  /** Stands in for a screen: one colour with something that moves. */
  function screen(colour) {
    const canvas = Object.assign(document.createElement('canvas'), { width: 1280, height: 720 });
    const pen = canvas.getContext('2d');
    let at = 0;
    setInterval(() => {
      pen.fillStyle = colour;
      pen.fillRect(0, 0, 1280, 720);
      pen.fillStyle = 'white';
      pen.fillRect((at += 8) % 1200, 40, 60, 40);
    }, 100);
    return canvas.captureStream(10);
  }

  window.probe = {
    state,
    get client() {
      return window.eyeson.default;
    },
    listenTo(client) {
      client.onEvent(event => {
        if (event.type === 'accept') state.remote = event.remoteStream;
        if (event.type === 'stream_update' && event.stream) state.remote = event.stream;
        if (state.remote && video().srcObject !== state.remote) video().srcObject = state.remote;
        window.note('event', { at: performance.now(), ...plain(event) });
      });
      video().addEventListener('resize', () =>
        window.note('event', {
          at: performance.now(),
          type: 'probe_picture',
          width: video().videoWidth,
          height: video().videoHeight
        })
      );
    },
    start(api, key, options) {
      const { client } = this;
      client.config.api = api;
      client.config.verbose = false;
      this.listenTo(client);
      window.note('event', { at: performance.now(), type: 'probe_start' });
      client.start(key, { ...options, ...(options.clip ? { stream: window.clip.stream() } : {}) });
    },
    guest(api, token, name) {
      const { client } = this;
      client.config.api = api;
      client.config.verbose = false;
      client.onEvent(event => window.note('event', { at: performance.now(), ...plain(event) }));
      client.send({ type: 'request_guest_user', api, token, name, email: '', locale: 'en' });
    },
    send(action) {
      this.client.send(action);
    },
    shareScreen(colour) {
      state.screen = screen(colour);
      this.send({ type: 'start_screen_capture', audio: true, screen: true, screenStream: state.screen });
    },
    patches(areas) {
      const pen = picture();
      return pen ? areas.map(area => patch(pen, area)) : null;
    },
    async levels(tones) {
      const { analyser, context } = await listen();
      const bins = new Float32Array(analyser.frequencyBinCount);
      analyser.getFloatFrequencyData(bins);
      const width = context.sampleRate / analyser.fftSize;
      return tones.map(tone => {
        const bin = Math.round(tone / width);
        return Math.max(-150, ...bins.slice(bin - 2, bin + 3));
      });
    },
    peer: () => peers.at(-1),
    stats
  };
})();

// Notes when pictures and sound arrive, for tests that ask how long somebody saw and heard nothing.
(() => {
  const most = 3000;
  const pictures = [];
  const sounds = [];
  const keep = (all, one) => {
    all.push(one);
    if (all.length > most) all.splice(0, all.length - most);
  };

  // Of a picture: when the last packet of it came in, where the browser says so. It has been decoded by then.
  function watchPictures() {
    const video = document.getElementById('remote');
    const seen = (now, frame) => {
      keep(pictures, performance.timeOrigin + (frame.receiveTime ?? now));
      video.requestVideoFrameCallback(seen);
    };
    video.requestVideoFrameCallback(seen);
  }

  // Counted, because a busy page asks late: what is missing in the count was not there.
  async function watchSound(peer) {
    let total = 0;
    let last = 0;
    while (peer.connectionState !== 'closed') {
      const all = [...(await peer.getStats()).values()];
      const { packetsReceived = 0, timestamp } =
        all.find(s => s.type === 'inbound-rtp' && s.kind === 'audio') ?? {};
      total += packetsReceived < last ? packetsReceived : packetsReceived - last; // another stream begins at 0
      last = packetsReceived;
      keep(sounds, { at: timestamp, packets: total });
      await new Promise(done => setTimeout(done, 40));
    }
  }

  window.pulse = {
    start() {
      watchPictures();
      watchSound(window.probe.peer());
    },
    /** What came after this time, in ms since 1970. */
    since(time) {
      return { pictures: pictures.filter(at => at > time), sounds: sounds.filter(({ at }) => at > time) };
    }
  };
})();

/** Runs inside a browser page: the other end of the call, with a drawn picture and a tone. */
export function installAnswerer() {
  const peers = new Map();
  const canvas = Object.assign(document.createElement('canvas'), { width: 1280, height: 960 });
  const g = canvas.getContext('2d');
  setInterval(() => {
    g.fillStyle = `hsl(${(Date.now() / 40) % 360} 40% 30%)`;
    g.fillRect(0, 0, 1280, 960);
  }, 40);
  const video = canvas.captureStream(25);
  const audio = new AudioContext();
  const tone = audio.createOscillator();
  const sink = audio.createMediaStreamDestination();
  tone.connect(sink);
  tone.start();
  window.peers = peers;
  window.answer = async (id, sdp) => {
    peers.get(id)?.close();
    const pc = new RTCPeerConnection();
    peers.set(id, pc);
    pc.createDataChannel('data', { negotiated: true, id: 0 });
    pc.ontrack = ({ track }) => {
      if (track.kind !== 'audio') return; // statistics of sound exist only for sound that is played
      void Object.assign(new Audio(), { srcObject: new MediaStream([track]), volume: 0.5 }).play();
    };
    const stream = new MediaStream([...video.getTracks(), ...sink.stream.getTracks()]);
    stream.getTracks().forEach(t => pc.addTrack(t, stream));
    await pc.setRemoteDescription({ type: 'offer', sdp });
    await pc.setLocalDescription();
    if (pc.iceGatheringState !== 'complete') {
      await new Promise(done =>
        pc.addEventListener('icegatheringstatechange', () => pc.iceGatheringState === 'complete' && done())
      );
    }
    return pc.localDescription.sdp.replace(
      't=0 0\r\n',
      't=0 0\r\na=eyeson-sepp-messaging\r\na=eyeson-datachan-keepalive\r\n'
    );
  };
}

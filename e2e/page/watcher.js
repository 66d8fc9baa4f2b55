// Worker: tells when a flash begins in the pictures of a track and when a beep begins in its sound. A thread of its
// own, so that a busy page does not move the times.
const bright = 128;
const loud = 0.02;
const silence = 0.3; // s, before a beep counts

async function watchPictures(frames, area) {
  let wasBright = true;
  const bytes = new Uint8Array(area.w * area.h * 4);
  for await (const frame of frames) {
    const at = performance.now();
    const rect = { x: area.x & ~1, y: area.y & ~1, width: area.w, height: area.h };
    await frame.copyTo(bytes, { rect });
    // RGBA of what a canvas made, else brightness first, whatever follows.
    const middle = ((area.w * area.h) >> 1) * (/^(RGB|BGR)/.test(frame.format) ? 4 : 1);
    frame.close();
    const isBright = bytes[middle] > bright;
    if (isBright && !wasBright) postMessage({ seen: at });
    wasBright = isBright;
  }
}

async function watchSound(blocks) {
  let quiet = 0;
  for await (const block of blocks) {
    const end = performance.now();
    const samples = new Float32Array(block.numberOfFrames);
    block.copyTo(samples, { planeIndex: 0, format: 'f32-planar' });
    const rate = block.sampleRate;
    block.close();
    samples.forEach((sample, i) => {
      if (Math.abs(sample) < loud) return quiet++;
      if (quiet > silence * rate) postMessage({ heard: end - ((samples.length - i) / rate) * 1000 });
      quiet = 0;
    });
  }
}

onmessage = ({ data: { pictures, sound, area } }) => {
  const fail = error => postMessage({ failed: String(error) });
  watchPictures(pictures, area).catch(fail);
  watchSound(sound).catch(fail);
};

// Shows that the microphone works. Drawn by hand (not by state) because it moves twenty times a second.
import type { JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { watchLevel } from '../media/level';

const segments = 14;
const heardAt = 0.45;

/** otherwise: what to say without a microphone. */
export function LevelMeter({
  stream,
  otherwise
}: {
  stream: MediaStream | null;
  otherwise: string;
}): JSX.Element {
  const bars = useRef<HTMLSpanElement>(null);
  const [heard, setHeard] = useState(false);
  useEffect(() => {
    if (!stream) return undefined;
    const stop = watchLevel(stream, position => {
      const lit = Math.round(position * segments);
      const children = bars.current?.children ?? [];
      for (let i = 0; i < children.length; i++) children[i]?.classList.toggle('lit', i < lit);
      if (position > heardAt) setHeard(true);
    });
    return () => {
      stop();
      for (const bar of bars.current?.children ?? []) bar.classList.remove('lit');
    };
  }, [stream]);
  const hasMic = !!stream?.getAudioTracks().length;
  return (
    <div class="level" data-testid="level" data-heard={heard}>
      <span class="level-bars" ref={bars} aria-hidden="true">
        {Array.from({ length: segments }, (_, i) => (
          <span key={i} />
        ))}
      </span>
      <span class="level-text" role="status">
        {hasMic ? (heard ? 'We can hear you' : 'Say something to test') : otherwise}
      </span>
    </div>
  );
}

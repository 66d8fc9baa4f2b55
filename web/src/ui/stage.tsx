// The one composed picture, and what lies over it while it is not there.
import type { JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { applySpeaker } from '../media/devices';
import type { State } from '../state/model';
import { personName } from '../state/people';
import { ScreenIcon, SpeakerIcon } from './icons';
import { Spinner } from './parts';
import { useDispatch } from './store';
import { troubleWords } from './trouble-words';

export function Stage({ state }: { state: State }): JSX.Element {
  const dispatch = useDispatch();
  const video = useRef<HTMLVideoElement>(null);
  const [playing, setPlaying] = useState(false);
  usePicture(video, state, blocked => dispatch({ type: 'sound-blocked', blocked }));

  const trouble = troubleWords(state.trouble);
  const hear = () => {
    const el = video.current;
    if (!el) return;
    el.muted = false;
    el.play().then(
      () => dispatch({ type: 'sound-blocked', blocked: false }),
      () => undefined
    );
  };
  return (
    <section class="stage" aria-label="Meeting picture">
      <div class={`frame ${state.room?.widescreen ? 'wide' : ''} ${trouble?.serious ? 'dimmed' : ''}`}>
        <video
          ref={video}
          id="picture"
          data-testid="picture"
          autoplay
          playsInline
          aria-label="Everybody in the meeting, in one picture"
          onPlaying={() => setPlaying(true)}
          onEmptied={() => setPlaying(false)}
        />
        <Veil state={state} playing={playing} onHear={hear} />
        <Ribbon state={state} />
      </div>
      {trouble && !trouble.serious && (
        <p class="strip" role="status" data-testid="reconnecting">
          <Spinner /> {trouble.text}
        </p>
      )}
    </section>
  );
}

/** Over the picture: at most one thing, the most important. */
function Veil(props: { state: State; playing: boolean; onHear: () => void }): JSX.Element | null {
  const trouble = troubleWords(props.state.trouble);
  if (trouble?.serious) {
    return (
      <div class="veil" role="alert" data-testid="reconnecting">
        <Spinner />
        <p class="veil-title">{trouble.title}</p>
        <p>{trouble.text}</p>
      </div>
    );
  }
  if (props.state.soundBlocked) {
    return (
      <button type="button" class="veil hear" data-testid="hear" onClick={props.onHear}>
        <SpeakerIcon />
        <span class="veil-title">Click to hear the meeting</span>
        <span>Your browser starts sound only when you ask for it.</span>
      </button>
    );
  }
  if (props.playing) return null;
  return (
    <div class="veil">
      <Spinner />
      <p>Waiting for the picture</p>
    </div>
  );
}

function Ribbon({ state }: { state: State }): JSX.Element | null {
  if (state.share === 'on') {
    return (
      <p class="ribbon own">
        <ScreenIcon /> You are sharing your screen
      </p>
    );
  }
  if (state.presenter === null || state.presenter === state.room?.clientId) return null;
  return (
    <p class="ribbon">
      <ScreenIcon /> {personName(state, state.presenter)} is sharing
    </p>
  );
}

/** Keeps the element playing the newest stream; without permission for sound it plays silently and says so. */
function usePicture(
  video: { current: HTMLVideoElement | null },
  state: State,
  onBlocked: (blocked: boolean) => void
): void {
  useEffect(() => {
    const el = video.current;
    if (!el || !state.picture || el.srcObject === state.picture) return;
    el.srcObject = state.picture;
    applySpeaker(el);
    el.play().catch((error: unknown) => {
      if (!(error instanceof DOMException) || error.name !== 'NotAllowedError') return; // a newer stream interrupts: fine
      el.muted = true;
      onBlocked(true);
      el.play().catch(() => undefined);
    });
  }, [state.picture]);
}

// The own camera and microphone before the call, with the switches for both.
import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import type { PreviewState } from '../media/preview';
import type { State } from '../state/model';
import { deviceHelp } from './device-help';
import { CameraButton, MicButton } from './device-buttons';
import { LevelMeter } from './level-meter';
import { Avatar } from './parts';
import { useDispatch } from './store';

export function PreviewCard(props: {
  state: State;
  preview: PreviewState;
  name: string;
  /** Asks for the devices again, after a refusal. */
  onRetry: () => void;
}): JSX.Element {
  const { state, preview, name, onRetry } = props;
  const dispatch = useDispatch();
  const video = useRef<HTMLVideoElement>(null);
  const hasVideo = state.camera && !!preview.stream?.getVideoTracks().length;
  useEffect(() => {
    if (video.current) video.current.srcObject = preview.stream;
  }, [preview.stream]);
  const help = deviceHelp(preview);
  const mic = state.mic && preview.micProblem === '';
  const camera = state.camera && preview.cameraProblem === '';
  return (
    <section class="preview" aria-label="Preview">
      <div class="preview-frame">
        <video
          ref={video}
          class={hasVideo ? '' : 'hidden'}
          autoplay
          playsInline
          muted
          aria-label="Your camera"
        />
        {!hasVideo && (
          <div class="preview-empty">
            <Avatar name={name || 'You'} />
            <p>{emptyWords(state, preview)}</p>
          </div>
        )}
        <div class="preview-bar">
          <LevelMeter stream={state.mic ? preview.stream : null} otherwise={micWords(state, preview)} />
          <div class="preview-buttons">
            <MicButton
              on={mic}
              onClick={preview.micProblem ? onRetry : () => dispatch({ type: 'toggle-mic' })}
            />
            <CameraButton
              on={camera}
              onClick={preview.cameraProblem ? onRetry : () => dispatch({ type: 'toggle-camera' })}
            />
          </div>
        </div>
      </div>
      {help && (
        <p class="help" role="status" data-testid="device-help">
          {help}
        </p>
      )}
    </section>
  );
}

function micWords(state: State, preview: PreviewState): string {
  if (!state.mic) return 'Microphone off';
  return preview.asking ? 'Waiting for the microphone' : 'No microphone';
}

function emptyWords(state: State, preview: PreviewState): string {
  if (preview.asking) return 'Waiting for your camera and microphone';
  return state.camera && preview.cameraProblem ? '' : 'Your camera is off';
}

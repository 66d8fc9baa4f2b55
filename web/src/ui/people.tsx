import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { Person, State } from '../state/model';
import { cameraOn } from '../state/people';
import { CameraOffIcon, CheckIcon, CopyIcon, LockIcon, MicOffIcon, ScreenIcon } from './icons';
import { Avatar } from './parts';
import { useDispatch } from './store';

export function People({ state }: { state: State }): JSX.Element {
  const dispatch = useDispatch();
  const count = state.people.length;
  return (
    <>
      <p class="panel-note" data-testid="people-count">
        {count === 1 ? 'Only you, so far' : `${count} in the meeting`}
      </p>
      <ul class="people" data-testid="participants">
        {state.people.map(person => (
          <Row key={person.id} state={state} person={person} />
        ))}
      </ul>
      <div class="panel-foot">
        {state.room?.guestLink && !state.room.locked && <Invite link={state.room.guestLink} />}
        {state.room?.lockAvailable && !state.room.locked && !state.room.guest && (
          <button type="button" class="button" data-testid="lock" onClick={() => dispatch({ type: 'lock' })}>
            <LockIcon /> Lock meeting
          </button>
        )}
      </div>
    </>
  );
}

function Row({ state, person }: { state: State; person: Person }): JSX.Element {
  const camera = cameraOn(state, person);
  const presenting = person.id === state.presenter;
  const muted = person.self && !state.mic;
  const talking = person.talking && !muted;
  const facts = [person.self ? 'You' : '', person.guest ? 'Guest' : ''].filter(Boolean).join(', ');
  return (
    <li
      class="person"
      data-testid="participant"
      data-cid={person.id}
      data-self={person.self}
      data-talking={talking}
      data-camera={camera ? 'on' : 'off'}
      data-presenting={presenting}
    >
      <Avatar name={person.name} talking={talking} />
      <span class="person-name">
        <span>{person.name}</span>
        {facts && <small>{facts}</small>}
      </span>
      <span class="person-signs">
        {talking && (
          <span class="voice">
            <i />
            <i />
            <i />
            <span class="unseen">talking</span>
          </span>
        )}
        {presenting && <Sign icon={<ScreenIcon />} text="sharing the screen" tone="live" />}
        {muted && <Sign icon={<MicOffIcon />} text="microphone off" />}
        {!camera && <Sign icon={<CameraOffIcon />} text="camera off" />}
      </span>
    </li>
  );
}

function Sign(props: { icon: JSX.Element; text: string; tone?: string }): JSX.Element {
  return (
    <span class={`person-sign ${props.tone ?? ''}`} title={props.text}>
      {props.icon}
      <span class="unseen">{props.text}</span>
    </span>
  );
}

function Invite({ link }: { link: string }): JSX.Element {
  const dispatch = useDispatch();
  const [copied, setCopied] = useState(false);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(link);
      setCopied(true);
      setTimeout(() => setCopied(false), 2500);
    } catch {
      dispatch({
        type: 'notice',
        tone: 'warning',
        text: `The browser did not let this page copy. The link: ${link}`
      });
    }
  };
  return (
    <button type="button" class="button" data-testid="invite" onClick={() => void copy()}>
      {copied ? <CheckIcon /> : <CopyIcon />}
      <span role="status">{copied ? 'Guest link copied' : 'Copy guest link'}</span>
    </button>
  );
}

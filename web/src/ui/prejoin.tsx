// Before the call: who am I, do they see and hear me, then in.
import type { JSX } from 'preact';
import { useEffect, useMemo, useRef, useState, type MutableRef } from 'preact/hooks';
import { saveName, savedName } from '../call/memory';
import { emptyPreview, Preview, type PreviewState } from '../media/preview';
import type { State } from '../state/model';
import { DeviceSelects } from './device-selects';
import { useFocusOnMount, useKeys } from './hooks';
import { LockIcon } from './icons';
import { Brand } from './parts';
import { PreviewCard } from './preview-card';
import { useDispatch } from './store';

const nameLimit = 60;

export function Prejoin({ state }: { state: State }): JSX.Element {
  const dispatch = useDispatch();
  const [preview, setPreview] = useState<PreviewState>(emptyPreview);
  const [name, setName] = useState(savedName);
  const [asked, setAsked] = useState(false);
  const input = useRef<HTMLInputElement>(null);
  const handle = useMemo(() => new Preview(setPreview), []);

  useEffect(() => () => handle.close(), [handle]);
  useEffect(() => void handle.open(state.camera), [handle, state.camera]);
  useKeys({ m: () => dispatch({ type: 'toggle-mic' }), v: () => dispatch({ type: 'toggle-camera' }) });

  const needsName = state.entry.kind === 'guest' && !state.room;
  const shownName = needsName ? name.trim() : (state.room?.userName ?? '');
  const nameMissing = needsName && asked && shownName === '';
  const listenOnly = preview.micProblem !== '';

  const join = (event: Event) => {
    event.preventDefault();
    setAsked(true);
    if (needsName && name.trim() === '') return input.current?.focus();
    if (needsName) saveName(name.trim());
    dispatch({ type: 'join', listenOnly, name: needsName ? name.trim() : shownName });
  };

  return (
    <main class="prejoin">
      <header>
        <Brand />
      </header>
      <PreviewCard
        state={state}
        preview={preview}
        name={shownName}
        onRetry={() => void handle.open(state.camera)}
      />
      <form class="prejoin-form" onSubmit={join} noValidate>
        <Head state={state} guest={needsName} />
        {needsName && <NameField field={input} name={name} missing={nameMissing} onName={setName} />}
        <DeviceSelects
          devices={preview.devices}
          kinds={['audioinput', 'videoinput', 'audiooutput']}
          onChange={() => void handle.open(state.camera)}
        />
        <button type="submit" class="button primary big" data-testid="join">
          {listenOnly && !preview.asking ? 'Join to listen' : 'Join meeting'}
        </button>
      </form>
    </main>
  );
}

function NameField(props: {
  field: MutableRef<HTMLInputElement | null>;
  name: string;
  missing: boolean;
  onName: (name: string) => void;
}): JSX.Element {
  return (
    <label class="field">
      <span>Your name</span>
      <input
        ref={props.field}
        data-testid="name"
        type="text"
        autoComplete="name"
        maxLength={nameLimit}
        value={props.name}
        required
        aria-invalid={props.missing}
        aria-describedby={props.missing ? 'name-missing' : undefined}
        onInput={e => props.onName(e.currentTarget.value)}
      />
      {props.missing && (
        <span class="field-error" id="name-missing" role="alert">
          The others need a name to call you by.
        </span>
      )}
    </label>
  );
}

function Head({ state, guest }: { state: State; guest: boolean }): JSX.Element {
  const heading = useFocusOnMount<HTMLHeadingElement>();
  return (
    <div class="prejoin-head">
      <h1 tabIndex={-1} ref={heading}>
        {state.room?.name ?? 'Ready to join?'}
      </h1>
      {state.room?.userName && <p class="quiet">You join as {state.room.userName}.</p>}
      {guest && <p class="quiet">You were invited as a guest.</p>}
      {state.room?.locked && (
        <p class="quiet locked">
          <LockIcon /> The meeting is locked.
        </p>
      )}
    </div>
  );
}

import type { JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { canShareScreen } from '../media/devices';
import type { State } from '../state/model';
import { CameraButton, MicButton } from './device-buttons';
import { ChatIcon, LeaveIcon, MoreIcon, PeopleIcon, ScreenIcon, ScreenStopIcon } from './icons';
import { Dialog, IconButton } from './parts';
import { useDispatch } from './store';

export function Controls({ state }: { state: State }): JSX.Element {
  const dispatch = useDispatch();
  const sharing = state.share === 'on' || state.share === 'stopping';
  return (
    <footer class="controls" role="group" aria-label="Call controls">
      <div class="controls-main">
        <MicButton on={state.mic} busy={state.busy.mic} onClick={() => dispatch({ type: 'toggle-mic' })} />
        <CameraButton
          on={state.camera}
          busy={state.busy.camera}
          onClick={() => dispatch({ type: 'toggle-camera' })}
        />
        {canShareScreen() && (
          <IconButton
            testid="share"
            hint="D"
            icon={sharing ? <ScreenStopIcon /> : <ScreenIcon />}
            label="Share your screen"
            tip={sharing ? 'Stop sharing' : 'Share your screen'}
            tone={sharing ? 'on' : 'plain'}
            pressed={sharing}
            busy={state.share === 'starting' || state.share === 'stopping'}
            onClick={() => dispatch({ type: 'toggle-share' })}
          />
        )}
        <LeaveButtons state={state} />
      </div>
      <PanelButtons state={state} />
    </footer>
  );
}

function PanelButtons({ state }: { state: State }): JSX.Element {
  const dispatch = useDispatch();
  const toggle = (panel: 'people' | 'chat') =>
    dispatch({ type: 'panel', panel: state.panel === panel ? 'none' : panel });
  return (
    <div class="controls-side">
      <IconButton
        testid="participants-toggle"
        icon={<PeopleIcon />}
        label={`People, ${state.people.length} here`}
        tip="People"
        tone={state.panel === 'people' ? 'open' : 'ghost'}
        expanded={state.panel === 'people'}
        onClick={() => toggle('people')}
      >
        {state.people.length > 0 && (
          <span class="number" aria-hidden="true">
            {state.people.length}
          </span>
        )}
      </IconButton>
      <IconButton
        testid="chat-toggle"
        hint="C"
        icon={<ChatIcon />}
        label="Chat"
        tone={state.panel === 'chat' ? 'open' : 'ghost'}
        expanded={state.panel === 'chat'}
        badge={state.chat.unread}
        onClick={() => toggle('chat')}
      />
    </div>
  );
}

/** Leaving is one press. Ending it for everybody hides behind a menu and a question; guests do not get it. */
function LeaveButtons({ state }: { state: State }): JSX.Element {
  const dispatch = useDispatch();
  const [menu, setMenu] = useState(false);
  const [asking, setAsking] = useState(false);
  return (
    <div class="leave-buttons">
      <IconButton
        testid="leave"
        icon={<LeaveIcon />}
        label="Leave"
        tone="danger"
        onClick={() => dispatch({ type: 'leave' })}
      />
      {!state.room?.guest && (
        <IconButton
          testid="leave-menu"
          icon={<MoreIcon />}
          label="More ways to leave"
          tone="danger"
          menu
          expanded={menu}
          onClick={() => setMenu(!menu)}
        />
      )}
      {menu && <LeaveMenu onClose={() => setMenu(false)} onEnd={() => setAsking(true)} />}
      {asking && (
        <Dialog title="End the meeting for everybody?" onClose={() => setAsking(false)} testid="end-dialog">
          <p>All people are sent out at once and the link stops working.</p>
          <div class="actions">
            <button
              type="button"
              class="button danger"
              data-testid="end-confirm"
              onClick={() => {
                setAsking(false);
                dispatch({ type: 'end' });
              }}
            >
              End for everybody
            </button>
            <button type="button" class="button" onClick={() => setAsking(false)}>
              Cancel
            </button>
          </div>
        </Dialog>
      )}
    </div>
  );
}

function LeaveMenu({ onClose, onEnd }: { onClose: () => void; onEnd: () => void }): JSX.Element {
  const dispatch = useDispatch();
  const ref = useRef<HTMLDivElement>(null);
  useEffect(() => {
    ref.current?.querySelector('button')?.focus();
    const outside = (event: Event) => {
      if (!(event.target instanceof Node) || !ref.current?.parentElement?.contains(event.target)) onClose();
    };
    addEventListener('pointerdown', outside);
    return () => removeEventListener('pointerdown', outside);
  }, []);
  const press = (event: KeyboardEvent) => {
    const items = [...(ref.current?.querySelectorAll('button') ?? [])];
    const at = items.indexOf(document.activeElement as HTMLButtonElement);
    if (event.key === 'Escape' || event.key === 'Tab') onClose();
    else if (event.key === 'ArrowDown') items[(at + 1) % items.length]?.focus();
    else if (event.key === 'ArrowUp') items[(at + items.length - 1) % items.length]?.focus();
    else return;
    if (event.key !== 'Tab') event.preventDefault();
  };
  return (
    <div ref={ref} class="menu" role="menu" onKeyDown={press}>
      <button type="button" role="menuitem" onClick={() => dispatch({ type: 'leave' })}>
        Leave the meeting
        <small>It goes on without you</small>
      </button>
      <button
        type="button"
        role="menuitem"
        class="bad"
        data-testid="end"
        onClick={() => {
          onClose();
          onEnd();
        }}
      >
        End for everybody
        <small>Sends all people out</small>
      </button>
    </div>
  );
}

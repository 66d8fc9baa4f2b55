import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { State } from '../state/model';
import { ExpandIcon, LiveIcon, LockIcon, Mark, SettingsIcon } from './icons';
import { IconButton } from './parts';
import { Settings } from './settings';

export function TopBar({ state }: { state: State }): JSX.Element {
  const [settings, setSettings] = useState(false);
  const full = () => {
    if (document.fullscreenElement) void document.exitFullscreen();
    else document.documentElement.requestFullscreen?.().catch(() => undefined);
  };
  return (
    <header class="top-bar">
      <Mark />
      <span class="room-name">{state.room?.name ?? 'Meeting'}</span>
      <div class="signs">
        {state.room?.locked && (
          <span class="sign" data-testid="locked">
            <LockIcon />
            <span>Locked</span>
          </span>
        )}
        {state.recording && (
          <span class="sign recording" data-testid="recording">
            <span class="dot" aria-hidden="true" />
            <span>Recording</span>
          </span>
        )}
        {state.broadcasting && (
          <span class="sign live" data-testid="broadcast">
            <LiveIcon />
            <span>Live</span>
          </span>
        )}
      </div>
      <span class="grow" />
      {document.fullscreenEnabled && (
        <IconButton
          icon={<ExpandIcon />}
          label="Full screen"
          testid="fullscreen"
          tone="ghost"
          side="bottom"
          onClick={full}
        />
      )}
      <IconButton
        icon={<SettingsIcon />}
        label="Settings"
        tone="ghost"
        side="bottom"
        testid="settings"
        onClick={() => setSettings(true)}
      />
      {settings && <Settings state={state} onClose={() => setSettings(false)} />}
    </header>
  );
}

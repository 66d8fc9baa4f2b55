// Microphone and camera switches: the same before and in the call.
import type { JSX } from 'preact';
import { CameraIcon, CameraOffIcon, MicIcon, MicOffIcon } from './icons';
import { IconButton } from './parts';

interface SwitchProps {
  on: boolean;
  busy?: boolean;
  onClick: () => void;
}

export function MicButton({ on, busy, onClick }: SwitchProps): JSX.Element {
  return (
    <IconButton
      testid="mic"
      hint="M"
      icon={on ? <MicIcon /> : <MicOffIcon />}
      label="Microphone"
      tip={on ? 'Turn microphone off' : 'Turn microphone on'}
      tone={on ? 'plain' : 'off'}
      pressed={on}
      busy={busy ?? false}
      onClick={onClick}
    />
  );
}

export function CameraButton({ on, busy, onClick }: SwitchProps): JSX.Element {
  return (
    <IconButton
      testid="camera"
      hint="V"
      icon={on ? <CameraIcon /> : <CameraOffIcon />}
      label="Camera"
      tip={on ? 'Turn camera off' : 'Turn camera on'}
      tone={on ? 'plain' : 'off'}
      pressed={on}
      busy={busy ?? false}
      onClick={onClick}
    />
  );
}

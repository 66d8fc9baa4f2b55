import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { applySpeaker, listDevices, noDevices, type DeviceKind } from '../media/devices';
import type { State } from '../state/model';
import { DeviceSelects } from './device-selects';
import { Dialog } from './parts';
import { useDispatch } from './store';

const keys = [
  ['M', 'Microphone on or off'],
  ['V', 'Camera on or off'],
  ['D', 'Share the screen, or stop'],
  ['C', 'Open or close the chat']
] as const;

export function Settings({ state, onClose }: { state: State; onClose: () => void }): JSX.Element {
  const dispatch = useDispatch();
  const [devices, setDevices] = useState(noDevices);
  useEffect(() => void listDevices().then(setDevices), []);
  const changed = (kind: DeviceKind) => {
    const picture = document.getElementById('picture');
    if (kind !== 'audiooutput') dispatch({ type: 'devices-chosen' });
    else if (picture instanceof HTMLMediaElement) applySpeaker(picture);
  };
  return (
    <Dialog title="Settings" onClose={onClose} testid="settings-dialog">
      <DeviceSelects
        devices={devices}
        kinds={['audioinput', 'videoinput', 'audiooutput']}
        onChange={changed}
      />
      {state.share !== 'off' && (
        <p class="fine">A new microphone or camera is used as soon as you stop sharing.</p>
      )}
      <h3>Keys</h3>
      <dl class="keys">
        {keys.map(([key, text]) => (
          <div key={key}>
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{text}</dd>
          </div>
        ))}
      </dl>
    </Dialog>
  );
}

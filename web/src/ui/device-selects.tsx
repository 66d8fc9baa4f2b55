import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { chosen, choose, type Device, type DeviceKind, type Devices } from '../media/devices';

const titles: Record<DeviceKind, string> = {
  audioinput: 'Microphone',
  videoinput: 'Camera',
  audiooutput: 'Speaker'
};

function ofKind(devices: Devices, kind: DeviceKind): Device[] {
  return kind === 'audioinput'
    ? devices.microphones
    : kind === 'videoinput'
      ? devices.cameras
      : devices.speakers;
}

export function DeviceSelects(props: {
  devices: Devices;
  kinds: DeviceKind[];
  onChange: (kind: DeviceKind) => void;
}): JSX.Element {
  return (
    <div class="device-selects">
      {props.kinds.map(kind => (
        <DeviceSelect
          key={kind}
          kind={kind}
          devices={ofKind(props.devices, kind)}
          onChange={props.onChange}
        />
      ))}
    </div>
  );
}

function DeviceSelect(props: {
  kind: DeviceKind;
  devices: Device[];
  onChange: (kind: DeviceKind) => void;
}): JSX.Element | null {
  const { kind, devices } = props;
  const [id, setId] = useState(() => chosen(kind));
  // Not every browser can choose a speaker; then there is nothing to show.
  if (kind === 'audiooutput' && devices.length === 0) return null;
  const known = devices.some(d => d.id === id) ? id : (devices[0]?.id ?? '');
  return (
    <label class="field">
      <span>{titles[kind]}</span>
      <span class="select">
        <select
          data-testid={`choose-${kind}`}
          value={known}
          disabled={devices.length === 0}
          onChange={e => {
            choose(kind, e.currentTarget.value);
            setId(e.currentTarget.value);
            props.onChange(kind);
          }}
        >
          {devices.length === 0 && <option value="">None found</option>}
          {devices.map(d => (
            <option key={d.id} value={d.id}>
              {d.label}
            </option>
          ))}
        </select>
      </span>
    </label>
  );
}

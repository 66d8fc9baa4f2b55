// The page's own icons: 24 units, one stroke width, drawn in the text colour.
import type { ComponentChildren, JSX } from 'preact';

function icon(children: ComponentChildren): () => JSX.Element {
  return () => (
    <svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      {children}
    </svg>
  );
}

const slash = <path d="M4.5 4.5 19.5 19.5" />;

export const MicIcon = icon(
  <>
    <rect x="9" y="3" width="6" height="11.5" rx="3" />
    <path d="M5.5 11.5a6.5 6.5 0 0 0 13 0M12 18v3" />
  </>
);
export const MicOffIcon = icon(
  <>
    <path d="M9 9v2.5a3 3 0 0 0 4.7 2.5M15 11V6a3 3 0 0 0-5.8-1M5.5 11.5a6.5 6.5 0 0 0 10.6 5M18.5 11.5c0 .9-.2 1.8-.5 2.6M12 18v3" />
    {slash}
  </>
);
export const CameraIcon = icon(
  <>
    <rect x="3" y="6.5" width="12.5" height="11" rx="2.75" />
    <path d="m15.5 10.6 4-2.5c.7-.4 1.5 0 1.5.8v6.2c0 .8-.8 1.2-1.5.8l-4-2.5" />
  </>
);
export const CameraOffIcon = icon(
  <>
    <path d="M9.5 6.5h3.2c1.6 0 2.8 1.2 2.8 2.7v1.4l4-2.5c.7-.4 1.5 0 1.5.8v6.2c0 .5-.3.8-.7.9M14.9 16.4c-.5.7-1.3 1.1-2.2 1.1H5.8A2.7 2.7 0 0 1 3 14.8V9.2c0-1.2.8-2.2 1.9-2.6" />
    {slash}
  </>
);
export const ScreenIcon = icon(
  <>
    <rect x="3" y="4.5" width="18" height="12" rx="2.5" />
    <path d="M9 20h6M12 13.5V8m-2.6 2.4L12 7.8l2.6 2.6" />
  </>
);
export const ScreenStopIcon = icon(
  <>
    <rect x="3" y="4.5" width="18" height="12" rx="2.5" />
    <path d="M9 20h6M9.8 8.3l4.4 4.4M14.2 8.3l-4.4 4.4" />
  </>
);
export const PeopleIcon = icon(
  <>
    <circle cx="9" cy="8.5" r="3.5" />
    <path d="M2.8 19.5c.4-3.2 3-5.2 6.2-5.2s5.8 2 6.2 5.2M15.8 5.3a3.4 3.4 0 0 1 0 6.4M17.8 14.7c1.9.7 3.1 2.4 3.4 4.8" />
  </>
);
export const ChatIcon = icon(
  <>
    <path d="M20.5 11.5c0 4.1-3.8 7.3-8.5 7.3-1 0-2-.1-2.9-.4L4.5 20l1.2-3.6a6.8 6.8 0 0 1-2.2-4.9c0-4.1 3.8-7.3 8.5-7.3s8.5 3.2 8.5 7.3Z" />
    <path d="M8.5 10h7M8.5 13.2h4.5" />
  </>
);
export const SettingsIcon = icon(
  <>
    <path d="M3.5 7.5h9M17.5 7.5h3M3.5 16.5h3M11.5 16.5h9" />
    <circle cx="15" cy="7.5" r="2.4" />
    <circle cx="9" cy="16.5" r="2.4" />
  </>
);
export const LeaveIcon = icon(
  <path
    class="solid"
    d="M12 7.6c-4 0-7.6 1.4-10.3 3.8-.6.6-.7 1.5-.2 2.1l1.6 2.1c.5.7 1.5.8 2.2.4l2.4-1.5c.5-.3.8-.8.8-1.4v-1.7c2.2-.7 4.8-.7 7 0v1.7c0 .6.3 1.1.8 1.4l2.4 1.5c.7.4 1.7.3 2.2-.4l1.6-2.1c.5-.6.4-1.5-.2-2.1A15.4 15.4 0 0 0 12 7.6Z"
  />
);
export const MoreIcon = icon(<path d="m6.5 14.5 5.5-5.5 5.5 5.5" />);
export const CloseIcon = icon(<path d="m6 6 12 12M18 6 6 18" />);
export const LockIcon = icon(
  <>
    <rect x="5" y="10.5" width="14" height="9.5" rx="2.5" />
    <path d="M8.2 10.5V8a3.8 3.8 0 0 1 7.6 0v2.5" />
  </>
);
export const SendIcon = icon(
  <path d="M4.2 11.2 19 4.6c.5-.2 1 .3.8.8L13.2 20c-.3.6-1.1.6-1.3 0l-1.9-5.3-5.8-2.2c-.6-.2-.6-1 0-1.3ZM10 14.7l4-4" />
);
export const CopyIcon = icon(
  <>
    <rect x="8.5" y="8.5" width="11.5" height="11.5" rx="2.5" />
    <path d="M15.5 5.5A2 2 0 0 0 13.6 4H6.5A2.5 2.5 0 0 0 4 6.5v7.1a2 2 0 0 0 1.5 1.9" />
  </>
);
export const CheckIcon = icon(<path d="m5 12.5 4.5 4.5L19 7.5" />);
export const ExpandIcon = icon(
  <path d="M9 4H6.5A2.5 2.5 0 0 0 4 6.5V9M15 4h2.5A2.5 2.5 0 0 1 20 6.5V9M9 20H6.5A2.5 2.5 0 0 1 4 17.5V15M15 20h2.5a2.5 2.5 0 0 0 2.5-2.5V15" />
);
export const SpeakerIcon = icon(
  <path d="M4 9.8v4.4c0 .4.3.8.8.8h2.7l4.2 3.6c.5.4 1.3.1 1.3-.6V6c0-.7-.8-1-1.3-.6L7.5 9H4.8c-.5 0-.8.4-.8.8ZM16.3 9a4.2 4.2 0 0 1 0 6M18.8 6.3a8 8 0 0 1 0 11.4" />
);
export const WarningIcon = icon(
  <path d="M12 9v4.2M12 16.6v.1M10.4 4.6 3.3 17a1.9 1.9 0 0 0 1.6 2.8h14.2a1.9 1.9 0 0 0 1.6-2.8L13.6 4.6a1.8 1.8 0 0 0-3.2 0Z" />
);
export const DoorIcon = icon(
  <path d="M13.5 4H8a2.5 2.5 0 0 0-2.5 2.5v11A2.5 2.5 0 0 0 8 20h5.5M11 12h9.5m-3-3.2 3.2 3.2-3.2 3.2" />
);
export const LiveIcon = icon(
  <>
    <circle cx="12" cy="12" r="2.4" class="solid" />
    <path d="M7.8 16.2a6 6 0 0 1 0-8.4M16.2 7.8a6 6 0 0 1 0 8.4M5 19a10 10 0 0 1 0-14M19 5a10 10 0 0 1 0 14" />
  </>
);

/** The mark: one picture composed of several. */
export function Mark(): JSX.Element {
  return (
    <svg class="mark" viewBox="0 0 32 32" aria-hidden="true" focusable="false">
      <rect class="mark-a" x="3" y="4" width="12" height="14" rx="3.5" />
      <rect class="mark-b" x="17" y="4" width="12" height="9" rx="3.5" />
      <rect class="mark-c" x="17" y="15" width="12" height="13" rx="3.5" />
      <rect class="mark-d" x="3" y="20" width="12" height="8" rx="3.5" />
    </svg>
  );
}

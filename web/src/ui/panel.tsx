import type { ComponentChildren, JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { CloseIcon } from './icons';
import { IconButton } from './parts';

/** Beside the picture on wide screens, below it on phones. Escape closes it; the focus goes back to where it was. */
export function Panel(props: {
  title: string;
  onClose: () => void;
  children: ComponentChildren;
}): JSX.Element {
  const ref = useRef<HTMLElement>(null);
  useEffect(() => {
    const opener = document.activeElement;
    const first = ref.current?.querySelector<HTMLElement>('[data-autofocus]') ?? ref.current;
    first?.focus({ preventScroll: true });
    return () => {
      if (opener instanceof HTMLElement && opener.isConnected) opener.focus({ preventScroll: true });
    };
  }, [props.title]);
  const press = (event: KeyboardEvent) => {
    if (event.key === 'Escape') props.onClose();
  };
  return (
    <aside ref={ref} class="panel" aria-label={props.title} tabIndex={-1} onKeyDown={press}>
      <header class="panel-head">
        <h2>{props.title}</h2>
        <IconButton
          icon={<CloseIcon />}
          label={`Close ${props.title.toLowerCase()}`}
          tone="ghost"
          side="bottom"
          onClick={props.onClose}
        />
      </header>
      {props.children}
    </aside>
  );
}

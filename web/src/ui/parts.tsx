// Small building blocks that several pages share.
import type { ComponentChildren, JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { CloseIcon, Mark } from './icons';
import { useFocusOnMount } from './hooks';

export function Brand(): JSX.Element {
  return (
    <span class="brand">
      <Mark />
      <span>Plenum</span>
    </span>
  );
}

/** A page with one thing to say. */
export function Notepage(props: {
  icon?: ComponentChildren;
  title: string;
  children: ComponentChildren;
  tone?: 'calm' | 'bad';
}): JSX.Element {
  const heading = useFocusOnMount<HTMLHeadingElement>();
  return (
    <main class="notepage">
      <header>
        <Brand />
      </header>
      <section class="notepage-body">
        {props.icon && <div class={`badge ${props.tone ?? 'calm'}`}>{props.icon}</div>}
        <h1 tabIndex={-1} ref={heading}>
          {props.title}
        </h1>
        {props.children}
      </section>
    </main>
  );
}

export function Spinner(): JSX.Element {
  return <span class="spinner" aria-hidden="true" />;
}

/** An icon that acts. label is spoken; the tip (the label, if none is given) is shown; hint is the keyboard key. */
export function IconButton(props: {
  icon: ComponentChildren;
  label: string;
  tip?: string;
  onClick: () => void;
  testid?: string;
  hint?: string;
  pressed?: boolean;
  expanded?: boolean;
  menu?: boolean;
  tone?: 'plain' | 'off' | 'on' | 'open' | 'danger' | 'ghost';
  badge?: number;
  busy?: boolean;
  side?: 'top' | 'bottom';
  children?: ComponentChildren;
}): JSX.Element {
  const tip = props.tip ?? props.label;
  return (
    <button
      type="button"
      class={`icon-button ${props.tone ?? 'plain'}`}
      data-testid={props.testid}
      data-tip={props.hint ? `${tip}  (${props.hint})` : tip}
      data-side={props.side ?? 'top'}
      aria-label={props.badge ? `${props.label}, ${props.badge} unread` : props.label}
      aria-pressed={props.pressed}
      aria-expanded={props.expanded}
      aria-haspopup={props.menu ? 'menu' : undefined}
      aria-keyshortcuts={props.hint}
      aria-busy={props.busy || undefined}
      onClick={props.onClick}
    >
      {props.icon}
      {props.children}
      {!!props.badge && (
        <span class="count" aria-hidden="true">
          {props.badge > 99 ? '99+' : props.badge}
        </span>
      )}
    </button>
  );
}

/** A modal dialog: the browser keeps the focus inside, closes on Escape and gives the focus back. */
export function Dialog(props: {
  title: string;
  onClose: () => void;
  children: ComponentChildren;
  testid?: string;
}): JSX.Element {
  const ref = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const opener = document.activeElement;
    ref.current?.showModal();
    return () => {
      if (opener instanceof HTMLElement) opener.focus();
    };
  }, []);
  const outside = (event: MouseEvent) => {
    if (event.target === ref.current) props.onClose();
  };
  return (
    <dialog
      ref={ref}
      class="dialog"
      aria-labelledby="dialog-title"
      data-testid={props.testid}
      onClose={props.onClose}
      onClick={outside}
    >
      <div class="dialog-body">
        <header class="dialog-head">
          <h2 id="dialog-title">{props.title}</h2>
          <IconButton icon={<CloseIcon />} label="Close" tone="ghost" side="bottom" onClick={props.onClose} />
        </header>
        {props.children}
      </div>
    </dialog>
  );
}

const hues = 8;

/** Initials on a quiet colour that follows the name. */
export function Avatar(props: { name: string; talking?: boolean }): JSX.Element {
  const words = props.name.trim().split(/\s+/);
  const initials = [words[0], words.length > 1 ? words.at(-1) : ''].map(w => (w ? [...w][0] : '')).join('');
  const hue = [...props.name].reduce((sum, c) => (sum * 31 + (c.codePointAt(0) ?? 0)) % 9973, 7) % hues;
  return (
    <span class={`avatar hue-${hue} ${props.talking ? 'talking' : ''}`} aria-hidden="true">
      {initials.toUpperCase()}
    </span>
  );
}

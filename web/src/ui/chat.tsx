import type { JSX } from 'preact';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { ChatLine, State } from '../state/model';
import { linkify } from './linkify';
import { ChatIcon, SendIcon } from './icons';
import { IconButton } from './parts';
import { useDispatch } from './store';

const limit = 2000;
/** Lines of one person within this time stand under one name. */
const groupMs = 120000;

export function Chat({ state }: { state: State }): JSX.Element {
  const { lines } = state.chat;
  const log = useRef<HTMLDivElement>(null);
  const atEnd = useRef(true);
  useLayoutEffect(() => {
    const el = log.current;
    if (el && (atEnd.current || lines.at(-1)?.self)) el.scrollTop = el.scrollHeight;
  }, [lines]);
  const scrolled = () => {
    const el = log.current;
    if (el) atEnd.current = el.scrollHeight - el.scrollTop - el.clientHeight < 40;
  };
  return (
    <>
      <div
        ref={log}
        class="chat-log"
        role="log"
        aria-live="polite"
        aria-label="Messages"
        data-testid="chat-log"
        tabIndex={0}
        onScroll={scrolled}
      >
        {lines.length === 0 && (
          <div class="chat-empty">
            <ChatIcon />
            <p>Messages are seen by everybody in the meeting and are gone when it ends.</p>
          </div>
        )}
        {lines.map((line, i) => (
          <Line key={line.id} line={line} before={lines[i - 1]} />
        ))}
      </div>
      <Composer failed={state.chat.failed} />
    </>
  );
}

function Line({ line, before }: { line: ChatLine; before: ChatLine | undefined }): JSX.Element {
  const grouped = before?.personId === line.personId && line.at - before.at < groupMs;
  return (
    <div class={`chat-line ${line.self ? 'self' : ''} ${grouped ? 'grouped' : ''}`} data-testid="chat-line">
      <p class={grouped ? 'unseen' : 'chat-who'}>
        <b>{line.self ? 'You' : line.name}</b>
        {Number.isFinite(line.at) && (
          <time dateTime={new Date(line.at).toISOString()}>
            {new Date(line.at).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' })}
          </time>
        )}
      </p>
      <p class="chat-text">
        {linkify(line.text).map((part, i) =>
          part.href ? (
            <a key={i} href={part.href} target="_blank" rel="noopener noreferrer">
              {part.text}
            </a>
          ) : (
            part.text
          )
        )}
      </p>
    </div>
  );
}

function Composer({ failed }: { failed: number }): JSX.Element {
  const dispatch = useDispatch();
  const [text, setText] = useState('');
  const last = useRef('');
  // A message that did not get through comes back into the field, unless something new stands there.
  const seen = useRef(failed);
  useEffect(() => {
    if (failed === seen.current) return;
    seen.current = failed;
    setText(now => now || last.current);
  }, [failed]);
  const send = (event?: Event) => {
    event?.preventDefault();
    if (text.trim() === '') return;
    last.current = text;
    dispatch({ type: 'send-chat', text });
    setText('');
  };
  const press = (event: KeyboardEvent) => {
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
    send(event);
  };
  return (
    <form class="composer" onSubmit={send}>
      <textarea
        data-autofocus
        data-testid="chat-input"
        rows={1}
        maxLength={limit}
        placeholder="Write to everybody"
        aria-label="Message to everybody"
        value={text}
        onInput={e => setText(e.currentTarget.value)}
        onKeyDown={press}
      />
      <IconButton
        icon={<SendIcon />}
        label="Send"
        tone={text.trim() ? 'on' : 'plain'}
        testid="chat-send"
        onClick={() => send()}
      />
    </form>
  );
}

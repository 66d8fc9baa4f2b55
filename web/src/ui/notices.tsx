import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import type { Notice, State } from '../state/model';
import { CloseIcon, WarningIcon } from './icons';
import { IconButton } from './parts';
import { useDispatch } from './store';

const shownMs = 7000;

export function Notices({ state }: { state: State }): JSX.Element {
  return (
    <>
      <div class="notices" role="status" aria-live="polite" data-testid="notices">
        {state.notices.map(n => (
          <NoticeCard key={n.id} notice={n} />
        ))}
      </div>
      <div class="unseen" aria-live="polite">
        <span key={state.announcement.id}>{state.announcement.text}</span>
      </div>
    </>
  );
}

function NoticeCard({ notice }: { notice: Notice }): JSX.Element {
  const dispatch = useDispatch();
  const dismiss = () => dispatch({ type: 'dismiss', id: notice.id });
  useEffect(() => {
    const timer = setTimeout(dismiss, shownMs);
    return () => clearTimeout(timer);
  }, [notice.id]);
  return (
    <div class={`notice ${notice.tone}`}>
      {notice.tone === 'warning' && <WarningIcon />}
      <p>{notice.text}</p>
      <IconButton icon={<CloseIcon />} label="Dismiss" tone="ghost" onClick={dismiss} />
    </div>
  );
}

import type { JSX } from 'preact';
import { Mark } from './icons';
import { Notepage } from './parts';

export function Landing(): JSX.Element {
  return (
    <Notepage title="Meetings in one picture" icon={<Mark />}>
      <p class="lead">
        Plenum is a meeting server that draws everyone into one picture and mixes one sound, so a call stays
        light however many people join.
      </p>
      <p>
        To join a meeting, open the link from your invitation. To start one, ask whoever runs this server, or
        read how.
      </p>
      <div class="actions">
        <a class="button primary" href="./help.html">
          How to start a meeting
        </a>
      </div>
    </Notepage>
  );
}

import type { Client } from 'ssh2';
import { type Login, connect } from './connect.js';

/** One connection, and how much is open on it. */
export interface Link {
  client: Promise<Client>;
  /** Something was opened; the function returned is called once, when it has closed. */
  use(): () => void;
  /** Takes nothing new; ends when the last thing open on it has closed. */
  retire(): void;
}

/** The connection that new commands use, and its successor when it was lost or retired. */
export class Links {
  #current: Link | undefined;

  constructor(readonly login: Login) {}

  current(): Link {
    return (this.#current ??= this.#open());
  }

  close(): void {
    const link = this.#current;
    this.#current = undefined;
    link?.client.then(
      (client) => client.end(),
      () => undefined,
    );
  }

  #open(): Link {
    const client = connect(this.login);
    let open = 0;
    let retired = false;
    const forget = () => {
      if (this.#current === link) this.#current = undefined;
    };
    const end = () => {
      client.then(
        (connected) => connected.end(),
        () => undefined,
      );
    };
    const link: Link = {
      client,
      use: () => {
        open += 1;
        return () => {
          open -= 1;
          if (retired && open === 0) end();
        };
      },
      retire: () => {
        retired = true;
        forget();
      },
    };
    // Each channel that is being opened listens too, and there may be many at a time.
    client.then((connected) => connected.setMaxListeners(0).once('close', forget), forget);
    return link;
  }
}

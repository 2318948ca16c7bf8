/**
 * Answers the requests of one connection one after the other, and reads them no faster than their replies are taken. Node
 * starts all pipelined requests at once and reads on: one client could make the server answer 10,000 requests in one turn
 * of the event loop, while all other clients wait.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** With this many requests waiting for their turn, a connection is no longer read. Clients pipeline a few at most. */
export const MAX_WAITING_TURNS = 16;
/** The connection is read again when only this many wait, so that it is not stopped and started for each request. */
const READ_AGAIN_TURNS = 8;
/**
 * Requests that wait on all connections together. One read of 64 KB can bring 1,400 small ones at once, each of which
 * takes about 5 KB: more than this would take over 80 MB, so the connection that brings it is closed.
 */
const MAX_WAITING_IN_ALL = 16_384;

interface HttpRequest {
  readonly incoming: IncomingMessage;
  readonly outgoing: ServerResponse;
}

interface Turns {
  readonly waiting: HttpRequest[];
  isBusy: boolean;
  isHeld: boolean;
}

export interface RequestTurnsParts {
  readonly handle: (incoming: IncomingMessage, outgoing: ServerResponse) => void;
  /** Called when a connection has no request left. */
  readonly onIdle: (socket: Socket) => void;
}

export class RequestTurns {
  readonly #parts: RequestTurnsParts;
  readonly #turns = new WeakMap<Socket, Turns>();
  #waitingInAll = 0;

  constructor(parts: RequestTurnsParts) {
    this.#parts = parts;
  }

  /** Handles a request now, or when the earlier ones of its connection have been answered. */
  receive(incoming: IncomingMessage, outgoing: ServerResponse): void {
    const { socket } = incoming;
    const turns = this.#turnsOf(socket);
    if (!turns.isBusy) {
      this.#start(socket, turns, { incoming, outgoing });
      return;
    }
    if (socket.destroyed) return;
    turns.waiting.push({ incoming, outgoing });
    this.#waitingInAll += 1;
    if (this.#waitingInAll > MAX_WAITING_IN_ALL) {
      socket.destroy();
      return;
    }
    if (turns.waiting.length >= MAX_WAITING_TURNS && !turns.isHeld) {
      turns.isHeld = true;
      hold(socket);
    }
  }

  #turnsOf(socket: Socket): Turns {
    const known = this.#turns.get(socket);
    if (known) return known;
    const turns: Turns = { waiting: [], isBusy: false, isHeld: false };
    this.#turns.set(socket, turns);
    socket.once('close', () => {
      this.#waitingInAll -= turns.waiting.length;
      turns.waiting.length = 0;
    });
    return turns;
  }

  #start(socket: Socket, turns: Turns, { incoming, outgoing }: HttpRequest): void {
    turns.isBusy = true;
    outgoing.once('close', () => this.#next(socket, turns));
    this.#parts.handle(incoming, outgoing);
  }

  #next(socket: Socket, turns: Turns): void {
    const next = turns.waiting.shift();
    if (!next) {
      turns.isBusy = false;
      if (!socket.destroyed) this.#parts.onIdle(socket);
      return;
    }
    this.#waitingInAll -= 1;
    if (turns.isHeld && turns.waiting.length <= READ_AGAIN_TURNS) {
      turns.isHeld = false;
      release(socket);
    }
    // Other connections take their turn first.
    setImmediate(() => {
      if (!socket.destroyed) this.#start(socket, turns, next);
    });
  }
}

/** Stops reading until `release`. Node resumes the socket by itself after each request, which must have no effect. */
function hold(socket: Socket): void {
  socket.resume = () => socket;
  socket.pause();
}

function release(socket: Socket): void {
  Reflect.deleteProperty(socket, 'resume');
  socket.resume();
}

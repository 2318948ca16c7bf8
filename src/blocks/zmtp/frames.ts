/** The frames of ZMTP 3.0, the protocol of ZeroMQ's sockets (https://rfc.zeromq.org/spec/23/). */
import { OllamaError } from '../../base/errors.ts';

const MORE = 1;
const LONG = 2;
const COMMAND = 4;
const SHORT_LENGTH = 255;
/** Flags and length of a frame. */
const SHORT_HEAD = 2;
const LONG_HEAD = 9;

/** What a peer sends us is small: subscriptions and requests for what it missed. */
const MOST_FRAME_BYTES = 4096;
const MOST_PARTS = 16;

export interface ZmtpMessage {
  readonly isCommand: boolean;
  readonly parts: readonly Buffer[];
}

/** The bytes of one message. */
export function encodeMessage(parts: readonly Uint8Array[]): Buffer {
  return Buffer.concat(
    parts.flatMap((part, index) => [head(part.length, index < parts.length - 1 ? MORE : 0), part]),
  );
}

export function encodeCommand(name: string, data: Uint8Array): Buffer {
  const body = Buffer.concat([Buffer.of(name.length), Buffer.from(name, 'latin1'), data]);
  return Buffer.concat([head(body.length, COMMAND), body]);
}

/** The name and the data of a command. */
export function readCommand(body: Buffer): { readonly name: string; readonly data: Buffer } {
  const length = body[0] ?? 0;
  return { name: body.toString('latin1', 1, 1 + length), data: body.subarray(1 + length) };
}

function head(length: number, flags: number): Buffer {
  if (length <= SHORT_LENGTH) return Buffer.of(flags, length);
  const bytes = Buffer.alloc(LONG_HEAD);
  bytes[0] = flags | LONG;
  bytes.writeBigUInt64BE(BigInt(length), 1);
  return bytes;
}

/** Finds messages in what arrives. */
export class ZmtpDecoder {
  #held: Buffer = Buffer.alloc(0);
  #parts: Buffer[] = [];

  /** @throws OllamaError `invalid-request` for a message that is larger than any that is expected */
  *push(chunk: Buffer): Generator<ZmtpMessage, void> {
    this.#held = this.#held.length === 0 ? chunk : Buffer.concat([this.#held, chunk]);
    for (;;) {
      const frame = this.#next();
      if (!frame) return;
      if (frame.flags & COMMAND) yield { isCommand: true, parts: [frame.body] };
      else {
        this.#parts.push(frame.body);
        if (this.#parts.length > MOST_PARTS) throw tooLarge();
        if (frame.flags & MORE) continue;
        const parts = this.#parts;
        this.#parts = [];
        yield { isCommand: false, parts };
      }
    }
  }

  #next(): { readonly flags: number; readonly body: Buffer } | undefined {
    const [flags = 0, short = 0] = this.#held;
    const headLength = flags & LONG ? LONG_HEAD : SHORT_HEAD;
    if (this.#held.length < headLength) return undefined;
    const length = flags & LONG ? Number(this.#held.readBigUInt64BE(1)) : short;
    if (length > MOST_FRAME_BYTES) throw tooLarge();
    const end = headLength + length;
    if (this.#held.length < end) return undefined;
    // A copy, because the body may be kept longer than what it came with.
    const body = Buffer.from(this.#held.subarray(headLength, end));
    this.#held = this.#held.subarray(end);
    return { flags, body };
  }
}

function tooLarge(): OllamaError {
  return new OllamaError('invalid-request', 'the message is larger than any that a reader of events sends');
}

import { createReadStream, createWriteStream } from 'node:fs';
import { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { messageOf } from '../base/errors.ts';

/** The pipe to the parent, which `runner/start.ts` passes on. */
const PIPE_DESCRIPTOR = 3;

/**
 * The same for a program that has nothing to do without it.
 * @returns undefined when somebody started it by hand; the reason is on the standard error output then
 */
export function openParentPipeOrExplain(): Duplex | undefined {
  try {
    return openParentPipe();
  } catch (error) {
    process.stderr.write(
      `error: there is no pipe to a server, which starts this program (${messageOf(error)}): run "ollama serve"\n`,
    );
    process.exitCode = 1;
    return undefined;
  }
}

/** Both directions of the inherited pipe. It ends when the parent has exited. */
function openParentPipe(isBun = process.versions.bun !== undefined): Duplex {
  if (!isBun) return new Socket({ fd: PIPE_DESCRIPTOR, readable: true, writable: true });
  // Bun closes a socket that is made of a descriptor at once. Two streams over the same descriptor work there, as on Linux in
  // general: reading waits on a thread.
  const options = { fd: PIPE_DESCRIPTOR, autoClose: false };
  const pipe = Duplex.from({
    readable: createReadStream('', options),
    writable: createWriteStream('', options),
  });
  // A socket closes when the other side has ended; such a pair of streams would go on writing.
  return pipe.on('end', () => pipe.destroy());
}

/** Sends datagrams to a socket file, which Node has no function for: libc's do it (socket(2), sendto(2)). */
import { constants, endianness } from 'node:os';
import { messageOf, OllamaError } from '../../../base/errors.ts';

const AF_UNIX = 1;
const SOCK_DGRAM = 2;
/** Children do not inherit the socket. */
const SOCK_CLOEXEC = 0o2000000;
/** A receiver that does not read must not stop this process. */
const MSG_DONTWAIT = 0x40;
const MSG_NOSIGNAL = 0x4000;
/** The abstract namespace of Linux: the name begins with NUL, and `@` stands for it. */
const ABSTRACT = '@';
/** `sun_family` of sockaddr_un, a 16-bit number. */
const FAMILY_BYTES = 2;

export type SendDatagram = (text: string) => void;

/**
 * @param path of a socket file, or "@" and a name in the abstract namespace
 * @returns sends one datagram, and throws OllamaError `internal` when the system refuses it
 * @throws OllamaError `internal` on systems without these functions
 */
export async function openDatagrams(path: string): Promise<SendDatagram> {
  const address = socketAddress(path);
  const { descriptor, sendto, errno } = await openSocket();
  return (text) => {
    const bytes = Buffer.from(text);
    const flags = MSG_DONTWAIT | MSG_NOSIGNAL;
    if (sendto(descriptor, bytes, bytes.length, flags, address, address.length) < 0)
      throw failure('sendto', errno());
  };
}

/** Loaded only under a service manager, so that other servers start as quickly as before. */
async function openSocket() {
  try {
    const { default: koffi } = await import('koffi');
    const libc = koffi.load(null);
    const socket = libc.func('int socket(int, int, int)');
    const sendto = libc.func('long sendto(int, const void *, size_t, int, const void *, uint32_t)');
    const errno = () => koffi.errno();
    const descriptor: number = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (descriptor < 0) throw failure('socket', errno());
    return { descriptor, sendto, errno };
  } catch (error) {
    throw new OllamaError('internal', messageOf(error), { cause: error });
  }
}

/** A sockaddr_un, as long as its path. */
function socketAddress(path: string): Buffer {
  const name = path.startsWith(ABSTRACT) ? `\0${path.slice(ABSTRACT.length)}` : `${path}\0`;
  const address = Buffer.alloc(FAMILY_BYTES + Buffer.byteLength(name));
  if (endianness() === 'LE') address.writeUInt16LE(AF_UNIX);
  else address.writeUInt16BE(AF_UNIX);
  address.write(name, FAMILY_BYTES);
  return address;
}

function failure(call: string, errno: number): OllamaError {
  const [name = `error ${errno}`] =
    Object.entries(constants.errno).find(([, number]) => number === errno) ?? [];
  return new OllamaError('internal', `${call}: ${name}`);
}

import { type Parser, withForm } from './values.ts';

/** Nobody reads a machine's events over a network unless somebody names the address. */
const LOOPBACK = '127.0.0.1';
const MOST_PORTS = 65_535;

/** What stands for no address, as `ollama config` and people write it. */
const offWords: ReadonlySet<string> = new Set(['', 'off', 'none', 'no', 'false', '0']);

/**
 * Parses the address of a socket for events: a port, which means this machine alone, or `tcp://host:port`, where `*` means all
 * interfaces. The value is a URL; "" = off.
 */
export const parseEventAddress: Parser<string> = withForm({ kind: 'text' }, (text, fallback) => {
  if (offWords.has(text.toLowerCase())) return { value: '' };
  const [, host = LOOPBACK, port = ''] =
    /^(?:(?:tcp:\/\/)?(\*|[A-Za-z0-9_.-]+|\[[0-9A-Fa-f:.]+\]):)?(\d{1,5})$/.exec(text) ?? [];
  const number = Number(port || Number.NaN);
  if (number >= 1 && number <= MOST_PORTS) return { value: `tcp://${host}:${number}` };
  return {
    value: fallback,
    warning: `"${text}" is neither "off", a port such as 5557, nor an address such as "tcp://127.0.0.1:5557"`,
  };
});

import { isIP } from 'node:net';
import { type Parser, parseNames, withForm } from './values.ts';

/** More than a network has registries; every entry is compared with every address. */
const MAX_ENTRIES = 256;

/** A host name, perhaps with "*." or "." before it and a port behind it. */
const hostPattern = /^(?:\*?\.)?[a-z0-9](?:[a-z0-9._-]*[a-z0-9])?(?::\d{1,5})?$/i;

/**
 * Hosts, suffixes, addresses and ranges of addresses, as in NO_PROXY; "*" names every host.
 * @param example a host, for the warning
 */
function hostList(example: string): Parser<readonly string[]> {
  return withForm({ kind: 'list' }, (text, fallback) => {
    const { value } = parseNames(text, []);
    if (value.length > MAX_ENTRIES) return { value: fallback, warning: `more than ${MAX_ENTRIES} entries` };
    const wrong = value.find((entry) => !isEntry(entry));
    if (wrong === undefined) return { value };
    const form = `a host such as "${example}", an address, or a range such as "10.0.0.0/8"`;
    return { value: fallback, warning: `"${wrong}" is not ${form}` };
  });
}

export const parsePrivateRegistries = hostList('registry.lan:5000');

/** Hosts from which the server may fetch pictures. */
export const parseImageHosts = hostList('images.example');

function isEntry(entry: string): boolean {
  if (entry === '*') return true;
  const [network = '', prefix] = entry.split('/');
  if (prefix !== undefined) {
    const bits = isIP(network) === 4 ? 32 : 128;
    return isIP(network) !== 0 && /^\d{1,3}$/.test(prefix) && Number(prefix) <= bits;
  }
  const bracketed = /^\[(.+)\](?::\d{1,5})?$/.exec(entry)?.[1];
  return isIP(bracketed ?? entry) !== 0 || (bracketed === undefined && hostPattern.test(entry));
}

import { KIB } from '../../base/units.ts';
import { hostAndPort, inSubnet, matchesEntry } from './host-list.ts';

/** Maximum characters of the list that are read. */
const MAX_NO_PROXY_LENGTH = 64 * KIB;

/** Whether a request for this URL goes directly to its host; always true for the machine itself. */
export function bypassesProxy(url: URL, noProxy: string): boolean {
  const target = hostAndPort(url);
  const { host } = target;
  if (host === 'localhost' || inSubnet('127.0.0.0/8', host) || inSubnet('::1/128', host)) return true;
  const entries = noProxy.slice(0, MAX_NO_PROXY_LENGTH).toLowerCase().split(',');
  return entries.some((entry) => matchesEntry(entry.trim(), target));
}

/** Which registries that are not public somebody may use. */
import { meaningsOf } from './address-class.ts';
import { hostAndPort, matchesEntry } from './host-list.ts';

/** @param address one that is not public, to which the host of the registry's URL resolves */
export type RegistryAccess = (registry: URL, address: string) => boolean;

/** For people on this machine, who could use their own programs, and for what the settings name. */
export const anyRegistry: RegistryAccess = () => true;

/** @param entries hosts, addresses and ranges, as in NO_PROXY */
export function listedRegistries(entries: readonly string[]): RegistryAccess {
  const list = entries.map((entry) => entry.trim().toLowerCase());
  return (registry, address) => {
    const named = hostAndPort(registry);
    const hosts = [named.host, address, ...meaningsOf(address)];
    return hosts.some((host) => list.some((entry) => matchesEntry(entry, { ...named, host })));
  };
}

/** Where Linux keeps the limits of the control groups that a process is in. See cgroups(7). */
import { dirname, join } from 'node:path';

export interface ControlGroup {
  readonly version: 1 | 2;
  /** Folder of its files, absolute. */
  readonly folder: string;
}

/**
 * The groups of a process and all their ancestors, since a limit on any of them counts. Inside a container the path
 * may be the host's: then only the mount itself is there.
 * @param membership text of `/proc/self/cgroup`
 * @param controller of version 1, "cpu" or "memory"; version 2 has one hierarchy for all
 */
export function controlGroups(membership: string, controller: string): ControlGroup[] {
  return membership.split('\n').flatMap((line) => {
    const [, controllers, path] = /^\d+:([^:]*):(\/.*)$/.exec(line) ?? [];
    if (path === undefined || controllers === undefined) return [];
    if (controllers === '') return withAncestors(2, '/sys/fs/cgroup', path);
    if (!controllers.split(',').includes(controller)) return [];
    return withAncestors(1, `/sys/fs/cgroup/${controller}`, path);
  });
}

function withAncestors(version: 1 | 2, mount: string, path: string): ControlGroup[] {
  const found: ControlGroup[] = [];
  for (let group = path; ; group = dirname(group)) {
    found.push({ version, folder: join(mount, group) });
    if (group === '/') return found;
  }
}

/** Finds the folders in which Linux keeps the limits of a process's control groups. See cgroups(7). */
import { posix } from 'node:path';

export interface ControlGroup {
  readonly version: 1 | 2;
  /** Absolute path of the folder with the group's files. */
  readonly folder: string;
}

/**
 * Returns the groups of a process and all their ancestors, because a limit on any of them counts. Inside a container the
 * path may be the host's; then only the mount itself exists.
 * @param membership text of `/proc/self/cgroup`
 * @param controller name of the version 1 controller, "cpu" or "memory"; version 2 has one hierarchy for all
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
  for (let group = path; ; group = posix.dirname(group)) {
    found.push({ version, folder: posix.join(mount, group) });
    if (group === '/') return found;
  }
}

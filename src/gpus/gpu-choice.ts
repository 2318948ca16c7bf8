/** Chooses which of the detected devices are offered to models. */

import type { ReportedDevice } from '../protocol/devices.ts';
import type { GpuDevice, GpuLibrary } from './gpu-device.ts';

export interface FoundDevices {
  /** Folder of the libraries that found them. */
  readonly folder: string;
  readonly devices: readonly ReportedDevice[];
}

const libraryByName: Readonly<Record<string, GpuLibrary>> = {
  cuda: 'cuda',
  rocm: 'rocm',
  vulkan: 'vulkan',
  mtl: 'metal',
  metal: 'metal',
  sycl: 'sycl',
};

interface Candidate {
  readonly reported: ReportedDevice;
  readonly library: GpuLibrary;
  readonly folder: string;
}

/**
 * Leaves out CPUs, integrated GPUs unless allowed, and a card that is found a second time through Vulkan, because the
 * vendor's own library is faster.
 */
export function chooseGpus(
  found: readonly FoundDevices[],
  { integrated }: { readonly integrated: boolean },
): GpuDevice[] {
  const candidates = found.flatMap(({ folder, devices }) =>
    devices.flatMap((reported): Candidate[] =>
      reported.kind === 'cpu' ? [] : [{ reported, folder, library: libraryOf(reported) }],
    ),
  );
  return withoutRepeats(candidates)
    .filter(({ reported }) => reported.kind === 'gpu' || integrated)
    .map(toDevice);
}

function libraryOf({ library }: ReportedDevice): GpuLibrary {
  const name = library.toLowerCase();
  return Object.hasOwn(libraryByName, name) ? (libraryByName[name] ?? 'other') : 'other';
}

function withoutRepeats(candidates: readonly Candidate[]): Candidate[] {
  // Each card of another library removes one of Vulkan's, so that two identical cards remain two.
  const unmatched = candidates.filter(({ library }) => library !== 'vulkan');
  const ids = new Set<string>();
  const isRepeat = ({ reported, library }: Candidate): boolean => {
    if (ids.has(reported.id)) return true;
    ids.add(reported.id);
    if (library !== 'vulkan') return false;
    const index = unmatched.findIndex((other) => isSameCard(other.reported, reported));
    if (index >= 0) unmatched.splice(index, 1);
    return index >= 0;
  };
  return candidates.filter((candidate) => !isRepeat(candidate));
}

function isSameCard(one: ReportedDevice, other: ReportedDevice): boolean {
  if (one.busId !== undefined && other.busId !== undefined) {
    return one.busId.toLowerCase() === other.busId.toLowerCase();
  }
  return one.description === other.description;
}

function toDevice({ reported, library, folder }: Candidate): GpuDevice {
  const { id, description, totalBytes, freeBytes } = reported;
  const kind = reported.kind === 'igpu' ? 'igpu' : 'gpu';
  return {
    id,
    description,
    kind,
    library,
    // Metal is used on Apple silicon only.
    ...((kind === 'igpu' || library === 'metal') && { isUnified: true }),
    totalBytes,
    freeBytes: Math.min(freeBytes, totalBytes),
    libraryFolder: folder,
  };
}

/** Reports the devices that the loaded libraries can reach. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import koffi from 'koffi';
import { messageOf } from '../../base/errors.ts';
import type { DeviceReport, ReportedDevice } from '../../protocol/devices.ts';
import type { Bindings, DeviceProperties, Pointer } from './bindings.ts';
import { registryNameOf, spareLibraries } from './libraries.ts';
import { deviceTypes } from './structs.ts';

const kindByType: Readonly<Record<number, ReportedDevice['kind']>> = {
  [deviceTypes.cpu]: 'cpu',
  [deviceTypes.gpu]: 'gpu',
  [deviceTypes.igpu]: 'igpu',
};

export function reportDevices(bindings: Bindings, folder: string): DeviceReport {
  const count = Number(bindings.deviceCount());
  const devices = Array.from({ length: count }, (_, index) => describe(bindings, bindings.deviceAt(index)));
  return { devices: devices.flatMap((device) => device ?? []), problems: findProblems(bindings, folder) };
}

function describe(bindings: Bindings, device: Pointer): ReportedDevice | undefined {
  const properties = {} as DeviceProperties;
  bindings.deviceProperties(device, properties);
  const kind = kindByType[properties.type];
  // The other kinds of device only accelerate the CPU.
  if (kind === undefined) return undefined;
  return {
    id: properties.name,
    description: properties.description,
    kind,
    library: bindings.registryName(bindings.deviceRegistry(device)),
    totalBytes: Number(properties.memory_total),
    freeBytes: Number(properties.memory_free),
    ...(properties.device_id !== null && { busId: properties.device_id }),
  };
}

/** Why GPU libraries in the folder were not loaded; ggml skips them silently. */
function findProblems(bindings: Bindings, folder: string): string[] {
  const files = readdirSync(folder).map((file) => join(folder, file));
  return [...files, ...spareLibraries(folder)].flatMap((path) => {
    const name = registryNameOf(path);
    if (name === undefined || bindings.registryByName(name) !== null) return [];
    return `${name}: ${whyNotLoaded(path)}`;
  });
}

function whyNotLoaded(path: string): string {
  try {
    koffi.load(path);
    return 'the library found no usable driver';
  } catch (error) {
    return messageOf(error);
  }
}

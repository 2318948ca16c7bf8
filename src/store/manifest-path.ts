/**
 * Names of models as paths of manifests, `<host>/<namespace>/<model>/<tag>`. Everywhere but on Windows, the parts of a
 * name are the names of the folders and of the file. Windows has no file names with a colon, reserves those of old devices,
 * and drops dots at the end; such parts are written differently there, in characters that Ollama accepts, too:
 *
 * | part of the name | on Windows |
 * |---|---|
 * | `localhost:5000` | `localhost_5000` |
 * | `con`, `aux.gguf` | `_con`, `_aux.gguf` |
 * | `model.` | `model._` |
 *
 * Ollama shows the first as the host `localhost_5000` and can run the model. A part that already looks like that gets one
 * more underscore, so that each part has one path and each path one part.
 */
import { ModelName } from '../names/model-name.ts';

/** A device, also with an ending or an underscore in front. */
const device = /^_*(con|prn|aux|nul|com[1-9]|lpt[1-9])(\.|$)/i;
const deviceOnDisk = /^_+(con|prn|aux|nul|com[1-9]|lpt[1-9])(\.|$)/i;
const lastDot = /\._*$/;
const lastDotOnDisk = /\._+$/;
const port = /^([^:]*):(\d{1,5})$/;
const portOnDisk = /_(\d{1,5})$/;
const likePort = /_\d{1,5}_*$/;
const likePortOnDisk = /_\d{1,5}_+$/;

/** Names of the three folders and of the file. */
export function pathOfName(
  { host, namespace, model, tag }: ModelName,
  platform: NodeJS.Platform = process.platform,
): string[] {
  const parts = [host, namespace, model, tag];
  return platform === 'win32' ? [onDisk(hostOnDisk(host)), ...parts.slice(1).map(onDisk)] : parts;
}

/** @returns undefined when these are not the folders and the file of a name */
export function nameOfPath(
  path: readonly string[],
  platform: NodeJS.Platform = process.platform,
): ModelName | undefined {
  const inName = path.map((part, level) => partOfName(part, level, platform));
  const [host = '', namespace = '', model = '', tag = ''] = inName;
  return ModelName.fromParts({ host, namespace, model, tag });
}

/** @param level 0 = the host */
function partOfName(part: string, level: number, platform: NodeJS.Platform): string {
  if (platform !== 'win32') return part;
  return level === 0 ? hostFromDisk(fromDisk(part)) : fromDisk(part);
}

function onDisk(part: string): string {
  const withoutDevice = device.test(part) ? `_${part}` : part;
  return lastDot.test(withoutDevice) ? `${withoutDevice}_` : withoutDevice;
}

function fromDisk(part: string): string {
  const withLastDot = lastDotOnDisk.test(part) ? part.slice(0, -1) : part;
  return deviceOnDisk.test(withLastDot) ? withLastDot.slice(1) : withLastDot;
}

/** Colons elsewhere than before a port, as in what remains of an IPv6 address, have no form that Ollama accepts. */
function hostOnDisk(host: string): string {
  if (likePort.test(host)) return `${host}_`.replaceAll(':', '%');
  return host.replace(port, '$1_$2').replaceAll(':', '%');
}

function hostFromDisk(host: string): string {
  const inName = likePortOnDisk.test(host) ? host.slice(0, -1) : host.replace(portOnDisk, ':$1');
  return inName.replaceAll('%', ':');
}

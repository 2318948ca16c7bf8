/**
 * Prints the devices that the libraries of a folder reach, as one line of JSON. A process of its own, since a broken
 * driver may crash it or hang.
 * Usage: devices-main.js [FOLDER], without one the libraries for the CPU
 */
import { messageOf } from '../base/errors.ts';
import { bindFunctions } from './native/bindings.ts';
import { reportDevices } from './native/device-report.ts';
import { loadLibraries } from './native/libraries.ts';
import { dieWithParent } from './native/parent-death.ts';
import { selfTest } from './native/self-test.ts';

try {
  const libraries = loadLibraries(process.argv[2]);
  dieWithParent();
  const bindings = bindFunctions(libraries);
  selfTest(bindings);
  const report = reportDevices(bindings, libraries.folder);
  // The threads of a driver would keep the process.
  process.stdout.write(`${JSON.stringify(report)}\n`, () => process.exit(0));
} catch (error) {
  process.stderr.write(`error: ${messageOf(error)}\n`, () => process.exit(1));
}

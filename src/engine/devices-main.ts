/**
 * Prints the devices that the libraries in a folder can reach, as one line of JSON. It runs as a separate process
 * because a broken driver may crash or hang it.
 * Usage: devices-main.js [FOLDER]. Without FOLDER, the CPU libraries are used.
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
  // Exit explicitly because driver threads would keep the process alive.
  process.stdout.write(`${JSON.stringify(report)}\n`, () => process.exit(0));
} catch (error) {
  process.stderr.write(`error: ${messageOf(error)}\n`, () => process.exit(1));
}

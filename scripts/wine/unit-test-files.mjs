// Which unit tests run on Windows' Node.

/** Folders whose code does something with the system: files, processes, sockets, native libraries, the terminal. */
export const windowsFolders = [
  'base',
  'cli',
  'client',
  'config',
  'conversations',
  'engine',
  'gpus',
  'modelfile',
  'names',
  'platform',
  'quantize',
  'registry',
  'runner',
  'store',
  'usage',
].map((name) => `src/${name}/`);

/** Files that do not run there at all, and why. Single tests that cannot are skipped in their files, with the reason. */
export const excludedFiles = {
  'src/base/regular-file.test.ts':
    'named pipes and device files do not exist; under Wine, /dev/zero is read without end',
};

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

/** Reasons why the tests of a file fail there, although the code that they test may well be right. */
const reasons = {
  shell: 'it starts sh, tar, openssl or journalctl, or scripts that sh runs',
  posix: 'it compares with paths or addresses of POSIX, in code that takes the system from the process',
  modes: 'it compares mode bits',
  links: 'it makes symbolic links, which Wine 8 cannot',
  devices: 'it makes named pipes and socket files; Wine reads /dev/zero without end',
  bits: 'it compares rounding that belongs to a build for processors, and writes over a file that is mapped',
  installed: 'it expects the libraries of node-llama-cpp in node_modules, and ours are in NODE_PATH',
  pure: 'it takes a minute, and nothing in it depends on the system',
  leftover: 'the process that it starts still has its folder open when the test removes it',
};

/** Files that do not run there at all, and why. Single tests that cannot are skipped in their files, with the reason. */
export const excludedFiles = {
  'src/base/program/programs.test.ts': reasons.posix,
  'src/base/regular-file.test.ts': reasons.devices,
  'src/cli/autostart/autostart.test.ts': reasons.leftover,
  'src/cli/command-reference.test.ts': reasons.pure,
  'src/cli/commands/create-folder.test.ts': reasons.posix,
  'src/cli/commands/create-request.test.ts': reasons.links,
  'src/cli/editor/external-editor.test.ts': reasons.shell,
  'src/cli/launch/files/changed-files.test.ts': reasons.modes,
  'src/cli/launch/integration-table.test.ts': reasons.modes,
  'src/cli/launch/launch-state.test.ts': reasons.modes,
  'src/cli/launch/windows-places.test.ts': reasons.posix,
  'src/cli/logs/journal.test.ts': reasons.shell,
  'src/cli/repl/prompt-files.test.ts': reasons.posix,
  'src/cli/upgrade/package-file.test.ts': reasons.shell,
  'src/config/config.test.ts': reasons.posix,
  'src/config/host.test.ts': reasons.posix,
  'src/config/listener-address.test.ts': reasons.posix,
  'src/config/load-settings.test.ts': reasons.devices,
  'src/config/setting-text.test.ts': reasons.posix,
  'src/engine/cache/step-back.test.ts': reasons.bits,
  'src/engine/convert/reference-files.test.ts': reasons.pure,
  'src/gpus/backend-catalog.test.ts': reasons.posix,
  'src/gpus/install-backend.test.ts': reasons.shell,
  'src/gpus/install-libraries.test.ts': reasons.shell,
  'src/platform/known-architectures.test.ts': reasons.installed,
  'src/platform/library-folder.test.ts': reasons.installed,
  'src/registry/pull/random-replies.test.ts': reasons.pure,
  'src/registry/transport/transport.test.ts': reasons.shell,
};

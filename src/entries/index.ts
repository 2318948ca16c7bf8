/**
 * The package's main entry, `ollama-ts`: build the server and let it listen.
 *
 * Every name in this file is public API, and its removal or change is a breaking change. Add names one by one.
 */
export { type ErrorCode, OllamaError } from '../base/errors.ts';
export { programVersion } from '../base/version.ts';
export type { Config } from '../config/config.ts';
export { type Environment, userFolder } from '../config/environment.ts';
export { LiveSettings } from '../config/live-settings.ts';
export { type LoadedSettings, loadSettings } from '../config/load-settings.ts';
export type { ServerApp } from '../server/app.ts';
export { type BuildOptions, type BuiltServer, buildServer } from '../server/build.ts';
export { type ListenAddress, type ListeningServer, listen } from '../server/serve.ts';

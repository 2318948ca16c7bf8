import type { Logger } from '../../base/logger.ts';
import type { Config } from '../../config/config.ts';
import { createPinoLogger } from './pino-logger.ts';
import type { RecentLog } from './recent-log.ts';
import { RotatingFile } from './rotating-file.ts';

/** @param warnings about settings that could not be read; they are logged */
export function createLogger(config: Config, warnings: readonly string[], recent: RecentLog): Logger {
  const logger = createPinoLogger({ level: () => config.logLevel, file: logFileOf(config), recent });
  for (const warning of warnings) logger.warn(warning);
  return logger;
}

function logFileOf({ logFile }: Config): RotatingFile | undefined {
  if (logFile === '') return undefined;
  const onFailure = (reason: string) =>
    process.stderr.write(`Warning: cannot write the log file: ${reason}\n`);
  return new RotatingFile(logFile, { onFailure });
}

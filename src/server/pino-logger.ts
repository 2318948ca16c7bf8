import { type DestinationStream, type Logger as PinoLogger, pino } from 'pino';
import type { Logger } from '../base/logger.ts';

/** Standard error: standard output belongs to what a command prints. */
const STDERR = 2;

/** A logger that writes one JSON object per line. The only file that knows pino. */
export function createPinoLogger(options: {
  /** Asked for each line. */
  level: () => 'info' | 'debug' | 'trace';
  destination?: DestinationStream;
}): Logger {
  const destination = options.destination ?? pino.destination({ fd: STDERR, sync: true });
  return wrap(
    pino({ level: 'debug', base: null, timestamp: pino.stdTimeFunctions.isoTime }, destination),
    () => options.level() !== 'info',
  );
}

function wrap(logger: PinoLogger, tellsAll: () => boolean): Logger {
  return {
    debug: (message, fields) => {
      if (tellsAll()) logger.debug(fields, message);
    },
    info: (message, fields) => logger.info(fields, message),
    warn: (message, fields) => logger.warn(fields, message),
    error: (message, fields) => logger.error(fields, message),
    child: (fields) => wrap(logger.child(fields), tellsAll),
  };
}

import { type DestinationStream, type Logger as PinoLogger, pino } from 'pino';
import type { Logger } from '../../base/logger.ts';

/** Logs go to standard error, because standard output is for the output of a command. */
const STDERR = 2;

/** Creates a logger that writes one JSON object per line. This is the only file that uses pino. */
export function createPinoLogger(options: {
  /** Called for each line. */
  level: () => 'info' | 'debug' | 'trace';
  destination?: DestinationStream;
  /** Receives a copy of each line. */
  file?: DestinationStream | undefined;
  /** Receives another copy. */
  recent?: DestinationStream | undefined;
}): Logger {
  const main = options.destination ?? pino.destination({ fd: STDERR, sync: true });
  const copies = [options.file, options.recent].filter((copy) => copy !== undefined);
  const destination = copies.reduce<DestinationStream>(both, main);
  return wrap(
    pino({ level: 'debug', base: null, timestamp: pino.stdTimeFunctions.isoTime }, destination),
    () => options.level() !== 'info',
  );
}

function both(first: DestinationStream, second: DestinationStream): DestinationStream {
  return {
    write: (line) => {
      first.write(line);
      second.write(line);
    },
  };
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

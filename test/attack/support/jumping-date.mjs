// Moves the time of day of a process by the milliseconds that the file DATE_OFFSET_FILE holds, as it does when somebody
// sets the clock of a machine. Timers and performance.now() are not affected, as on a real machine.
// Usage: NODE_OPTIONS=--import=file://…/jumping-date.mjs
import { readFileSync } from 'node:fs';

const INTERVAL_MS = 100;
const RealDate = Date;
let offset = 0;

class JumpingDate extends RealDate {
  constructor(...parts) {
    if (parts.length === 0) super(RealDate.now() + offset);
    else super(...parts);
  }

  static now() {
    return RealDate.now() + offset;
  }
}

function look() {
  try {
    offset = Number(readFileSync(process.env.DATE_OFFSET_FILE, 'utf8'));
  } catch {
    // The file is being written, or this process has no such file.
  }
}

globalThis.Date = JumpingDate;
look();
setInterval(look, INTERVAL_MS).unref();

import koffi from 'koffi';

/** PR_SET_PDEATHSIG of prctl(2) */
const SET_PARENT_DEATH_SIGNAL = 1;
const SIGKILL = 9;

/**
 * Lets the kernel end this process when its parent dies, however busy or stuck it is. Closing the pipe does the same,
 * but only once JavaScript runs again. Does nothing but on Linux with glibc. To be called after `loadLibraries`, which
 * configures koffi.
 */
export function dieWithParent(): void {
  if (process.platform !== 'linux') return;
  try {
    const prctl = koffi.load('libc.so.6').func('int prctl(int, unsigned long)');
    prctl(SET_PARENT_DEATH_SIGNAL, SIGKILL);
  } catch {
    // Another libc: the pipe has to do.
  }
}

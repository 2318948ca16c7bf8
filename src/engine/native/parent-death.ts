import koffi from 'koffi';

/** PR_SET_PDEATHSIG of prctl(2) */
const SET_PARENT_DEATH_SIGNAL = 1;
const SIGKILL = 9;

/**
 * Tells the kernel to kill this process when its parent dies, however busy or stuck it is. Closing the pipe has the
 * same effect, but only once JavaScript runs again. Has no effect except on Linux with glibc. Must be called after
 * `loadLibraries`, which configures koffi.
 */
export function dieWithParent(): void {
  if (process.platform !== 'linux') return;
  try {
    const prctl = koffi.load('libc.so.6').func('int prctl(int, unsigned long)');
    prctl(SET_PARENT_DEATH_SIGNAL, SIGKILL);
  } catch {
    // Another libc: the pipe has to suffice.
  }
}

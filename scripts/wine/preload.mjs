// Loaded by each process of Windows' Node before its program: makes up for what Wine 8 does not do as Windows does.
import { Socket } from 'node:net';

// Wine sets these variables to folders of its own, whatever a process is given.
const { WINDOWS_PROFILE, WINDOWS_TEMP } = process.env;
if (WINDOWS_TEMP) Object.assign(process.env, { TEMP: WINDOWS_TEMP, TMP: WINDOWS_TEMP });
if (WINDOWS_PROFILE) {
  Object.assign(process.env, {
    USERPROFILE: WINDOWS_PROFILE,
    APPDATA: `${WINDOWS_PROFILE}\\AppData\\Roaming`,
    LOCALAPPDATA: `${WINDOWS_PROFILE}\\AppData\\Local`,
  });
}

// A socket that is to keep its connection alive from the start cannot connect, and undici makes all its sockets so.
const { setKeepAlive } = Socket.prototype;
Socket.prototype.setKeepAlive = function (...args) {
  if (this.connecting) this.once('connect', () => setKeepAlive.apply(this, args));
  else setKeepAlive.apply(this, args);
  return this;
};

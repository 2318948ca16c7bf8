import { expect, it } from 'vitest';
import { homeFolder, localFolder, userFolder } from './environment.ts';
import { logFilePath, logsFolder } from './log-files.ts';
import { pathsParser } from './values.ts';

const USERPROFILE = 'C:\\Users\\Zoë Größe';

it('takes the home folder of Windows before that of Git Bash, and elsewhere HOME', () => {
  const environment = { HOME: '/c/Users/Zoë Größe', USERPROFILE };
  expect(homeFolder(environment, 'win32')).toBe(USERPROFILE);
  expect(userFolder(environment, 'win32')).toBe(`${USERPROFILE}\\.ollama`);
  expect(homeFolder({ HOME: 'D:\\home' }, 'win32'), 'without USERPROFILE').toBe('D:\\home');
  expect(userFolder({ HOME: '/home/user', USERPROFILE }, 'linux')).toBe('/home/user/.ollama');
});

it("finds logs where Ollama's desktop programs write them", () => {
  expect(logsFolder({ HOME: '/home/user' }, 'darwin')).toBe('/home/user/.ollama/logs');
  expect(logsFolder({ LOCALAPPDATA: 'D:\\Local' }, 'win32')).toBe('D:\\Local\\Ollama');
  const environment = { USERPROFILE };
  expect(localFolder(environment, 'win32')).toBe(`${USERPROFILE}\\AppData\\Local`);
  const path = `${USERPROFILE}\\AppData\\Local\\Ollama\\server.log`;
  expect(logFilePath('server.log', environment, 'win32')).toBe(path);
  expect(logFilePath('E:/logs/a.log', environment, 'win32')).toBe('E:\\logs\\a.log');
  expect(logFilePath('\\\\nas\\logs\\a.log', environment, 'win32')).toBe('\\\\nas\\logs\\a.log');
  expect(logFilePath('', environment, 'win32')).toBe('');
});

it('separates folders by what the PATH of the system has, or by commas', () => {
  const read = (platform: NodeJS.Platform, text: string) => pathsParser(platform)(text, []).value;
  expect(read('win32', 'C:\\a;D:/b, \\\\nas\\c')).toEqual(['C:\\a', 'D:/b', '\\\\nas\\c']);
  expect(read('linux', '/a:/b,/c')).toEqual(['/a', '/b', '/c']);
});

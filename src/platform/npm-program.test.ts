import { expect, it } from 'vitest';
import { npmProgram } from './npm-program.ts';

const script = (folder: string) => `${folder}\\node_modules\\npm\\bin\\npm-cli.js`;
const onWindows = (execPath: string, PATH: string, files: readonly string[]) =>
  npmProgram({
    platform: 'win32',
    environment: { PATH },
    execPath,
    exists: (path) => files.includes(path),
  });

it('is found by its name where programs need no shell', () => {
  expect(npmProgram({ platform: 'linux', environment: {}, execPath: '/usr/bin/node' })).toEqual(['npm']);
});

it('is the script of the running Node on Windows', () => {
  const node = 'C:\\Program Files\\nodejs\\node.exe';
  const own = script('C:\\Program Files\\nodejs');
  expect(onWindows(node, '', [node, own])).toEqual([node, own]);
});

it('is the script of the Node in the PATH if this program is one file', () => {
  const files = ['C:\\node\\node.exe', script('C:\\node')];
  expect(onWindows('C:\\Ollama\\ollama.exe', 'C:\\Windows;C:\\node', files)).toEqual(files);
});

it('may have been upgraded into another folder than that of Node', () => {
  const upgraded = script('C:\\Users\\x\\AppData\\Roaming\\npm');
  const path = 'C:\\Users\\x\\AppData\\Roaming\\npm';
  expect(onWindows('D:\\node.exe', path, [upgraded])).toEqual(['D:\\node.exe', upgraded]);
  expect(onWindows('C:\\Ollama\\ollama.exe', path, [upgraded])).toEqual(['node.exe', upgraded]);
});

it('keeps its name where it is missing, so that the error says so', () => {
  expect(onWindows('C:\\Ollama\\ollama.exe', 'C:\\Windows', [])).toEqual(['npm']);
});

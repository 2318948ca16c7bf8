import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { editExternally, editorCommand } from './external-editor.ts';

function chosen(setting: string, environment: Record<string, string>, platform: NodeJS.Platform = 'linux') {
  return editorCommand({ setting, environment, platform });
}

describe('the choice of an editor', () => {
  it('prefers our own setting, then VISUAL, then EDITOR', () => {
    const environment = { VISUAL: 'code --wait', EDITOR: 'nano' };
    expect(chosen('emacs -nw', environment)).toEqual(['emacs', '-nw']);
    expect(chosen('', environment)).toEqual(['code', '--wait']);
    expect(chosen('', { VISUAL: ' ', EDITOR: 'nano' })).toEqual(['nano']);
    expect(chosen('', {})).toEqual(['vi']);
  });

  it('takes notepad on Windows if there is no editor for terminals', () => {
    const onWindows = (environment: Record<string, string>, ...programs: string[]) =>
      editorCommand({
        setting: '',
        environment: { PATH: 'C:\\Windows\\System32;C:\\code', ...environment },
        platform: 'win32',
        isProgram: (path) => programs.includes(path),
      });
    expect(onWindows({})).toEqual(['notepad']);
    expect(onWindows({}, 'C:\\Windows\\System32\\edit.exe')).toEqual(['edit']);
    expect(onWindows({ EDITOR: 'code --wait' }, 'C:\\code\\code.cmd')).toEqual(['code', '--wait']);
    const path = 'C:\\Program Files\\Vim\\gvim.exe';
    expect(onWindows({ EDITOR: path }, path), 'a path with spaces').toEqual([path]);
  });

  it('supports quotes', () => {
    const path = '"/opt/my editor/run" --title \'a b\' -n';
    const words = ['/opt/my editor/run', '--title', 'a b', '-n'];
    expect(chosen('', { EDITOR: path })).toEqual(words);
    expect(chosen("/opt/my editor/run\" --title 'a b' -n", { OLLAMA_EDITOR: path })).toEqual(words);
  });
});

describe('editing in another program', () => {
  async function withScript(lines: string, run: (path: string) => Promise<void>): Promise<void> {
    const folder = await mkdtemp(join(tmpdir(), 'editor-'));
    const path = join(folder, 'script');
    await writeFile(path, `#!/bin/sh\n${lines}\n`);
    await chmod(path, 0o755);
    await run(path);
    await rm(folder, { recursive: true });
  }

  it('returns the edited text with plain line breaks', async () => {
    await withScript(`printf 'x\\r\\n' >>"$2"; printf '%s\\n\\n' "$1" >>"$2"`, async (path) => {
      expect(await editExternally('a\n', [path, 'last'])).toBe('a\nx\nlast');
    });
  });

  it('drops the mark that some editors put before the text', async () => {
    await withScript(`printf '\\357\\273\\277%s' b >"$1"`, async (path) => {
      expect(await editExternally('a', [path])).toBe('b');
    });
  });

  it('reports what went wrong', async () => {
    await expect(editExternally('a', ['no-such-editor'])).rejects.toThrow(
      /"no-such-editor": no such program/,
    );
    await withScript('exit 3', (path) =>
      expect(editExternally('a', [path])).rejects.toThrow('failed with exit code 3'),
    );
    await withScript('kill -TERM $$', (path) =>
      expect(editExternally('a', [path])).rejects.toThrow('ended by SIGTERM'),
    );
    await withScript('truncate -s 17M "$1"', (path) =>
      expect(editExternally('a', [path])).rejects.toThrow('the text has more than'),
    );
  });
});

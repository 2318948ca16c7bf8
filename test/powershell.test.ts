/**
 * Reads the scripts for PowerShell with its grammar, because PowerShell itself is not in the registries that the tests use. Windows has
 * version 5.1, so whatever is newer is refused.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { Language, type Node, Parser } from 'web-tree-sitter';
import { completionCommand } from '../src/cli/commands/completion.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const grammar = createRequire(import.meta.url).resolve('tree-sitter-powershell/tree-sitter-powershell.wasm');

const everywhere = ['ErrorAction'];
/** The commands of Windows PowerShell 5.1 that the scripts may use, and their parameters. */
const commands: Readonly<Record<string, readonly string[]>> = {
  'Add-Type': ['AssemblyName'],
  'ForEach-Object': [],
  'Get-ChildItem': ['LiteralPath', 'Directory', 'Force'],
  'Get-Content': ['LiteralPath', 'Raw'],
  'Get-FileHash': ['LiteralPath', 'Algorithm'],
  'Get-Item': ['LiteralPath'],
  'Get-Process': ['Name'],
  'Invoke-WebRequest': ['Uri', 'OutFile', 'UseBasicParsing'],
  'Join-Path': [],
  'Move-Item': ['LiteralPath', 'Destination'],
  'New-Item': ['ItemType', 'Path', 'Force'],
  'Out-Null': [],
  'Register-ArgumentCompleter': ['Native', 'CommandName', 'ScriptBlock'],
  'Remove-Item': ['LiteralPath', 'Recurse', 'Force'],
  'Remove-ItemProperty': ['Path', 'Name'],
  'Select-Object': ['Skip'],
  'Set-Content': ['LiteralPath', 'Value'],
  'Split-Path': ['Leaf', 'Parent'],
  'Stop-Process': ['Force'],
  'Test-Path': ['LiteralPath', 'PathType'],
  'Wait-Process': ['Timeout'],
  'Where-Object': [],
  'Write-Host': [],
  'Write-Warning': [],
};
/** Operators of PowerShell 7: pipeline chains, and those for null. */
const newerOperator = /&&|\|\||\?\?|\?\./;

let parser: Parser;
beforeAll(async () => {
  await Parser.init();
  parser = new Parser().setLanguage(await Language.load(grammar));
});

async function completionScript(): Promise<string> {
  const written: string[] = [];
  const stdout = { write: (text: string) => written.push(text) } as unknown as NodeJS.WriteStream;
  const context = { stdout } as Parameters<typeof completionCommand.run>[1];
  await completionCommand.run({ positionals: ['powershell'], flags: {} }, context);
  return written.join('');
}

const installer = async () => readFileSync(`${root}scripts/install.ps1`, 'utf8');
const scripts = [
  ['scripts/install.ps1', installer],
  ['ollama completion powershell', completionScript],
] as const;

function treeOf(text: string): Node {
  const tree = parser.parse(text);
  if (!tree) throw new Error('no tree');
  return tree.rootNode;
}

function all(node: Node, type: string): Node[] {
  return node.descendantsOfType(type).filter((found) => found !== null);
}

/** The parameters of a command, without those of commands within its arguments. */
function parametersOf(node: Node): string[] {
  return node.children.flatMap((child) => {
    if (!child || child.type === 'command') return [];
    return child.type === 'command_parameter' ? [child.text] : parametersOf(child);
  });
}

function unknownParts(tree: Node): string[] {
  const own = new Set(all(tree, 'function_name').map(({ text }) => text));
  return all(tree, 'command').flatMap((command) => {
    const name = command.childForFieldName('command_name')?.text ?? '';
    // Programs, which are called by a path in a variable, and ollama itself.
    if (name.startsWith('$') || name === 'ollama' || own.has(name)) return [];
    const known = commands[name];
    if (!known) return [name];
    const allowed = [...known, ...everywhere].map((parameter) => `-${parameter}`);
    return parametersOf(command).filter((parameter) => !allowed.includes(parameter));
  });
}

describe.each(scripts)('%s', (_, read) => {
  it('follows the grammar of PowerShell', async () => {
    expect(treeOf(await read()).hasError).toBe(false);
  });

  it('calls only its own functions and what Windows PowerShell 5.1 has', async () => {
    const text = await read();
    expect(unknownParts(treeOf(text))).toEqual([]);
    expect(text).not.toMatch(newerOperator);
  });

  it('is ASCII, because Windows PowerShell 5.1 reads other files in the code page of the machine', async () => {
    expect(await read()).toMatch(/^[\t\n\x20-\x7e]*$/);
  });
});

it('notices what it looks for', () => {
  expect(treeOf('if ($a { }').hasError).toBe(true);
  expect(unknownParts(treeOf('Get-Content -Path a; Get-Thing (Split-Path -Qualifier b)'))).toEqual([
    '-Path',
    'Get-Thing',
    '-Qualifier',
  ]);
});

describe('the installer', () => {
  it('describes each parameter and each variable that it reads', async () => {
    const text = await installer();
    const [help = '', code = ''] = text.split('#>\n');
    const [block] = all(treeOf(code), 'param_block');
    const parameters = all(block ?? treeOf(''), 'script_parameter').map(({ text: parameter }) => {
      return /\$(\w+)/.exec(parameter)?.[1] ?? '';
    });
    expect(parameters).toEqual(['Package', 'Sha256', 'InstallDir', 'NoStart', 'Uninstall']);
    for (const name of parameters) expect(help).toContain(`.PARAMETER ${name}\n`);
    const variables = new Set(code.match(/(?<=\$env:)OLLAMA_\w+/g));
    expect(variables.size).toBe(5);
    const page = readFileSync(`${root}docs/install.md`, 'utf8');
    for (const name of variables) {
      expect(help).toContain(`    ${name} `);
      expect(page).toContain(`\`${name}\``);
    }
  });
});

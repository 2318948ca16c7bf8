import type { Tool } from '../../../src/api/common.ts';

/** The 24 tools of an imagined coding agent, with schemas as nested as those of real ones. */
export function codingAgentTools(): Tool[] {
  return Object.entries(parameters).map(([name, properties]) => ({
    type: 'function',
    function: {
      name,
      description: `${name.replaceAll('_', ' ')}. ${advice}`,
      parameters: {
        $schema: 'https://json-schema.org/draft/2020-12/schema',
        type: 'object',
        properties,
        required: Object.keys(properties).slice(0, 2),
        additionalProperties: false,
      },
    },
  }));
}

const advice =
  'Prefer this tool to a shell command that does the same. Give absolute paths, ask for no more than you need, and say in one sentence what you expect to find before you call it. '.repeat(
    4,
  );

const text = (description: string) => ({ type: 'string', description });
const path = text('Absolute path of the file');
const count = (maximum: number) => ({ type: 'integer', minimum: 1, maximum });
const flag = { type: 'boolean', default: false };
const choice = (...values: string[]) => ({ type: 'string', enum: values });
const list = (items: object, maxItems = 50) => ({ type: 'array', items, minItems: 1, maxItems });
const record = (properties: object, required: readonly string[]) => ({
  type: 'object',
  properties,
  required,
  additionalProperties: false,
});
const range = record({ line: count(1_000_000), column: count(10_000) }, ['line']);
const edit = record(
  { old_text: text('Text to replace'), new_text: text('Its replacement'), everywhere: flag },
  ['old_text', 'new_text'],
);
const status = choice('waiting', 'running', 'done', 'dropped');
const task = record(
  { title: { type: 'string', minLength: 1, maxLength: 200 }, status, owner: text('Who does it') },
  ['title', 'status'],
);

const parameters: Readonly<Record<string, Record<string, object>>> = {
  read_file: { path, first_line: count(1_000_000), lines: count(5000), encoding: choice('utf-8', 'latin-1') },
  write_file: {
    path,
    content: text('The whole content'),
    make_folders: flag,
    mode: { type: 'string', pattern: '^0?[0-7]{3}$' },
  },
  edit_file: { path, edits: list(edit), check_only: flag },
  move_file: { from: path, to: path, overwrite: flag },
  remove_file: { path, recursive: flag },
  list_folder: { path, depth: count(20), ignore: list(text('Pattern of names to leave out')) },
  find_files: {
    pattern: text('Glob pattern'),
    root: path,
    limit: count(10_000),
    sort: choice('name', 'size', 'time'),
  },
  search_text: {
    pattern: text('Regular expression'),
    root: path,
    glob: text('Which files'),
    output: choice('lines', 'files', 'counts'),
    before: count(50),
    after: count(50),
    ignore_case: flag,
    multiline: flag,
  },
  run_command: {
    command: text('Command line'),
    folder: path,
    timeout_ms: count(600_000),
    environment: { type: 'object', additionalProperties: { type: 'string' } },
    background: flag,
  },
  read_output: {
    process: text('ID of the process'),
    since: { type: 'integer', minimum: 0 },
    filter: text('Regular expression'),
  },
  stop_process: { process: text('ID of the process'), signal: choice('TERM', 'KILL', 'INT') },
  plan_tasks: { tasks: list(task, 100), replace: flag },
  start_helper: {
    task: text('What the helper shall do'),
    kind: choice('search', 'write', 'review', 'test'),
    tools: list(text('Name of a tool'), 24),
    limits: record({ turns: count(200), tokens: count(1_000_000) }, []),
  },
  ask_user: {
    question: text('Question'),
    options: list(
      record({ label: text('Short answer'), detail: text('What it means'), preview: text('Example') }, [
        'label',
      ]),
      6,
    ),
    several: flag,
  },
  fetch_page: {
    url: { type: 'string', format: 'uri', maxLength: 2083 },
    prompt: text('What to look for'),
    format: choice('text', 'markdown'),
  },
  search_web: {
    query: { type: 'string', minLength: 2 },
    sites: list(text('Host'), 20),
    since: { type: 'string', format: 'date' },
  },
  read_notebook: { path, cells: list(count(10_000)) },
  edit_notebook: {
    path,
    cell: count(10_000),
    source: text('Source'),
    kind: choice('code', 'markdown'),
    action: choice('replace', 'insert', 'delete'),
  },
  find_symbol: {
    name: text('Symbol'),
    kind: choice('class', 'function', 'variable', 'type'),
    root: path,
    exact: flag,
  },
  find_references: { path, position: range, include_declaration: flag },
  rename_symbol: { path, position: range, new_name: { type: 'string', pattern: '^[A-Za-z_$][\\w$]*$' } },
  run_tests: { files: list(path), filter: text('Names of tests'), coverage: flag, repeat: count(20) },
  make_commit: {
    message: { type: 'string', minLength: 1, maxLength: 5000 },
    files: list(path, 500),
    trailers: list(record({ key: text('Name'), value: text('Value') }, ['key', 'value']), 10),
  },
  remember: {
    key: { type: 'string', pattern: '^[a-z][a-z0-9-]{0,40}$' },
    value: { anyOf: [{ type: 'string' }, { type: 'number' }, { type: 'boolean' }, { type: 'null' }] },
    scope: choice('session', 'project', 'user'),
    expires: { type: 'string', format: 'date-time' },
  },
};

type Rows = readonly (readonly [left: string, right: string])[];

function table(title: string, rows: Rows): string {
  const width = Math.max(...rows.map(([left]) => left.length));
  return [title, ...rows.map(([left, right]) => `  ${left.padEnd(width)}   ${right}`), ''].join('\n');
}

const commands = table('Available Commands:', [
  ['/set', 'Change the settings of this session'],
  ['/show', 'Show information about the model'],
  ['/load <model>', 'Switch to another model and clear the conversation'],
  ['/save <model>', 'Save this session as a model'],
  ['/clear', 'Clear the conversation and keep the system message'],
  ['/bye', 'Exit'],
  ['/?, /help', 'Show this help'],
  ['/? set, /? show', 'Show the help for /set or /show'],
  ['/? shortcuts', 'Show the keyboard shortcuts'],
]);

const longMessages = 'Enclose a message of several lines in """.\n';
const files =
  'Include images (.jpg, .png, .webp, .gif, .bmp) and sounds (.wav, .mp3, .flac) by their path, such as /path/to/file.png.\n';

/** Windows stops no program so that it can be continued. */
const suspension = ['Ctrl + z', 'Suspend the program; "fg" in the shell resumes it'] as const;

const shortcuts = (platform: NodeJS.Platform) =>
  table('Available Keys:', [
    ['Ctrl + a, Ctrl + e', 'Move to the start or end of the line'],
    ['Alt + b, Alt + f', 'Move back or forward by a word'],
    ['Ctrl + k, Ctrl + u', 'Delete to the end or start of the line'],
    ['Ctrl + w', 'Delete the word before the cursor'],
    ['Ctrl + y, Alt + y', 'Paste the last deleted text, then older ones'],
    ['Ctrl + _', 'Undo'],
    ['Up, Down', 'Move through the history'],
    ['Ctrl + r, Ctrl + s', 'Search the history backward or forward'],
    ['Ctrl + j', 'Insert a line break'],
    ['Ctrl + l', 'Clear the screen'],
    ['Ctrl + g', 'Edit the message in an external editor'],
    ['Ctrl + c', 'Stop the answer, or clear the line'],
    ...(platform === 'win32' ? [] : [suspension]),
    ['Ctrl + d', 'Exit'],
  ]);

const topics: Readonly<Record<string, string>> = {
  set: table('Available Commands:', [
    ['/set parameter <name> <value>', 'Set a parameter, such as num_ctx, seed, stop or temperature'],
    ['/set system <text>', 'Set the system message'],
    ['/set history', 'Turn on the history'],
    ['/set nohistory', 'Turn off the history'],
    ['/set wordwrap', 'Wrap lines between words'],
    ['/set nowordwrap', 'Do not wrap lines'],
    ['/set format json', 'Request answers in JSON'],
    ['/set noformat', 'Allow answers in any format'],
    ['/set verbose', 'Show timings after each answer'],
    ['/set quiet', 'Do not show timings'],
    ['/set think [level]', 'Turn on thinking: high, medium, low or max'],
    ['/set nothink', 'Turn off thinking'],
  ]),
  parameter: table('Available Parameters:', [
    ['/set parameter seed <int>', 'Seed of the random number generator'],
    ['/set parameter num_predict <int>', 'Maximum number of tokens in an answer'],
    ['/set parameter num_ctx <int>', 'Context length in tokens'],
    ['/set parameter temperature <float>', 'Randomness of the answer'],
    ['/set parameter top_k <int>', 'Choose from this number of most likely tokens'],
    ['/set parameter top_p <float>', 'Choose from the most likely tokens up to this total probability'],
    ['/set parameter min_p <float>', 'Minimum probability of a token, relative to the most likely one'],
    ['/set parameter repeat_penalty <float>', 'Strength of the penalty for repetition'],
    ['/set parameter repeat_last_n <int>', 'Number of previous tokens to check for repetition'],
    ['/set parameter num_gpu <int>', 'Number of layers on the GPU'],
    ['/set parameter stop <text> <text> ...', 'Texts that end the answer'],
  ]),
  show: table('Available Commands:', [
    ['/show info', 'Show details of the model'],
    ['/show license', "Show the model's license"],
    ['/show modelfile', "Show the model's Modelfile"],
    ['/show parameters', 'Show the parameters of the model and of this session'],
    ['/show system', 'Show the system message'],
    ['/show template', "Show the model's prompt template"],
  ]),
};

/**
 * @param topic the word after `/?`; an unknown topic returns the list of commands
 * @param isMultimodal whether the model accepts files
 */
export function helpText(
  topic: string | undefined,
  isMultimodal = false,
  platform: NodeJS.Platform = process.platform,
): string {
  const name = topic?.replace(/^\//, '').replace(/^shortcut$/, 'shortcuts') ?? '';
  if (name === 'shortcuts') return shortcuts(platform);
  const known = Object.hasOwn(topics, name) ? topics[name] : undefined;
  return known ?? `${commands}\n${longMessages}${isMultimodal ? files : ''}`;
}

import { OllamaError } from '../../base/errors.ts';
import { defineCommand } from '../command.ts';
import { FILES, NOTHING_TYPED, shells } from '../completion.ts';

type Shell = (typeof shells)[number];

/**
 * Bash splits words at colons and equals signs. The script therefore reads the whole line, and removes the part of each
 * reply up to the last of these characters.
 */
const bash = `# bash completion for ollama: source <(ollama completion bash)
_ollama() {
  local line="\${COMP_LINE:0:COMP_POINT}" current prefix breaks="\${COMP_WORDBREAKS//[^:=]/}"
  local -a words
  read -r -a words <<< "$line"
  [[ "$line" == *[[:space:]] ]] && words+=("")
  current="\${words[\${#words[@]}-1]}"
  local IFS=$'\\n'
  COMPREPLY=($(ollama __complete "\${words[@]:1}" 2>/dev/null))
  if [[ "\${COMPREPLY[*]}" == "${FILES}" ]]; then
    compopt -o filenames 2>/dev/null
    COMPREPLY=($(compgen -f -- "\${current#--*=}"))
    return
  fi
  if [[ -n "$breaks" && "$current" == *[$breaks]* ]]; then
    prefix="\${current%"\${current##*[$breaks]}"}"
    COMPREPLY=("\${COMPREPLY[@]#"$prefix"}")
  fi
}
complete -F _ollama ollama
`;

const zsh = `#compdef ollama
# zsh completion for ollama: ollama completion zsh > "\${fpath[1]}/_ollama"
_ollama() {
  local -a found
  found=("\${(@f)$(ollama __complete "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  found=("\${(@)found:#}")
  if [[ "$found" == "${FILES}" ]]; then
    compset -P '--*='
    _files
  elif (( $#found )); then
    compadd -a found
  fi
}
compdef _ollama ollama
`;

const fish = `# fish completion for ollama: ollama completion fish > ~/.config/fish/completions/ollama.fish
function __ollama_complete
  set -l words (commandline -opc)
  set -e words[1]
  set -l found (ollama __complete $words (commandline -ct) 2>/dev/null)
  if test "$found" = "${FILES}"
    __fish_complete_path (commandline -ct)
  else
    printf '%s\\n' $found
  end
end
complete -c ollama -f -a '(__ollama_complete)'
`;

/**
 * The words come from the parsed command, because PowerShell passes only the last one as text. A reply without items would make it offer
 * files. It runs in Windows PowerShell 5.1 as well.
 */
const powershell = `# PowerShell completion for ollama: ollama completion powershell | Out-String | Invoke-Expression
Register-ArgumentCompleter -Native -CommandName 'ollama', 'ollama.exe' -ScriptBlock {
  param($wordToComplete, $commandAst, $cursorPosition)
  $words = @()
  $typed = ''
  foreach ($element in ($commandAst.CommandElements | Select-Object -Skip 1)) {
    $start = $element.Extent.StartOffset
    if ($start -ge $cursorPosition) { break }
    $text = $element.Extent.Text
    if ($element.Extent.EndOffset -lt $cursorPosition) {
      $words += $text.Trim('"', "'")
    } else {
      $typed = $text.Substring(0, $cursorPosition - $start).Trim('"', "'")
    }
  }
  $current = $typed
  if ($current -eq '') { $current = '${NOTHING_TYPED}' }
  $found = @(& ollama __complete @words $current 2>$null)
  if ($found.Count -eq 0) { return '' }
  if ($found[0] -ne '${FILES}') {
    foreach ($name in $found) {
      [System.Management.Automation.CompletionResult]::new($name, $name, 'ParameterValue', $name)
    }
    return
  }
  $flag = ''
  $path = $typed
  if ($typed -match '^(--[^=]+=)(.*)$') {
    $flag = $Matches[1]
    $path = $Matches[2]
  }
  foreach ($file in [System.Management.Automation.CompletionCompleters]::CompleteFilename($path)) {
    $text = $flag + $file.CompletionText
    [System.Management.Automation.CompletionResult]::new($text, $file.ListItemText, $file.ResultType, $file.ToolTip)
  }
}
`;

const scripts: Readonly<Record<Shell, string>> = { bash, fish, powershell, zsh };

export const completionCommand = defineCommand({
  name: 'completion',
  usage: 'completion SHELL',
  summary: 'Print a completion script for bash, fish, PowerShell or zsh',
  arity: { min: 1, max: 1 },
  flags: {},
  completes: 'shells',
  settings: 'client',
  needsServer: false,
  async run({ positionals: [asked = ''] }, { stdout }) {
    const shell = shells.find((name) => name === asked);
    if (!shell) {
      throw new OllamaError('invalid-request', `unknown shell "${asked}": use one of ${shells.join(', ')}`);
    }
    stdout.write(scripts[shell]);
    return 0;
  },
});

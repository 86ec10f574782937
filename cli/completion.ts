/** Completion for shells: one script each, made of the table of commands. */
import type { Command } from './command.ts';
import { wordsOf } from './help.ts';
import { optionsOf } from './parse.ts';

export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];

export function completionOf(shell: Shell, table: readonly Command[]): string {
  switch (shell) {
    case 'bash':
      return bash(table);
    case 'zsh':
      // zsh runs bash's completions in its own way of speaking.
      return `autoload -Uz compinit bashcompinit\n(( \${+_comps} )) || compinit\nbashcompinit\n${bash(table)}`;
    case 'fish':
      return fish(table);
  }
}

/** What may follow a line of words: more words, and options once the command is whole. */
function stations(table: readonly Command[]): { at: string; words: readonly string[] }[] {
  const prefixes = new Set(['']);
  for (const { name } of table) {
    const words = name.split(' ');
    words.forEach((_, i) => prefixes.add(words.slice(0, i + 1).join(' ')));
  }
  return [...prefixes].map((at) => {
    const command = table.find(({ name }) => name === at);
    const options = command ? Object.keys(optionsOf(command)).map((name) => `--${name}`) : [];
    return { at, words: [...wordsOf(table, at).filter(Boolean), ...options] };
  });
}

/** Values of options that have but few. */
function choices(table: readonly Command[]): { option: string; values: readonly string[] }[] {
  const found = new Map<string, Set<string>>();
  for (const command of table) {
    for (const [name, { choices: values }] of Object.entries(command.options ?? {})) {
      if (values === undefined) continue;
      const known = found.get(name) ?? new Set<string>();
      found.set(name, known);
      for (const value of values) known.add(value);
    }
  }
  return [...found].map(([name, values]) => ({ option: `--${name}`, values: [...values] }));
}

function bash(table: readonly Command[]): string {
  const byChoice = choices(table).map(
    ({ option, values }) =>
      `    ${option}) COMPREPLY=($(compgen -W "${values.join(' ')}" -- "$word")); return;;`,
  );
  const byPlace = stations(table).map(
    ({ at, words }) => `    "${at}") words="${words.join(' ')}";;`,
  );
  const names = stations(table).map(({ at }) => `"${at}"`);
  return `_brigade() {
  local word="\${COMP_WORDS[COMP_CWORD]}" before="\${COMP_WORDS[COMP_CWORD-1]}" at="" words="" i
  case "$before" in
${byChoice.join('\n')}
  esac
  for ((i = 1; i < COMP_CWORD; i++)); do
    local longer="\${at:+$at }\${COMP_WORDS[i]}"
    case "$longer" in
      ${names.filter((name) => name !== '""').join('|')}) at="$longer";;
      *) break;;
    esac
  done
  case "$at" in
${byPlace.join('\n')}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$word"))
  # A word that is none of ours may be a file.
  if [ \${#COMPREPLY[@]} -eq 0 ]; then COMPREPLY=($(compgen -f -- "$word")); fi
}
complete -o filenames -F _brigade brigade
`;
}

function fish(table: readonly Command[]): string {
  const lines = ['# brigade completion fish > ~/.config/fish/completions/brigade.fish'];
  for (const { at, words } of stations(table)) {
    const path = at.split(' ').filter(Boolean);
    const seen = path.map((word) => `__fish_seen_subcommand_from ${word}`);
    const plain = words.filter((word) => !word.startsWith('--'));
    if (plain.length > 0) {
      const unseen = `not __fish_seen_subcommand_from ${plain.join(' ')}`;
      const when = [...seen, unseen].join('; and ');
      lines.push(`complete -c brigade -n '${when}' -a '${plain.join(' ')}'`);
    }
    const command = table.find(({ name }) => name === at);
    for (const [name, option] of Object.entries(command ? optionsOf(command) : {})) {
      const takes = option.value === undefined ? '' : ' -r';
      const values = option.choices ? ` -f -a '${option.choices.join(' ')}'` : '';
      const help = option.help.split('\n')[0]?.replaceAll("'", '') ?? '';
      lines.push(
        `complete -c brigade -n '${seen.join('; and ')}' -l ${name}${takes}${values} -d '${help}'`,
      );
    }
  }
  return `${lines.join('\n')}\n`;
}

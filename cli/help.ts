/** Pages of help, made of the table of commands. */
import type { Command, Options } from './command.ts';
import { EXIT_HELP } from './exit-codes.ts';
import { optionsOf } from './parse.ts';

const TITLE = 'brigade: Amazon S3 Batch Operations for every S3-compatible store';

/** Of all commands; those of a group (`jobs`, `run`) have a page of their own. */
export function helpPage(table: readonly Command[]): string {
  const lines: (readonly [string, string])[] = [];
  for (const command of table) {
    const [group = ''] = command.name.split(' ');
    if (group === command.name) lines.push([usage(command), command.summary]);
    else if (!lines.some(([name]) => name.startsWith(`${group} `))) {
      lines.push([`${group} <what>`, `${wordsOf(table, group).join(', ')}`]);
    }
  }
  return `${TITLE}

${columns(lines, '  brigade ')}

  brigade <command> --help   what it takes, with examples

${EXIT_HELP}
${SETTINGS}`;
}

/** Of a group of commands. */
export function groupPage(table: readonly Command[], group: string): string {
  const inside = table.filter(({ name }) => name.startsWith(`${group} `));
  // `jobs create tag` is on the page of `jobs create`.
  const lines = inside
    .filter(({ name }) => !inside.some((other) => name.startsWith(`${other.name} `)))
    .map((command) => [usage(command), command.summary] as const);
  return `${columns(lines, '  brigade ')}\n\n  brigade ${group} <what> --help   what it takes, with examples\n`;
}

export function commandPage(command: Command): string {
  const { summary, more, examples = [] } = command;
  const parts = [
    `brigade ${usage(command)}`,
    `${summary}.${more === undefined ? '' : `\n${more}`}`,
    columns(optionLines(optionsOf(command)), '  '),
    ...(examples.length > 0 ? [`Examples:\n${examples.map((one) => `  ${one}`).join('\n')}`] : []),
    EXIT_HELP,
  ];
  return parts.join('\n\n');
}

/** The words that may follow those of `group`. */
export function wordsOf(table: readonly Command[], group: string): readonly string[] {
  const depth = group === '' ? 0 : group.split(' ').length;
  const below = table.filter(({ name }) => group === '' || name.startsWith(`${group} `));
  return [...new Set(below.map(({ name }) => name.split(' ')[depth] ?? ''))];
}

function usage({ name, takes = [] }: Command): string {
  return [name, ...takes].join(' ');
}

function optionLines(options: Options): (readonly [string, string])[] {
  return Object.entries(options).map(([name, { value, help, choices, isMany }]) => {
    const values = choices === undefined ? '' : `: ${choices.join(', ')}`;
    const often = isMany ? ' (as often as you like)' : '';
    return [`--${name}${value === undefined ? '' : ` ${value}`}`, `${help}${values}${often}`];
  });
}

const GAP = 3;
const LEFT_MAX = 34;

function columns(lines: readonly (readonly [string, string])[], indent: string): string {
  const width = Math.min(LEFT_MAX, Math.max(...lines.map(([left]) => left.length)));
  return lines
    .map(([left, right]) => {
      const rest = right.replaceAll('\n', `\n${' '.repeat(indent.length + width + GAP)}`);
      if (left.length <= width) return `${indent}${left.padEnd(width + GAP)}${rest}`;
      return `${indent}${left}\n${' '.repeat(indent.length + width + GAP)}${rest}`;
    })
    .join('\n');
}

const SETTINGS = `Settings of the service are environment variables, or the same names in brigade.config.json:
  BRIGADE_PORT 9700            BRIGADE_DATA_DIR ./data       BRIGADE_ACCOUNT_ID 123456789012
  BRIGADE_HOST 127.0.0.1       BRIGADE_LOG_LEVEL info        BRIGADE_CONCURRENCY 64
  BRIGADE_DATABASE_URL         a PostgreSQL; absent: SQLite in BRIGADE_DATA_DIR
  BRIGADE_WORKERS              as serve --workers
  BRIGADE_STAGING              where parts wait for the report: a folder (default in BRIGADE_DATA_DIR),
                               or s3://bucket/prefix on BRIGADE_S3_ENDPOINT
  BRIGADE_ACTIVE_JOBS 6        jobs that run at once
  BRIGADE_LEASE_SECONDS 15     a worker that is silent for so long is taken for dead
  BRIGADE_S3_ENDPOINT          the store to work on; absent: the sandbox on BRIGADE_SANDBOX_PORT 9701
  BRIGADE_S3_ACCESS_KEY_ID, BRIGADE_S3_SECRET_ACCESS_KEY, BRIGADE_S3_REGION
                               its credentials (default: the usual AWS variables)
  BRIGADE_STS_ENDPOINT, BRIGADE_ROLES
                               what the roles of jobs stand for (default: the service's key)
  BRIGADE_TLS_CERT, BRIGADE_TLS_KEY
                               PEM files: the API speaks TLS
  BRIGADE_ROOT_ACCESS_KEY_ID, BRIGADE_ROOT_SECRET_ACCESS_KEY
                               the key for the API (default: made at the first start)
  BRIGADE_EVENTS               where events and the audit trail go (docs/EVENTS.md)
  BRIGADE_MASTER_KEY           seals the secrets of keys in the database: 32 bytes in hex or base64, the
                               same for every service on it (default: made in BRIGADE_DATA_DIR)
`;

#!/usr/bin/env node
// The command `brigade`. Written for old Nodes too (nothing newer than ES2017 but `import()`), so that
// they meet two clear lines instead of a syntax error; the limit is the one of package.json's engines.
import fs from 'node:fs';
import module from 'node:module';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

const NODE_NEEDED = [22, 19];

function isOld(version) {
  const parts = version.split('.').map(Number);
  return parts[0] < NODE_NEEDED[0] || (parts[0] === NODE_NEEDED[0] && parts[1] < NODE_NEEDED[1]);
}

/** SQLite and type stripping are relied upon knowingly; every other warning stays. */
function silenceTwoWarnings() {
  const emitWarning = process.emitWarning;
  process.emitWarning = function (warning, ...rest) {
    const type = rest[0] && typeof rest[0] === 'object' ? rest[0].type : rest[0];
    const text = String((warning && warning.message) || warning);
    if (type === 'ExperimentalWarning' && /^(SQLite|Type Stripping) /.test(text)) return;
    Reflect.apply(emitWarning, process, [warning, ...rest]);
  };
}

if (isOld(process.versions.node)) {
  process.stderr.write(
    `Bucket Brigade needs Node.js ${NODE_NEEDED.join('.')} or newer; this is ${process.versions.node}.\n` +
      'In a checkout `npm ci` brings Node 24: use `npm start` or `npm run demo`; elsewhere install Node 24.\n',
  );
  process.exitCode = 1;
} else {
  silenceTwoWarnings();
  // A diagnostic report lists the whole environment, and the service's secrets are in it.
  if (process.report) process.report.excludeEnv = true;
  // Compiled modules are kept beside the packages, where nobody else can put some of theirs; where
  // that cannot be written, the start takes its time.
  module.enableCompileCache(
    fileURLToPath(new URL('../node_modules/.cache/brigade', import.meta.url)),
  );
  // A checkout runs its sources; the published package has only what the compiler made of them.
  const source = new URL('../src/main.ts', import.meta.url);
  const built = new URL('../dist/src/main.js', import.meta.url);
  import(fs.existsSync(source) ? source.href : built.href);
}

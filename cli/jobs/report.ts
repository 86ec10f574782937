/** `brigade jobs report`: prints the rows of a completion report, or brings it into a folder. */
import { once } from 'node:events';
import { csvField } from '../../src/base/csv.ts';
import { decodeKey } from '../../src/manifest/index.ts';
import type { ReportRow } from '../../src/report/index.ts';
import { CommandError, type Command } from '../command.ts';
import {
  connectControl,
  CONTROL_OPTIONS,
  objectsClient,
  placeOfObjects,
  S3_OPTIONS,
} from '../connection.ts';
import { EXIT } from '../exit-codes.ts';
import { isEnded } from '../job-display.ts';
import { Output } from '../output.ts';
import { readIndex, rowsOf } from '../report-rows.ts';
import { bringReport } from '../bring-report.ts';
import { reportPlace } from './again.ts';
import { describe, lookOf } from './look.ts';

const report: Command = {
  name: 'jobs report',
  summary: 'prints the rows of the report of a job, or brings its files here',
  takes: ['<job-id>'],
  options: {
    failed: { help: 'only tasks that failed' },
    csv: { help: 'rows as in the files: bucket, key, version, status, code, error, message' },
    to: { value: 'FOLDER', help: 'instead of printing: writes the files of the report there' },
    ...S3_OPTIONS,
    ...CONTROL_OPTIONS,
  },
  examples: [
    'brigade jobs report 6ad3b320-f488-424b-a358-d32fb9f9bbfc --failed',
    'brigade jobs report 6ad3b320-f488-424b-a358-d32fb9f9bbfc --to ./report',
  ],
  async run(given, commands) {
    const control = await connectControl(given, commands);
    const id = given.args[0] ?? '';
    const job = await describe(control, id);
    const place = reportPlace(job);
    const look = lookOf(job);
    if (!isEnded(look))
      throw new CommandError(
        `${id} is ${look.status}: it has no report yet. Wait: brigade jobs watch ${id}`,
      );
    const output = new Output(given);
    const s3 = objectsClient(await placeOfObjects(given, commands));
    try {
      const folder = given.text('to');
      if (folder !== undefined) {
        const path = await bringReport(s3, place, folder, id);
        output.tell({ id, report: path }, `The report is ${path}`);
        return EXIT.done;
      }
      const isCsv = given.flag('csv') || (!output.isJson && !given.flag('json'));
      const { files } = await readIndex(s3, place);
      for (const file of files) {
        if (given.flag('failed') && file.status !== 'failed') continue;
        for await (const row of rowsOf(s3, file)) {
          const line = isCsv ? csvOf(row) : `${JSON.stringify(objectOf(row))}\n`;
          // A report may be larger than the memory that a slow reader would let it fill.
          if (!process.stdout.write(line)) await once(process.stdout, 'drain');
        }
      }
      return EXIT.done;
    } finally {
      await s3.close();
    }
  },
};

function csvOf(row: ReportRow): string {
  const { bucket, manifestKey, versionId, status, httpStatus, errorCode, message } = row;
  const cells = [bucket, manifestKey, versionId, status, String(httpStatus), errorCode, message];
  return `${cells.map(csvField).join(',')}\n`;
}

/** With the key as it is in the bucket. */
function objectOf({ manifestKey, ...row }: ReportRow): object {
  return { ...row, key: decodedOr(manifestKey) };
}

function decodedOr(text: string): string {
  try {
    return decodeKey(text);
  } catch {
    // A function's key column may hold anything.
    return text;
  }
}

export const REPORT: readonly Command[] = [report];

import { OPERATION_NAMES } from '../../../src/model/vocabulary.ts';
import type { Rule } from '../repo.ts';
import {
  claimsAreTested,
  linksLead,
  mapIsTrue,
  namedFilesExist,
  oneTitle,
  publishedFilesExist,
} from './documents.ts';
import { circles, doors, floors, namedReexports, pureFloors } from './floors.ts';
import { clock, consoles, environment, operationNames, random } from './reach.ts';
import { testNamesUnique, testsAllRun, testsInTheirPlace } from './tests.ts';
import { deadExports, deadFiles, decidedDependencies } from './use.ts';
import { noUnfinishedMarks, nothingOutside } from './words.ts';

/** The rules of the house, by the sentence that each checks. */
export const RULES = {
  'imports lead to a lower floor': floors,
  'another room is entered by its door': doors,
  'a door names what it opens': namedReexports,
  'no import leads back to where it came from': circles,
  'the pure floors do no I/O': pureFloors,
  'only base/clock.ts knows the time': clock,
  'only base/random.ts knows chance': random,
  'only the edge of the house reads environment and arguments': environment,
  'only the command line writes to the console': consoles,
  'only model and operations name an operation': operationNames(OPERATION_NAMES),
  'every file is in use': deadFiles,
  'every export is imported': deadExports,
  'every dependency was decided in writing': decidedDependencies,
  'every test is where npm test finds it': testsInTheirPlace,
  'no test is singled out or skipped without a reason': testsAllRun,
  'no two tests of a file have one name': testNamesUnique,
  'nothing is left unfinished': noUnfinishedMarks,
  'nothing leads out of the repository': nothingOutside,
  'every document has one title': oneTitle,
  'links lead somewhere': linksLead,
  'documents name files that exist': namedFilesExist,
  'every claim of compatibility has its test': claimsAreTested,
  'published files exist': publishedFilesExist,
  'the map shows the house as it is': mapIsTrue,
} as const satisfies Record<string, Rule>;

export type RuleName = keyof typeof RULES;

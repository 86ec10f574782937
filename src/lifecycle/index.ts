export {
  EVENT_BY,
  JOB_EVENTS,
  UNITS_OF_STATUS,
  UNIT_KINDS,
  courseOf,
  isTerminal,
  nextStatus,
  type Course,
  type JobEvent,
  type UnitKind,
} from './transitions.ts';
export { grant, shareOf, split, type Share } from './share.ts';
export { schedule, type Schedulable, type Scheduled } from './schedule.ts';
export { nextStep, wantsReport, type LedgerState, type Step } from './advance.ts';
export { thresholdFailure } from './threshold.ts';
export { applyEvent, type EventDetails } from './apply.ts';

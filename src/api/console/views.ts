/** Every call of the console but those about its session. */
import { bucketsView, objectsView, objectView } from './browse.ts';
import {
  createJobView,
  replaceTagsView,
  updatePriorityView,
  updateStatusView,
} from './change-job.ts';
import type { View } from './deps.ts';
import { estimateView } from './estimate.ts';
import { failuresView } from './failures.ts';
import { describeJobView } from './job.ts';
import { listJobsView } from './jobs.ts';
import { previewView } from './preview.ts';
import { reportRowsView } from './report-rows.ts';
import { systemView } from './system.ts';

export const VIEWS: readonly View[] = [
  listJobsView,
  createJobView,
  describeJobView,
  updateStatusView,
  updatePriorityView,
  replaceTagsView,
  estimateView,
  failuresView,
  reportRowsView,
  previewView,
  bucketsView,
  objectsView,
  objectView,
  systemView,
];

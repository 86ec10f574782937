import { ApiError } from '../model/api-error.ts';

/** AWS's text; also for ids that no job can have, and for jobs of other accounts. */
export function noSuchJob(): ApiError {
  return new ApiError('NotFoundException', 'No such job');
}

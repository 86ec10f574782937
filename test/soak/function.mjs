/** The function of the soak: says which key it was called for. */
export const handler = async ({ invocationSchemaVersion, invocationId, tasks }) => ({
  invocationSchemaVersion,
  invocationId,
  results: tasks.map(({ taskId, s3Key }) => ({
    taskId,
    resultCode: 'Succeeded',
    resultString: `called for ${s3Key}`,
  })),
});

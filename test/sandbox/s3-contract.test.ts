import { s3Contract } from '../contract/s3.contract.ts';
import { startTestSandbox } from './start.ts';

s3Contract('the sandbox', startTestSandbox, {});

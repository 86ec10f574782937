/**
 * The sandbox's surface: every call, what makes a request that call, who may, and which parameters
 * and headers it understands. A request that brings anything else is refused as NotImplemented with
 * the name of what it brought (see route.ts), so that nothing is left out in silence.
 */
import { ACL_HEADERS } from './acl.ts';
import { CHECKSUM_HEADERS } from './body/checksums.ts';
import type { Call } from './call.ts';
import { getBucketAcl, getObjectAcl, putBucketAcl, putObjectAcl } from './calls/acl.ts';
import {
  deleteBucketEncryption,
  getBucketEncryption,
  putBucketEncryption,
} from './calls/bucket-encryption.ts';
import {
  createBucket,
  deleteBucket,
  getBucketLocation,
  headBucket,
  listBuckets,
} from './calls/buckets.ts';
import { completeMultipartUpload } from './calls/complete-multipart-upload.ts';
import { copyObject } from './calls/copy-object.ts';
import { SOURCE_HEADERS } from './calls/copy-source.ts';
import { deleteObject, deleteObjects } from './calls/delete-object.ts';
import { getObject, headObject, OVERRIDE_PARAMETERS } from './calls/get-object.ts';
import {
  deleteBucketInventoryConfiguration,
  getBucketInventoryConfiguration,
  listBucketInventoryConfigurations,
  putBucketInventoryConfiguration,
} from './calls/inventory.ts';
import { listMultipartUploads, listParts } from './calls/list-multipart.ts';
import { listObjectVersions } from './calls/list-object-versions.ts';
import { listObjects, listObjectsV2 } from './calls/list-objects.ts';
import { LIST_PARAMETERS } from './calls/list-query.ts';
import {
  abortMultipartUpload,
  createMultipartUpload,
  uploadPart,
  uploadPartCopy,
} from './calls/multipart.ts';
import { ATTRIBUTES_HEADERS, getObjectAttributes } from './calls/object-attributes.ts';
import {
  getObjectLegalHold,
  getObjectLockConfiguration,
  getObjectRetention,
  putObjectLegalHold,
  putObjectLockConfiguration,
  putObjectRetention,
} from './calls/object-lock.ts';
import { putObject } from './calls/put-object.ts';
import {
  deleteBucketReplication,
  getBucketReplication,
  putBucketReplication,
} from './calls/replication.ts';
import { restoreObject } from './calls/restore-object.ts';
import { deleteObjectTagging, getObjectTagging, putObjectTagging } from './calls/tagging.ts';
import { updateObjectEncryption } from './calls/update-object-encryption.ts';
import { getBucketVersioning, putBucketVersioning } from './calls/versioning.ts';
import { BYPASS_HEADERS } from './lock.ts';
import { WRITE_HEADERS } from './object-headers.ts';

/** A body may come with a checksum, in a header or in a trailer. */
const BODY = [
  ...CHECKSUM_HEADERS,
  'x-amz-sdk-checksum-algorithm',
  'x-amz-trailer',
  'x-amz-decoded-content-length',
];
const WRITE = ['if-match', 'if-none-match'];
const READ = [
  ...WRITE,
  'if-modified-since',
  'if-unmodified-since',
  'if-range',
  'x-amz-checksum-mode',
];
const OBJECT = [...WRITE_HEADERS, ...ACL_HEADERS];
const VERSION = ['versionId'];
const OF_VERSIONS = ['key-marker', 'version-id-marker', 'max-keys'];
const OF_UPLOADS = ['key-marker', 'upload-id-marker', 'max-uploads'];
const COPY_SOURCE = ['x-amz-copy-source'];

// prettier-ignore
export const CALLS: readonly Call[] = [
  { name: 'ListBuckets', method: 'GET', level: 'service', needs: 'account', query: ['prefix', 'max-buckets', 'continuation-token', 'bucket-region'], run: listBuckets },

  { name: 'CreateBucket', method: 'PUT', level: 'bucket', needs: 'account', headers: [...ACL_HEADERS, ...BODY, 'x-amz-object-ownership', 'x-amz-bucket-object-lock-enabled'], run: createBucket },
  { name: 'HeadBucket', method: 'HEAD', level: 'bucket', needs: 'bucket READ', run: headBucket },
  { name: 'DeleteBucket', method: 'DELETE', level: 'bucket', needs: 'bucket owner', run: deleteBucket },
  { name: 'GetBucketLocation', method: 'GET', level: 'bucket', by: ['location'], needs: 'bucket owner', run: getBucketLocation },
  { name: 'GetBucketVersioning', method: 'GET', level: 'bucket', by: ['versioning'], needs: 'bucket owner', run: getBucketVersioning },
  { name: 'PutBucketVersioning', method: 'PUT', level: 'bucket', by: ['versioning'], needs: 'bucket owner', headers: BODY, run: putBucketVersioning },
  { name: 'GetBucketAcl', method: 'GET', level: 'bucket', by: ['acl'], needs: 'bucket READ_ACP', run: getBucketAcl },
  { name: 'PutBucketAcl', method: 'PUT', level: 'bucket', by: ['acl'], needs: 'bucket WRITE_ACP', headers: [...ACL_HEADERS, ...BODY], run: putBucketAcl },

  { name: 'GetObjectLockConfiguration', method: 'GET', level: 'bucket', by: ['object-lock'], needs: 'bucket owner', run: getObjectLockConfiguration },
  { name: 'PutObjectLockConfiguration', method: 'PUT', level: 'bucket', by: ['object-lock'], needs: 'bucket owner', headers: BODY, run: putObjectLockConfiguration },
  { name: 'GetBucketReplication', method: 'GET', level: 'bucket', by: ['replication'], needs: 'bucket owner', run: getBucketReplication },
  { name: 'PutBucketReplication', method: 'PUT', level: 'bucket', by: ['replication'], needs: 'bucket owner', headers: BODY, run: putBucketReplication },
  { name: 'DeleteBucketReplication', method: 'DELETE', level: 'bucket', by: ['replication'], needs: 'bucket owner', run: deleteBucketReplication },
  { name: 'GetBucketEncryption', method: 'GET', level: 'bucket', by: ['encryption'], needs: 'bucket owner', run: getBucketEncryption },
  { name: 'PutBucketEncryption', method: 'PUT', level: 'bucket', by: ['encryption'], needs: 'bucket owner', headers: BODY, run: putBucketEncryption },
  { name: 'DeleteBucketEncryption', method: 'DELETE', level: 'bucket', by: ['encryption'], needs: 'bucket owner', run: deleteBucketEncryption },
  { name: 'GetBucketInventoryConfiguration', method: 'GET', level: 'bucket', by: ['inventory', 'id'], needs: 'bucket owner', run: getBucketInventoryConfiguration },
  { name: 'PutBucketInventoryConfiguration', method: 'PUT', level: 'bucket', by: ['inventory', 'id'], needs: 'bucket owner', headers: BODY, run: putBucketInventoryConfiguration },
  { name: 'DeleteBucketInventoryConfiguration', method: 'DELETE', level: 'bucket', by: ['inventory', 'id'], needs: 'bucket owner', run: deleteBucketInventoryConfiguration },
  { name: 'ListBucketInventoryConfigurations', method: 'GET', level: 'bucket', by: ['inventory'], needs: 'bucket owner', query: ['continuation-token'], run: listBucketInventoryConfigurations },

  { name: 'ListObjects', method: 'GET', level: 'bucket', needs: 'bucket READ', query: [...LIST_PARAMETERS, 'marker', 'max-keys'], run: listObjects },
  { name: 'ListObjectsV2', method: 'GET', level: 'bucket', by: ['list-type'], needs: 'bucket READ', query: [...LIST_PARAMETERS, 'start-after', 'continuation-token', 'fetch-owner', 'max-keys'], run: listObjectsV2 },
  { name: 'ListObjectVersions', method: 'GET', level: 'bucket', by: ['versions'], needs: 'bucket READ', query: [...LIST_PARAMETERS, ...OF_VERSIONS], run: listObjectVersions },
  { name: 'DeleteObjects', method: 'POST', level: 'bucket', by: ['delete'], needs: 'bucket WRITE', headers: [...BODY, ...BYPASS_HEADERS], run: deleteObjects },

  { name: 'PutObject', method: 'PUT', level: 'object', needs: 'bucket WRITE', headers: [...OBJECT, ...BODY, ...WRITE], run: putObject },
  { name: 'CopyObject', method: 'PUT', level: 'object', by: COPY_SOURCE, needs: 'bucket WRITE', headers: [...OBJECT, ...SOURCE_HEADERS, ...WRITE, 'x-amz-metadata-directive', 'x-amz-tagging-directive', 'x-amz-checksum-algorithm'], run: copyObject },
  { name: 'GetObject', method: 'GET', level: 'object', needs: 'object READ', query: [...VERSION, ...OVERRIDE_PARAMETERS, 'partNumber'], headers: READ, run: getObject },
  { name: 'HeadObject', method: 'HEAD', level: 'object', needs: 'object READ', query: [...VERSION, ...OVERRIDE_PARAMETERS, 'partNumber'], headers: READ, run: headObject },
  { name: 'DeleteObject', method: 'DELETE', level: 'object', needs: 'bucket WRITE', query: VERSION, headers: ['if-match', ...BYPASS_HEADERS], run: deleteObject },

  { name: 'GetObjectTagging', method: 'GET', level: 'object', by: ['tagging'], needs: 'object owner', query: VERSION, run: getObjectTagging },
  { name: 'PutObjectTagging', method: 'PUT', level: 'object', by: ['tagging'], needs: 'object owner', query: VERSION, headers: BODY, run: putObjectTagging },
  { name: 'DeleteObjectTagging', method: 'DELETE', level: 'object', by: ['tagging'], needs: 'object owner', query: VERSION, run: deleteObjectTagging },
  { name: 'GetObjectAcl', method: 'GET', level: 'object', by: ['acl'], needs: 'object READ_ACP', query: VERSION, run: getObjectAcl },
  { name: 'PutObjectAcl', method: 'PUT', level: 'object', by: ['acl'], needs: 'object WRITE_ACP', query: VERSION, headers: [...ACL_HEADERS, ...BODY], run: putObjectAcl },

  { name: 'GetObjectAttributes', method: 'GET', level: 'object', by: ['attributes'], needs: 'object READ', query: VERSION, headers: ATTRIBUTES_HEADERS, run: getObjectAttributes },
  { name: 'RestoreObject', method: 'POST', level: 'object', by: ['restore'], needs: 'bucket owner', query: VERSION, headers: BODY, run: restoreObject },
  { name: 'UpdateObjectEncryption', method: 'PUT', level: 'object', by: ['encryption'], needs: 'bucket owner', query: VERSION, headers: BODY, run: updateObjectEncryption },
  { name: 'GetObjectRetention', method: 'GET', level: 'object', by: ['retention'], needs: 'bucket owner', query: VERSION, run: getObjectRetention },
  { name: 'PutObjectRetention', method: 'PUT', level: 'object', by: ['retention'], needs: 'bucket owner', query: VERSION, headers: [...BODY, ...BYPASS_HEADERS], run: putObjectRetention },
  { name: 'GetObjectLegalHold', method: 'GET', level: 'object', by: ['legal-hold'], needs: 'bucket owner', query: VERSION, run: getObjectLegalHold },
  { name: 'PutObjectLegalHold', method: 'PUT', level: 'object', by: ['legal-hold'], needs: 'bucket owner', query: VERSION, headers: BODY, run: putObjectLegalHold },

  { name: 'CreateMultipartUpload', method: 'POST', level: 'object', by: ['uploads'], needs: 'bucket WRITE', headers: [...OBJECT, ...BODY, 'x-amz-checksum-algorithm', 'x-amz-checksum-type'], run: createMultipartUpload },
  { name: 'UploadPart', method: 'PUT', level: 'object', by: ['uploadId'], needs: 'bucket WRITE', query: ['partNumber'], headers: BODY, run: uploadPart },
  { name: 'UploadPartCopy', method: 'PUT', level: 'object', by: ['uploadId', ...COPY_SOURCE], needs: 'bucket WRITE', query: ['partNumber'], headers: [...SOURCE_HEADERS, 'x-amz-copy-source-range'], run: uploadPartCopy },
  { name: 'CompleteMultipartUpload', method: 'POST', level: 'object', by: ['uploadId'], needs: 'bucket WRITE', headers: [...BODY, ...WRITE, 'x-amz-checksum-type', 'x-amz-mp-object-size'], run: completeMultipartUpload },
  { name: 'AbortMultipartUpload', method: 'DELETE', level: 'object', by: ['uploadId'], needs: 'bucket WRITE', run: abortMultipartUpload },
  { name: 'ListParts', method: 'GET', level: 'object', by: ['uploadId'], needs: 'bucket READ', query: ['part-number-marker', 'max-parts'], run: listParts },
  { name: 'ListMultipartUploads', method: 'GET', level: 'bucket', by: ['uploads'], needs: 'bucket READ', query: [...LIST_PARAMETERS, ...OF_UPLOADS], run: listMultipartUploads },
];

/**
 * The S3 contract over Ceph RGW 16.2, a production store. Each skip is something that RGW was seen to
 * answer otherwise; where the product has to live with that, src/s3 knows it as a trait of the store.
 */
import { s3Contract } from '../contract/s3.contract.ts';
import { startRgw } from './rgw.ts';

const NO_CHECKSUMS = 'RGW 16 takes x-amz-checksum-* and neither verifies nor keeps it';
const NO_TRAILERS = 'RGW 16 answers XAmzContentSHA256Mismatch to bodies with a trailer';
const NO_OWNER = 'RGW 16 ignores x-amz-expected-bucket-owner and its sister';
const NO_ARCHIVE = 'in RGW 16 GLACIER and DEEP_ARCHIVE are plain storage classes';

s3Contract('Ceph RGW', () => startRgw(), {
  'a stream with its checksum in a trailer is stored': NO_TRAILERS,
  'the CRC32 checksum is verified, kept and told': NO_CHECKSUMS,
  'the CRC32C checksum is verified, kept and told': NO_CHECKSUMS,
  'the CRC64NVME checksum is verified, kept and told': NO_CHECKSUMS,
  'the SHA1 checksum is verified, kept and told': NO_CHECKSUMS,
  'the SHA256 checksum is verified, kept and told': NO_CHECKSUMS,
  'a copy computes the checksum that it is asked for': NO_CHECKSUMS,
  'a composite checksum is one of the parts’ checksums': NO_CHECKSUMS,
  'a checksum of the full object is the same as in one piece': NO_CHECKSUMS,
  'signed chunks with a signed trailer are stored with its checksum': NO_TRAILERS,
  'a trailer that was changed after signing is refused': NO_TRAILERS,
  'unsigned chunks with a trailer are stored when the checksum is right': NO_TRAILERS,
  'unsigned chunks with a wrong checksum are refused': NO_TRAILERS,
  'how the body travelled is not kept as its encoding': 'RGW 16 keeps aws-chunked as encoding',
  'a body that lacks its last chunk is refused': 'RGW 16 stores it',

  'creating a bucket that is already one’s own is refused': 'RGW 16 answers 200',
  'the location of a bucket in the first region has no name': 'RGW 16 names its zone group',
  'a bucket of another owner than expected is refused': NO_OWNER,
  'buckets are listed page by page and by prefix': 'RGW 16 lists all of them',

  'metadata above two kilobytes is refused': 'RGW 16 takes more',
  'a key of 1,024 bytes is stored and one of 1,025 is refused':
    'the code of RGW 16 is InvalidObjectName',
  'a write that may only replace one content is refused when it is another':
    'RGW 16 compares If-Match of a PUT with its quotes, so none ever matches',
  'a write that may only replace is refused when there is nothing to replace':
    'RGW 16 answers PreconditionFailed',
  'a storage class is kept and an unknown one is refused': 'the code of RGW 16 is InvalidArgument',
  'the standard class is not told': 'RGW 16 tells it',
  'an archived object tells of itself but is not read': NO_ARCHIVE,
  'encryption with the store’s own key and with a bucket key is told':
    'RGW 16 knows no bucket keys and wants a key id for aws:kms',
  'more than a thousand keys at once are refused': 'RGW 16 answers 400 without a code',
  'deleting several objects needs a digest of the list': 'RGW 16 does without',
  'a range that is none is ignored': 'RGW 16 answers InvalidRange',
  'an answer of "not modified" tells the entity tag': 'RGW 16 leaves it out',
  'every answer carries the second id of its request': 'RGW 16 has none',

  'a delete marker that is read says what it is': 'RGW 16 answers a plain 404 NoSuchKey',
  'a version that is not there is said so': 'the code of RGW 16 is NoSuchKey',
  'a version id that cannot be one is refused': 'RGW 16 answers 404 NoSuchKey',

  'answers about tags name the version': 'RGW 16 does not name it',
  'eleven tags are refused as a bad request': 'the code of RGW 16 is InvalidTag',
  'characters that tags cannot have are refused': 'RGW 16 takes any',
  'a tag key that comes twice is refused': 'RGW 16 keeps both',
  'another document is no tag set': 'RGW 16 takes any root',
  'a document that is no list is refused': 'the code of RGW 16 is InvalidArgument',

  'a copy does not take the class along': 'RGW 16 copies it',
  'the entity tag of a copy comes in quotes': 'RGW 16 writes it without',
  'a copy can replace the tags, also by none': 'RGW 16 ignores x-amz-tagging-directive',
  'a copy gets the redirect that it is given, and not that of its source':
    'RGW 16 ignores x-amz-website-redirect-location on copies',
  'a copy repeats its encryption headers': 'RGW 16 ignores them on copies',
  'a copy tells the version of its source': 'RGW 16 does not tell it',
  'a copy into a versioned bucket tells its version': 'RGW 16 does not tell it',
  'conditions on the source of a copy are met or not': 'RGW 16 ignores all four',
  'a delete marker is no source': 'the code of RGW 16 is NoSuchKey',
  'an archived source is refused': NO_ARCHIVE,
  'a source of another owner than expected is refused': NO_OWNER,
  'directives that are none are refused': 'RGW 16 ignores x-amz-tagging-directive',

  'the answer to a completed upload tells what was made': 'RGW 16 leaves the entity tag empty',
  'the parts of a completed upload are no longer listed': 'the code of RGW 16 is NoSuchKey',
  'tags given at the beginning of an upload are the object’s': 'RGW 16 loses them',
  'parts in disorder are refused': 'the code of RGW 16 is EntityTooSmall',
  'parts that the completion does not name are left out': 'RGW 16 wants all of them named',
  'a range behind the end of its source is no part': 'the code of RGW 16 is InvalidRange',
  'an upload that was given up is not completed': 'RGW 16 answers 500 InternalError',
  'part numbers go from 1 to 10,000': 'RGW 16 takes part 0',
  'uploads in progress are rolled up to their common prefixes':
    'RGW 16 answers no common prefixes of uploads',
  'one part of an object is read by its number': 'RGW 16 ignores partNumber of a GET',
  'an upload may only create when it says so': 'RGW 16 ignores If-None-Match of a completion',
  'a copy of an object of parts is in one piece': 'RGW 16 keeps the entity tag of the parts',

  'a listing of versions goes on behind a version that was deleted meanwhile':
    'RGW 16 then leaves out the other versions of that key',
});

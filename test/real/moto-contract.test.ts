/**
 * The S3 contract over moto, a mock of AWS: what Ceph RGW is no witness of. A case that is skipped
 * here too has no witness but AWS's documentation and the recorded answers of others.
 */
import { s3Contract } from '../contract/s3.contract.ts';
import { startMoto } from './moto.ts';
import { RGW_SKIPS } from './rgw-skips.ts';

const LENIENT = 'moto 5.2 takes it';
const NO_OWNER = 'moto 5.2 ignores x-amz-expected-bucket-owner and its sister';
const NO_VERIFYING = 'moto 5.2 keeps checksums and does not verify them';
const NO_SIGNATURES = 'moto 5.2 checks no signatures';
const NO_CHECKSUM_TYPE = 'moto 5.2 knows no x-amz-checksum-type';
const NO_RETENTION_RULES = 'moto 5.2 takes any change of a retention';
const NO_MODIFIED = 'the Last-Modified of moto 5.2 is none that the SDK can read';
const NO_UPDATE = 'moto 5.2 has no UpdateObjectEncryption and writes its document over the object';

const MOTO_SKIPS = {
  'creating a bucket that is already one’s own is refused':
    'moto answers 200 in the first region, as AWS once did',
  'a bucket of another owner than expected is refused': NO_OWNER,
  'buckets are listed page by page and by prefix': 'moto lists the first page only',
  'metadata above two kilobytes is refused': LENIENT,
  'a key of 1,024 bytes is stored and one of 1,025 is refused': LENIENT,
  'a wrong CRC32 checksum is refused, and so is one that is none': NO_VERIFYING,
  'a wrong CRC32C checksum is refused, and so is one that is none': NO_VERIFYING,
  'a wrong CRC64NVME checksum is refused, and so is one that is none': NO_VERIFYING,
  'a wrong SHA1 checksum is refused, and so is one that is none': NO_VERIFYING,
  'a wrong SHA256 checksum is refused, and so is one that is none': NO_VERIFYING,
  'a wrong SHA512 checksum is refused, and so is one that is none': NO_VERIFYING,
  'a wrong XXHASH64 checksum is refused, and so is one that is none': NO_VERIFYING,
  'a wrong XXHASH3 checksum is refused, and so is one that is none': NO_VERIFYING,
  'a wrong XXHASH128 checksum is refused, and so is one that is none': NO_VERIFYING,
  'the type of a checksum is told with it': NO_CHECKSUM_TYPE,
  'the MD5 checksum is verified, kept and told': 'moto knows no x-amz-checksum-md5',
  'more than a thousand keys at once are refused': LENIENT,
  'deleting several objects needs a digest of the list': LENIENT,
  'every answer carries the second id of its request': 'moto has none',
  'a delete marker that is read says what it is': 'moto does not say it',
  'a version id that cannot be one is refused': 'the code of moto is NoSuchVersion',
  'answers about tags name the version': 'moto answers HTML with 500',
  'characters that tags cannot have are refused': 'moto answers HTML with 500',
  'a tag key that comes twice is refused': LENIENT,
  'another document is no tag set': 'moto answers 500',
  'a document that is no list is refused': LENIENT,
  'conditions on the source of a copy are met or not': 'moto ignores all four',
  'a delete marker is no source': 'the code of moto is NoSuchVersion',
  'an archived source is refused': 'the code of moto is ObjectNotInActiveTierError',
  'a source of another owner than expected is refused': NO_OWNER,
  'directives that are none are refused': LENIENT,
  'parts in disorder are refused': LENIENT,
  'a range behind the end of its source is no part': LENIENT,
  'an upload that was given up is not completed': 'moto answers HTML with 500',
  'part numbers go from 1 to 10,000': 'the code of moto is NoSuchUpload',
  'uploads in progress are rolled up to their common prefixes': 'moto ignores the delimiter',
  'a composite checksum is one of the parts’ checksums': 'moto leaves it out of the answer',
  'a checksum of the full object is the same as in one piece': 'moto leaves it out of the answer',
  'one part of an object is read by its number': 'moto answers other bytes than those of the part',
  'a listing of versions goes on behind a version that was deleted meanwhile':
    'moto then leaves out the rest',
  'a default retention of no time is refused': LENIENT,
  'a write that will be locked needs a digest of its body':
    'the code of moto is MissingUploadObjectWithObjectLockHeaders',
  'an upload in parts is locked as its beginning said, and its parts need digests':
    'moto does without digests',
  'a copy is locked as its own request says':
    'moto wants a digest of a body that a copy does not have',
  'a bypass means nothing in a bucket without Object Lock': LENIENT,
  'a governance retention is removed with a bypass': NO_RETENTION_RULES,
  'a compliance retention is not removed, bypass or not': NO_RETENTION_RULES,
  'documents about locks need a digest': LENIENT,
  'a version that has no lock has none to tell':
    'moto has no GetObjectRetention and answers the object',
  'a restore without days or of no days is refused': LENIENT,
  'a restore with a tier that the class does not have is refused': LENIENT,
  'the version that is named is restored': 'moto restores the current version, whichever is named',
  'the attributes that are asked for are told': NO_MODIFIED,
  'the type of a checksum is told among the attributes': NO_MODIFIED,
  'the parts of an object are told page by page, with their checksums': NO_MODIFIED,
  'a composite checksum stands among the attributes without its number of parts': NO_MODIFIED,
  'of an object with a checksum of the whole, only the number of its parts is told': NO_MODIFIED,
  'the attributes of a named version are told': NO_MODIFIED,
  'attributes of what is not there are refused': 'the code of moto for a marker is NoSuchVersion',
  'no attributes, or unknown ones, are refused': LENIENT,
  'a part is read with the checksum that it was uploaded with': 'moto tells that of the whole',
  'the first part of an object in one piece is all of it':
    'moto answers HTML with 500 to the second',
  'the key of an encrypted object is changed, and nothing else about it': NO_UPDATE,
  'the key of the named version is changed': NO_UPDATE,
  'the key of what is encrypted in two layers is not changed': NO_UPDATE,
  'the key of what is not encrypted is not changed': NO_UPDATE,
  'a key that is no key’s full name is refused': NO_UPDATE,
  'a key of another account is refused': NO_UPDATE,
  'the key of a locked version is not changed': NO_UPDATE,
  'the key of what is not there is not changed': NO_UPDATE,
  'a replication by prefix is kept and read':
    'moto turns it into one by filter, and loses the prefix',
  'replications by filter are kept and read': 'moto loses the filters',
  'all that a replication says is kept and read': 'moto loses most of it',
  'a replication needs versions on both sides': LENIENT,
  'a replication to a bucket that does not exist is refused': LENIENT,
  'a replication that lacks what its version demands is refused': LENIENT,
  'a replication without rules or with two of one name is refused': 'moto answers HTML with 500',
  'the versions of a replicated bucket are not suspended': LENIENT,
  'an encryption of a bucket that is none is refused': LENIENT,
  'an inventory configuration that was deleted is gone': 'the code of moto is NoSuchBucket',
  'an inventory configuration under another name than its own is refused': LENIENT,
  'an inventory configuration that is none is refused': LENIENT,
  'a body that lacks its last chunk is refused': LENIENT,
  'signed chunks with a signed trailer are stored with its checksum': 'moto does not read trailers',
  'a trailer that was changed after signing is refused': NO_SIGNATURES,
  'unsigned chunks with a wrong checksum are refused': NO_VERIFYING,
};

s3Contract('moto', startMoto, MOTO_SKIPS, Object.keys(RGW_SKIPS));

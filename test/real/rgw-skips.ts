/** What Ceph RGW 16.2 was seen to answer otherwise than the S3 contract: the case, and what. */
const NO_CHECKSUMS = 'RGW 16 takes x-amz-checksum-* and neither verifies nor keeps it';
const NO_TRAILERS = 'RGW 16 answers XAmzContentSHA256Mismatch to bodies with a trailer';
const NO_OWNER = 'RGW 16 ignores x-amz-expected-bucket-owner and its sister';
const NO_ARCHIVE = 'in RGW 16 GLACIER and DEEP_ARCHIVE are plain storage classes';
const NO_REMOVAL = 'RGW 16 answers MalformedXML to a retention without mode and date';
const NO_RESTORE = 'RGW 16 has no RestoreObject';
const NO_ATTRIBUTES = 'RGW 16 has no GetObjectAttributes and answers the object';
const NO_PARTS = 'RGW 16 ignores partNumber';
const NO_UPDATE = 'RGW 16 has no UpdateObjectEncryption and writes its document over the object';
const NO_REPLICATION = 'RGW 16 answers MethodNotAllowed where one zone is alone';
const NO_DEFAULT_ENCRYPTION = 'RGW 16 has no PutBucketEncryption';
const NO_INVENTORY = 'RGW 16 has no inventories';

export const RGW_SKIPS: Readonly<Record<string, string>> = {
  'a stream with its checksum in a trailer is stored': NO_TRAILERS,
  'the CRC32 checksum is kept and told to who asks for it': NO_CHECKSUMS,
  'a wrong CRC32 checksum is refused, and so is one that is none': NO_CHECKSUMS,
  'the CRC32C checksum is kept and told to who asks for it': NO_CHECKSUMS,
  'a wrong CRC32C checksum is refused, and so is one that is none': NO_CHECKSUMS,
  'the CRC64NVME checksum is kept and told to who asks for it': NO_CHECKSUMS,
  'a wrong CRC64NVME checksum is refused, and so is one that is none': NO_CHECKSUMS,
  'the SHA1 checksum is kept and told to who asks for it': NO_CHECKSUMS,
  'a wrong SHA1 checksum is refused, and so is one that is none': NO_CHECKSUMS,
  'the SHA256 checksum is kept and told to who asks for it': NO_CHECKSUMS,
  'a wrong SHA256 checksum is refused, and so is one that is none': NO_CHECKSUMS,
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

  'the SHA512 checksum is kept and told to who asks for it': NO_CHECKSUMS,
  'a wrong SHA512 checksum is refused, and so is one that is none': NO_CHECKSUMS,
  'the XXHASH64 checksum is kept and told to who asks for it': NO_CHECKSUMS,
  'a wrong XXHASH64 checksum is refused, and so is one that is none': NO_CHECKSUMS,
  'the XXHASH3 checksum is kept and told to who asks for it': NO_CHECKSUMS,
  'a wrong XXHASH3 checksum is refused, and so is one that is none': NO_CHECKSUMS,
  'the XXHASH128 checksum is kept and told to who asks for it': NO_CHECKSUMS,
  'a wrong XXHASH128 checksum is refused, and so is one that is none': NO_CHECKSUMS,
  'the type of a checksum is told with it': NO_CHECKSUMS,
  'the MD5 checksum is verified, kept and told': NO_CHECKSUMS,

  'Object Lock can be enabled later on a bucket with versions':
    'RGW 16 enables it with a new bucket only, as AWS did until 2023',
  'a default retention of no time is refused': 'the code of RGW 16 is InvalidRetentionPeriod',
  'a write that will be locked needs a digest of its body': 'RGW 16 does without',
  'an upload in parts is locked as its beginning said, and its parts need digests':
    'RGW 16 does without digests, and loses the lock',
  'a copy is locked as its own request says': 'RGW 16 copies the lock of the source',
  'a copy does not take the lock along': 'RGW 16 copies it',
  'a bypass means nothing in a bucket without Object Lock': 'RGW 16 ignores it there',
  'a governance retention is removed with a bypass': NO_REMOVAL,
  'a compliance retention is not removed, bypass or not': NO_REMOVAL,
  'documents about locks need a digest': 'RGW 16 does without',
  'a version that has no lock has none to tell':
    'the code of RGW 16 is ObjectLockConfigurationNotFoundError',

  'a restored object is read, and tells until when': NO_RESTORE,
  'a restored object is copied': NO_RESTORE,
  'a second restore changes how long the copy is there': NO_RESTORE,
  'what is not archived is not restored': NO_RESTORE,
  'a refusal of an archived object names its storage class': NO_ARCHIVE,
  'a restore without days or of no days is refused': NO_RESTORE,
  'a restore with a tier that the class does not have is refused': NO_RESTORE,
  'the version that is named is restored': NO_RESTORE,
  'what is not there is not restored': NO_RESTORE,

  'attributes are elements of a document': NO_ATTRIBUTES,
  'the attributes that are asked for are told': NO_ATTRIBUTES,
  'the type of a checksum is told among the attributes': NO_ATTRIBUTES,
  'the parts of an object are told page by page, with their checksums': NO_ATTRIBUTES,
  'a composite checksum stands among the attributes without its number of parts': NO_ATTRIBUTES,
  'of an object with a checksum of the whole, only the number of its parts is told': NO_ATTRIBUTES,
  'the attributes of a named version are told': NO_ATTRIBUTES,
  'attributes of what is not there are refused': NO_ATTRIBUTES,
  'no attributes, or unknown ones, are refused': NO_ATTRIBUTES,
  'a HEAD of a part tells its size and the number of parts': NO_PARTS,
  'a part is read with the checksum that it was uploaded with': NO_PARTS,
  'the first part of an object in one piece is all of it': NO_PARTS,

  'encryption in two layers is told': 'RGW 16 knows AES256 and aws:kms',
  'an upload in parts tells at its beginning how it is encrypted': 'RGW 16 does not tell it',
  'the key of an encrypted object is changed, and nothing else about it': NO_UPDATE,
  'the key of the named version is changed': NO_UPDATE,
  'the key of what is encrypted in two layers is not changed': NO_UPDATE,
  'the key of what is not encrypted is not changed': NO_UPDATE,
  'a key that is no key’s full name is refused': NO_UPDATE,
  'a key of another account is refused': NO_UPDATE,
  'the key of a locked version is not changed': NO_UPDATE,
  'the key of what is not there is not changed': NO_UPDATE,

  'a replication by prefix is kept and read': NO_REPLICATION,
  'replications by filter are kept and read': NO_REPLICATION,
  'all that a replication says is kept and read': NO_REPLICATION,
  'a replication that was deleted is gone, and deleting none is no fault': NO_REPLICATION,
  'a replication needs versions on both sides': NO_REPLICATION,
  'a replication to a bucket that does not exist is refused': NO_REPLICATION,
  'a replication that lacks what its version demands is refused': NO_REPLICATION,
  'a replication without rules or with two of one name is refused': NO_REPLICATION,
  'the versions of a replicated bucket are not suspended': NO_REPLICATION,

  'the encryption of a bucket is kept and read': NO_DEFAULT_ENCRYPTION,
  'a bucket whose encryption was deleted has none to tell': NO_DEFAULT_ENCRYPTION,
  'what comes without encryption gets that of the bucket': NO_DEFAULT_ENCRYPTION,
  'an encryption of a bucket that is none is refused': NO_DEFAULT_ENCRYPTION,

  'inventory configurations are kept, read and listed': NO_INVENTORY,
  'an inventory configuration that was deleted is gone': NO_INVENTORY,
  'an inventory configuration under another name than its own is refused': NO_INVENTORY,
  'an inventory configuration that is none is refused': NO_INVENTORY,
  'more than a hundred inventory configurations are listed page by page': NO_INVENTORY,
};

/** What the endpoint answers, and nginx's configuration for it. */
import { BUCKET } from './work.ts';

const ETAG = '00000000000000000000000000000000';
const COPY_XML =
  '<?xml version="1.0" encoding="UTF-8"?>\n' +
  '<CopyObjectResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">' +
  `<LastModified>2026-11-22T12:00:00.000Z</LastModified><ETag>&quot;${ETAG}&quot;</ETag>` +
  '</CopyObjectResult>';
const UPLOAD_XML =
  '<InitiateMultipartUploadResult><UploadId>u</UploadId></InitiateMultipartUploadResult>';
const COMPLETE_XML =
  '<CompleteMultipartUploadResult><ETag>e</ETag></CompleteMultipartUploadResult>';
const UPLOADS_XML = '<ListMultipartUploadsResult></ListMultipartUploadsResult>';

/** The answer's body for `method:query:source of a copy`; nothing for most. */
const ANSWERS: readonly (readonly [pattern: string, body: string])[] = [
  // The SDK says in the query what it means.
  ['^PUT:(x-id=CopyObject)?:.', COPY_XML],
  ['^POST:uploads', UPLOAD_XML],
  ['^POST:.*uploadId=', COMPLETE_XML],
  ['^GET:.*uploads', UPLOADS_XML],
  // Every object is one byte long.
  ['^HEAD:', 'x'],
];

const PATTERNS = ANSWERS.map(([pattern, body]) => [new RegExp(pattern), body] as const);

/** For servers of our own; `asked` is `method:query:source of a copy`. */
export function answerTo(asked: string): string {
  return PATTERNS.find(([pattern]) => pattern.test(asked))?.[1] ?? '';
}

export function nginxConfig({
  port,
  isTls,
  listsUrl,
}: {
  readonly port: number;
  readonly isTls: boolean;
  readonly listsUrl: string | undefined;
}): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map((name) => `  ${name}_temp_path ${name};`)
    .join('\n');
  const quoted = (text: string): string => `"${text.replaceAll('"', '\\"')}"`;
  const answers = ANSWERS.map(([pattern, body]) => `    "~${pattern}" ${quoted(body)};`).join('\n');
  // A root that gives its rights away could not read our folder.
  const user = process.getuid?.() === 0 ? 'user root;' : '';
  const tls = 'ssl_certificate cert.pem; ssl_certificate_key key.pem; ssl_session_cache none;';
  return `
daemon off; master_process on; worker_processes 1; pid nginx.pid; ${user}
events { worker_connections 1024; }
http {
  sendfile on; tcp_nodelay on;
  keepalive_timeout 600; keepalive_requests 1000000000; client_max_body_size 0;
${temporary}
  map "$request_method:$args:$http_x_amz_copy_source" $answer {
    default "";
${answers}
  }
${listsUrl === undefined ? '  access_log off;' : COPIES_LOG}
  server {
    listen 127.0.0.1:${port}${isTls ? ' ssl' : ''};
    ${isTls ? tls : ''}
    root www;
    location = /__status { stub_status; }
    location ~ "^/${BUCKET}/manifest-" { default_type text/csv; }
${listsUrl === undefined ? '' : bucketsAt(listsUrl)}
    location / {
      default_type application/xml;
      add_header ETag '"${ETAG}"';
      ${listsUrl === undefined ? '' : "add_header Last-Modified 'Sun, 22 Nov 2026 12:00:00 GMT';"}
      return 200 $answer;
    }
  }
}
`;
}

/** Lines of 64 KiB together: what is written down must not be what is measured. */
const COPIES_LOG = `
  map "$request_method:$http_x_amz_copy_source" $is_copy { default 0; "~^PUT:." 1; }
  log_format copies "$uri";
  access_log copies.log copies buffer=64k flush=200ms if=$is_copy;`;

function bucketsAt(url: string): string {
  return `    location ~ "^/[^/]*/?$" { proxy_pass ${url}; proxy_http_version 1.1; }`;
}

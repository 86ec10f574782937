# Records botocore.golden.json: requests that botocore signed. Run it by hand: python3 record-botocore.py
import datetime
import json
import os
from urllib.parse import urlsplit

import botocore
import botocore.auth
import botocore.awsrequest
import botocore.credentials

WHEN = datetime.datetime(2026, 1, 2, 3, 4, 5)
botocore.auth.get_current_datetime = lambda *a, **k: WHEN
KEY, SECRET, REGION = "AKIDEXAMPLE", "secret/with+signs", "eu-west-3"
ACCOUNT = {"x-amz-account-id": "123456789012"}
CASES = [
    ("GET", "http://127.0.0.1:9000/bucket/plain.txt", "", {}),
    ("GET", "http://127.0.0.1:9000/bucket/a%20b%2Bc%25d/%C3%A9%E2%82%AC", "", {}),
    ("GET", "http://127.0.0.1:9000/bucket/raw+plus%2fslash", "", {}),
    ("PUT", "http://127.0.0.1:9000/bucket//double//..//dots", "hello",
     {"x-amz-meta-a": "  x   y  ", "Content-Type": "text/plain"}),
    ("GET", "http://h.example/bucket?prefix=a%2Fb&delimiter=%2F&list-type=2", "", {}),
    ("PUT", "http://h.example/bucket/k?tagging=", "<Tagging/>", {"x-amz-tagging": "a=b"}),
    ("GET", "http://123456789012.h.example/v20180820/jobs?jobStatuses=Active&jobStatuses=Complete"
     "&maxResults=5&nextToken=a%2Bb%2F%3D", "", ACCOUNT),
    ("POST", "http://123456789012.h.example/v20180820/jobs/x/status?requestedJobStatus=Ready"
     "&statusUpdateReason=a%20b", "", ACCOUNT),
]

out = []
for token in (None, "token/with+signs=="):
    creds = botocore.credentials.Credentials(KEY, SECRET, token)
    for method, url, body, headers in CASES:
        for kind in ("header", "presigned"):
            if kind == "presigned" and url.count("jobStatuses") > 1:
                continue  # botocore's presigner keeps one value of each name
            request = botocore.awsrequest.AWSRequest(
                method=method, url=url, headers=dict(headers),
                data=body.encode() if kind == "header" else None)
            request.context = {}
            if kind == "header":
                auth = botocore.auth.S3SigV4Auth(creds, "s3", REGION)
            else:
                auth = botocore.auth.S3SigV4QueryAuth(creds, "s3", REGION, expires=600)
            auth.add_auth(request)
            parts = urlsplit(request.url)
            sent = {name.lower(): value for name, value in request.headers.items()}
            sent["host"] = parts.netloc
            out.append({
                "kind": kind, "method": method,
                "target": parts.path + ("?" + parts.query if parts.query else ""),
                "headers": sent,
            })

golden = {
    "recordedWith": "botocore " + botocore.__version__,
    "nowMs": int(WHEN.replace(tzinfo=datetime.timezone.utc).timestamp() * 1000),
    "accessKeyId": KEY, "secretAccessKey": SECRET, "requests": out,
}
path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "botocore.golden.json")
with open(path, "w") as file:
    json.dump(golden, file, indent=2)
    file.write("\n")

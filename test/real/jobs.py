"""Drives S3 Control through boto3: runs the jobs that it is handed, and meets the typed exceptions.

Reads {"endpoint", "account", "jobs": [CreateJob requests]} from stdin; writes {"ids": [...]} when all
jobs have ended. Anything that is not as it should be ends it with an exception.
"""
import json
import sys
import time

import boto3
from botocore.config import Config

given = json.load(sys.stdin)
ACCOUNT = given["account"]
# With this region boto3 keeps the account out of the host name. No retries: each answer counts.
client = boto3.client(
    "s3control",
    endpoint_url=given["endpoint"],
    region_name="snow",
    config=Config(retries={"total_max_attempts": 1}),
)
ENDS = ("Complete", "Failed", "Cancelled")


def describe(job):
    return client.describe_job(AccountId=ACCOUNT, JobId=job)["Job"]


def until(job, *statuses):
    for _ in range(600):
        found = describe(job)
        if found["Status"] in statuses:
            return found
        time.sleep(0.1)
    raise AssertionError(f"{job} is not {statuses} but {found}")


def raises(exception, call, message=""):
    try:
        call()
    except exception as error:
        assert error.response["ResponseMetadata"]["HTTPStatusCode"] == 400, error.response
        assert message in error.response["Error"]["Message"], error.response
        return
    raise AssertionError(f"{exception} was not raised")


def listed(**options):
    found, token = [], {}
    while True:
        page = client.list_jobs(AccountId=ACCOUNT, MaxResults=3, **options, **token)
        found += page.get("Jobs", [])
        if "NextToken" not in page:
            return found
        token = {"NextToken": page["NextToken"]}


def run(request):
    """One job through its life: created, described, tagged, raised, confirmed, listed."""
    request = dict(request, ConfirmationRequired=True, Description="through boto3")
    job = client.create_job(**request, Tags=[{"Key": "by", "Value": "boto3"}])["JobId"]
    suspended = until(job, "Suspended")
    assert suspended["SuspendedCause"] == "AWAITING_CONFIRMATION", suspended
    assert suspended["Operation"] == request["Operation"], suspended
    assert suspended["Manifest"] == request["Manifest"], suspended
    assert suspended["Report"] == request["Report"], suspended
    assert suspended["JobArn"].endswith(f":{ACCOUNT}:job/{job}"), suspended
    total = suspended["ProgressSummary"]["TotalNumberOfTasks"]
    assert total > 0, suspended

    same = dict(AccountId=ACCOUNT, JobId=job)
    assert client.get_job_tagging(**same)["Tags"] == [{"Key": "by", "Value": "boto3"}]
    tags = [{"Key": f"key {n}", "Value": "ü=/" * n} for n in range(3)]
    client.put_job_tagging(**same, Tags=tags)
    assert client.get_job_tagging(**same)["Tags"] == tags
    too_many = [{"Key": f"k{n}", "Value": ""} for n in range(51)]
    raises(client.exceptions.TooManyTagsException, lambda: client.put_job_tagging(**same, Tags=too_many))
    assert client.get_job_tagging(**same)["Tags"] == tags
    client.delete_job_tagging(**same)
    assert client.get_job_tagging(**same).get("Tags", []) == []

    assert client.update_job_priority(**same, Priority=77)["Priority"] == 77
    client.update_job_status(**same, RequestedJobStatus="Ready", StatusUpdateReason="go & run <it>")
    ended = until(job, *ENDS)
    assert ended["Status"] == "Complete", ended
    assert ended["Priority"] == 77, ended
    assert ended["StatusUpdateReason"] == "go & run <it>", ended
    done = ended["ProgressSummary"]
    assert done["NumberOfTasksSucceeded"] + done["NumberOfTasksFailed"] == total, ended
    assert job in [one["JobId"] for one in listed(JobStatuses=["Complete"])]
    assert job not in [one["JobId"] for one in listed(JobStatuses=["Active", "Failed"])]

    raises(
        client.exceptions.JobStatusException,
        lambda: client.update_job_status(**same, RequestedJobStatus="Cancelled"),
        "Complete",
    )
    return job


def refusals(request):
    """The typed exceptions that need no job of their own."""
    once = dict(request, ConfirmationRequired=True, ClientRequestToken=request["ClientRequestToken"] + " again")
    job = client.create_job(**once)["JobId"]
    assert client.create_job(**once)["JobId"] == job, "the same request made a second job"
    raises(client.exceptions.IdempotencyException, lambda: client.create_job(**dict(once, Priority=3)))
    until(job, "Suspended")
    client.update_job_status(AccountId=ACCOUNT, JobId=job, RequestedJobStatus="Cancelled")
    until(job, "Cancelled")

    nobody = dict(AccountId=ACCOUNT, JobId="00000000-0000-4000-8000-000000000000")
    missing = client.exceptions.NotFoundException
    raises(missing, lambda: client.describe_job(**nobody))
    raises(missing, lambda: client.update_job_priority(**nobody, Priority=1))
    raises(missing, lambda: client.update_job_status(**nobody, RequestedJobStatus="Ready"))
    raises(missing, lambda: client.get_job_tagging(**nobody))
    raises(missing, lambda: client.put_job_tagging(**nobody, Tags=[]))
    raises(missing, lambda: client.delete_job_tagging(**nobody))
    raises(
        client.exceptions.BadRequestException,
        lambda: client.create_job(**dict(request, Operation={"S3PutObjectCopy": {}})),
        "TargetResource",
    )


ids = [run(request) for request in given["jobs"]]
refusals(given["jobs"][0])
json.dump({"ids": ids}, sys.stdout)

/** What the commands are handed by main: a way to start the service, and nothing of its rooms. */

import type { AccessDesk } from '../src/auth/index.ts';
import type { Job } from '../src/model/job.ts';

/** A running service, as the commands see it. */
export interface Service {
  readonly url: string;
  readonly s3Url: string;
  readonly isSandbox: boolean;
  readonly account: string;
  readonly rootKey: {
    readonly accessKeyId: string;
    readonly secretAccessKey: string;
    readonly isNew: boolean;
  };
  stop(): Promise<void>;
}

/** A running worker. */
export interface Worker {
  readonly name: string;
  /** True: it must not outlive the process that started it. */
  readonly isSupervised: boolean;
  stop(): Promise<void>;
}

/** What `brigade doctor` found out about one thing. */
export interface Finding {
  readonly check: string;
  readonly verdict: 'ok' | 'warning' | 'problem';
  readonly text: string;
}

/** The service of this machine. */
export interface LocalService {
  readonly url: string;
  readonly account: string;
  readonly credentials: KeyPair;
  /** Absent: its objects are elsewhere. */
  readonly sandboxUrl?: string;
}

export interface KeyPair {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** The engine and the store of one job, in this process. */
export interface OpenRun {
  /** Where the bucket of the run is: for lists and reports that lie on this machine. */
  readonly place: { readonly endpoint: string; readonly credentials: KeyPair };
  /** Resolves to the id of the job, the same one for the same ClientRequestToken. */
  create(request: object): Promise<string>;
  look(jobId: string): Promise<{
    readonly job: Job;
    /** On top of the job's own counts. */
    readonly live: { readonly succeeded: number; readonly failed: number };
  }>;
  /** Records what is in flight, and lets go. */
  stop(): Promise<void>;
}

/** The book of users, keys and policies. */
export interface OpenAccess {
  readonly desk: AccessDesk;
  close(): Promise<void>;
}

/** Sinks of events and their dead letters. */
export interface EventsDesk {
  sinks(): Promise<
    readonly {
      readonly name: string;
      /** Undefined: the configuration does not name it. */
      readonly type: string | undefined;
      readonly worker: string;
      readonly problem: string;
      readonly waiting: number;
      readonly waitingSince: number | undefined;
      readonly letters: number;
    }[]
  >;
  /** Undefined `sink`: of all. */
  letters(sink: string | undefined): AsyncIterable<{
    readonly id: string;
    readonly sink: string;
    readonly jobId: string;
    readonly event: string;
    readonly eventTime: string;
    readonly reason: string;
    readonly isReplayed: boolean;
  }>;
  /** Resolves to how many letters go out again. */
  replay(sink: string, id: string | undefined): Promise<number>;
  drop(sink: string, id: string | undefined): Promise<number>;
  /** Resolves to why the sink did not take it, or to undefined. */
  test(sink: string): Promise<string | undefined>;
  publicKey(sink: string): { readonly pem: string };
  verify(
    sink: string,
    account: string | undefined,
    pem: string | undefined,
  ): Promise<{
    readonly digests: number;
    readonly files: number;
    readonly problems: readonly string[];
  }>;
  close(): Promise<void>;
}

export interface Commands {
  /** Starts the service; settings given here win over the environment. */
  start(overrides?: Readonly<Record<string, string>>): Promise<Service>;
  work(): Promise<Worker>;
  /** Looks at what the settings name, and at what a planned job (JSON) will need. */
  examine(job?: string): AsyncIterable<Finding>;
  /** Undefined: no service has been started on the data folder that the settings name. */
  local(): LocalService | undefined;
  /** `account`: absent for the service's own. */
  access(account?: string): Promise<OpenAccess>;
  /** `bucket`: a name for the run's own. */
  openRun(settings: Readonly<Record<string, string>>, bucket: string): Promise<OpenRun>;
  openEvents(): Promise<EventsDesk>;
}

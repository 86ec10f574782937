/** What the commands are handed by main: a way to start the service, and nothing of its rooms. */

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

export interface Commands {
  /** Starts the service; settings given here win over the environment. */
  start(overrides?: Readonly<Record<string, string>>): Promise<Service>;
  work(): Promise<Worker>;
  /** Looks at what the settings name, and at what a planned job (JSON) will need. */
  examine(job?: string): AsyncIterable<Finding>;
}

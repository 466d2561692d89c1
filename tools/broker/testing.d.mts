// The types of testing.mjs, for specs in TypeScript.

export interface TopicSpec {
  name: string;
  partitions: number;
  config?: Record<string, string>;
}

export interface TestBrokerOptions {
  /** Besides PLAINTEXT. SSL asks for no client certificate, MTLS requires one. */
  listeners?: ('SASL_PLAINTEXT' | 'SSL' | 'SASL_SSL' | 'MTLS')[];
  /** Name and password for PLAIN, SCRAM-SHA-256 and SCRAM-SHA-512; { alice: 'alice-secret' } when left out. */
  users?: Record<string, string>;
  /** Lines of server.properties; they have the last word. */
  properties?: Record<string, string | number | boolean>;
  /** Topics to create before the promise resolves. */
  topics?: TopicSpec[];
  /** Create the project's five topics. */
  projectTopics?: boolean;
  /** host:port of a proxy: adds a listener PROXIED whose clients are told that address. */
  proxied?: string;
  /** More flags of the JVM. */
  jvm?: string[];
}

/** Paths of PEM files, made for this broker alone. */
export interface TlsFiles {
  ca: string;
  /** Client certificate, CN=test-client. */
  cert: string;
  key: string;
  /** The same key, encrypted with keyPassword. */
  encryptedKey: string;
  keyPassword: string;
  serverCert: string;
  serverKey: string;
  /** Key and certificate together. */
  serverPem: string;
  /** A CA that signed nothing of this broker, and a client of it that the broker refuses. */
  strangerCa: string;
  strangerCert: string;
  strangerKey: string;
}

export interface TestBroker {
  /** host:port of the PLAINTEXT listener. */
  readonly brokers: string;
  readonly port: number;
  /** host:port of each listener by its name. */
  readonly endpoints: Record<string, string>;
  readonly users: Record<string, string>;
  /** Only with a TLS listener. */
  readonly tls: TlsFiles | undefined;
  readonly dir: string;
  readonly logFile: string;
  /** Of the JVM that runs now. */
  readonly pid: number;
  readonly running: boolean;
  /**
   * Runs one of Kafka's own tools (short name or full class name) and gives its stdout.
   * `--bootstrap-server` is added when no address is given.
   */
  exec(tool: string, args: string[], input?: string | Buffer): Promise<string>;
  /** The names that were created; existing topics are left alone. */
  createTopics(topics: TopicSpec[]): Promise<string[]>;
  /** SIGKILL; data and ports stay for restart(). */
  kill9(): Promise<void>;
  /** SIGTERM and wait; data and ports stay for restart(). */
  shutdown(): Promise<void>;
  /** SIGSTOP: connections stay open and nothing answers. */
  freeze(): void;
  /** SIGCONT. */
  thaw(): void;
  /** Starts again on the same ports and data, by SIGTERM first if it runs. */
  restart(): Promise<void>;
  /** Ends it and removes its folder. */
  stop(): Promise<void>;
}

export function startTestBroker(options?: TestBrokerOptions): Promise<TestBroker>;

export const TOPICS: readonly { name: string; partitions: number; days: number }[];

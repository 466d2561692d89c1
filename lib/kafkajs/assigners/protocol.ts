/** What members of a consumer group tell one another, as bytes: Kafka's consumer protocol. */

export type Assignment = { [topic: string]: number[] };

export interface ISerializer<T> {
  encode(value: T): Buffer;
  decode(buffer: Buffer): T | null;
}

export type MemberMetadata = { version: number; topics: string[]; userData: Buffer };
export type MemberAssignment = { version: number; assignment: Assignment; userData: Buffer };

/** Lengths of lists, strings and bytes are 32-, 16- and 32-bit numbers, big-endian; -1 is null. */
function int16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeInt16BE(value);
  return bytes;
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value, 'utf8');
  return Buffer.concat([int16(bytes.length), bytes]);
}

function list<T>(values: readonly T[], encode: (value: T) => Buffer): Buffer {
  return Buffer.concat([int32(values.length), ...values.map(encode)]);
}

function userBytes(value: Buffer | null | undefined): Buffer {
  if (value === null) return int32(-1);
  const bytes = value ?? Buffer.alloc(0);
  return Buffer.concat([int32(bytes.length), bytes]);
}

class Reader {
  #at = 0;

  constructor(readonly bytes: Buffer) {}

  int16(): number {
    this.#at += 2;
    return this.bytes.readInt16BE(this.#at - 2);
  }

  int32(): number {
    this.#at += 4;
    return this.bytes.readInt32BE(this.#at - 4);
  }

  text(): string {
    const length = this.int16();
    this.#at += Math.max(length, 0);
    return this.bytes.toString('utf8', this.#at - Math.max(length, 0), this.#at);
  }

  list<T>(read: () => T): T[] {
    const length = this.int32();
    const values: T[] = [];
    for (let i = 0; i < length; i++) values.push(read());
    return values;
  }

  rest(): Buffer {
    // Consumers of librdkafka and Java may leave it out.
    if (this.#at + 4 > this.bytes.length) return Buffer.alloc(0);
    const length = this.int32();
    return length < 0 ? (null as unknown as Buffer) : this.bytes.subarray(this.#at, this.#at + length);
  }
}

type Optional<T extends { userData: Buffer }> = Omit<T, 'userData'> & { userData?: Buffer };

const memberMetadata = {
  encode: ({ version, topics, userData }: Optional<MemberMetadata>): Buffer =>
    Buffer.concat([int16(version), list(topics, text), userBytes(userData)]),
  decode: (buffer: Buffer): MemberMetadata => {
    const reader = new Reader(buffer);
    return { version: reader.int16(), topics: reader.list(() => reader.text()), userData: reader.rest() };
  },
};

const memberAssignment = {
  encode: ({ version, assignment, userData }: Optional<MemberAssignment>): Buffer => {
    const topics = list(Object.entries(assignment), ([topic, partitions]) =>
      Buffer.concat([text(topic), list(partitions, int32)]),
    );
    return Buffer.concat([int16(version), topics, userBytes(userData)]);
  },
  /** Null for a member that got no assignment. */
  decode: (buffer: Buffer): MemberAssignment | null => {
    if (buffer.length < 2) return null;
    const reader = new Reader(buffer);
    const version = reader.int16();
    const assignment: Assignment = {};
    reader.list(() => {
      const topic = reader.text();
      assignment[topic] = reader.list(() => reader.int32());
    });
    return { version, assignment, userData: reader.rest() };
  },
};

export const AssignerProtocol: {
  MemberMetadata: ISerializer<MemberMetadata>;
  MemberAssignment: ISerializer<MemberAssignment>;
} = { MemberMetadata: memberMetadata, MemberAssignment: memberAssignment };

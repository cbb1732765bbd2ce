// As much of Kafka's protocol as a proxy needs: frames of a stream, the head of a request, the topic of a Produce, and
// the broker's address in those answers that tell a client where to go.

/** What a request says of itself. */
export interface RequestHead {
  readonly api: number;
  readonly version: number;
  readonly correlation: number;
  /** The topic of a Produce, the first one where it has several; null for any other request. */
  readonly topic: string | null;
}

export interface Address {
  readonly host: string;
  readonly port: number;
}

const sizeBytes = 4;
const produce = 0;
const metadata = 3;
const findCoordinator = 10;

/** The last versions before Kafka's compact encoding, which is not read here; kafkajs asks for none of those. */
const versionMax: ReadonlyMap<number, number> = new Map([
  [produce, 8],
  [metadata, 8],
  [findCoordinator, 2],
]);

/** Cuts a stream into frames, each with its length in front. */
export function createFrames(onFrame: (frame: Buffer) => void): (chunk: Buffer) => void {
  let rest: Buffer = Buffer.alloc(0);
  return (chunk) => {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    while (rest.length >= sizeBytes && rest.length >= sizeBytes + rest.readInt32BE(0)) {
      const length = sizeBytes + rest.readInt32BE(0);
      onFrame(rest.subarray(0, length));
      rest = rest.subarray(length);
    }
  };
}

/** @throws Error for a version that is not read here */
export function headOf(request: Buffer): RequestHead {
  const read = createReader(request, sizeBytes);
  const [api, version, correlation] = [read.int16(), read.int16(), read.int32()];
  if (version > (versionMax.get(api) ?? Infinity)) throw new Error(`version ${version} of request ${api} is not read`);
  read.text();
  return { api, version, correlation, topic: api === produce ? topicOf(read, version) : null };
}

export function correlationOf(answer: Buffer): number {
  return answer.readInt32BE(sizeBytes);
}

/** An answer in which the one broker has this address. @throws Error where there are several brokers */
export function readdressed(answer: Buffer, { api, version }: RequestHead, address: Address): Buffer {
  if (api !== metadata && api !== findCoordinator) return answer;
  const read = createReader(answer, sizeBytes + 4);
  if (version >= (api === metadata ? 3 : 1)) read.int32(); // throttle time
  if (api === metadata) {
    const brokers = read.int32();
    if (brokers > 1) throw new Error(`there are ${brokers} brokers, and one proxy`);
    if (brokers === 0) return answer;
  } else {
    read.int16(); // error code
    if (version >= 1) read.text(); // error message
  }
  read.int32(); // node id
  const from = read.at();
  read.text();
  read.int32();
  const host = Buffer.from(address.host);
  const length = Buffer.alloc(2);
  length.writeInt16BE(host.length);
  const port = Buffer.alloc(4);
  port.writeInt32BE(address.port);
  const changed = Buffer.concat([answer.subarray(0, from), length, host, port, answer.subarray(read.at())]);
  changed.writeInt32BE(changed.length - sizeBytes, 0);
  return changed;
}

function topicOf(read: Reader, version: number): string | null {
  if (version >= 3) read.text(); // transactional id
  read.int16(); // acks
  read.int32(); // timeout
  return read.int32() === 0 ? null : read.text();
}

interface Reader {
  at(): number;
  int16(): number;
  int32(): number;
  /** Text with its length in two bytes; null where the length is -1. */
  text(): string | null;
}

function createReader(bytes: Buffer, from: number): Reader {
  let at = from;
  const skip = (length: number): number => {
    at += length;
    return at - length;
  };
  const int16 = (): number => bytes.readInt16BE(skip(2));
  return {
    at: () => at,
    int16,
    int32: () => bytes.readInt32BE(skip(4)),
    text: () => {
      const length = int16();
      return length < 0 ? null : bytes.toString('utf8', skip(length), at);
    },
  };
}

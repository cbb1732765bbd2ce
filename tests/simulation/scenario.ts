// One seed of the simulation: clients, two or three writer processes with crashes, pauses, lost and late frames, two
// releases of the decider at once; then peace, and the judgement of what the log holds.
import { createCodec } from '../../schemas/codec.ts';
import { released } from '../../schemas/generated.ts';
import type { WriterRole } from '../../consumers/writer.ts';
import { startWriterRole } from '../../consumers/writer.ts';
import * as decider from '../../src/domain/decider.ts';
import type { State } from '../../src/domain/decider.ts';
import { openLedger } from '../../src/log/genesis.ts';
import type { Fault, MemoryClient, MemoryLog } from '../../src/log/memory/memory-log.ts';
import { createMemoryLog } from '../../src/log/memory/memory-log.ts';
import type { Appended, Log, LogRecord, Pace } from '../../src/log/port.ts';
import { LogError } from '../../src/log/port.ts';
import type { Reading } from '../../src/log/reading.ts';
import { createReading } from '../../src/log/reading.ts';
import type { AppendedBatch } from '../../src/log/writer.ts';
import type { Wish } from './commands.ts';
import { drawWishes } from './commands.ts';
import type { PartitionLog } from './checker.ts';
import { countedEvents, findings } from './checker.ts';
import { createAtRest } from './rest.ts';
import { judgeSnapshots, simulateSnapshots } from './snapshots.ts';
import { stricter } from './stricter.ts';
import type { SimProcess, World } from './world.ts';
import { createWorld } from './world.ts';

const topics = { commands: 'commands', events: 'events', deadLetters: 'dead', snapshots: 'snapshots' };
const ledgerId = '11111111-1111-4111-8111-111111111111';
const partitions = 3;
const names = [...new Set(released.map(({ name }) => name))];
const codec = createCodec(new Map(names.map((name, i) => [name, i + 1])));
const stepsMax = 60_000;

export interface Verdict {
  readonly seed: number;
  readonly findings: readonly string[];
  readonly steps: number;
  readonly commands: number;
  readonly voids: number;
  readonly crashes: number;
}

/** Events that a writer took for acknowledged, by partition and offset. */
type Acknowledged = Map<string, Buffer>;

interface Running {
  readonly process: SimProcess;
  readonly client: MemoryClient;
  role: WriterRole | null;
}

interface Scene {
  readonly world: World;
  readonly log: MemoryLog;
  readonly codec: ReturnType<typeof createCodec>;
  readonly acknowledged: Acknowledged;
  readonly trouble: string[];
  readonly writers: Running[];
  /** How wild the network is, 0 to 0.3; 0 in peace. */
  wildness: number;
  peace: boolean;
}

/** Plays one seed. Always the same for the same seed and code. */
export async function play(seed: number): Promise<Verdict> {
  const world = createWorld(seed);
  const log = createMemoryLog({
    topics: {
      [topics.commands]: partitions,
      [topics.events]: partitions,
      [topics.deadLetters]: 1,
      [topics.snapshots]: partitions,
    },
    now: world.now,
  });
  const scene: Scene = {
    world,
    log,
    codec,
    acknowledged: new Map(),
    trouble: [],
    writers: [],
    wildness: world.random() * 0.3,
    peace: false,
  };
  await genesis(scene);

  const clients = world.process('clients');
  let asking = true;
  const wishes = drawWishes(world, partitions);
  const asked = ask(scene, clients, wishes).then(() => (asking = false));
  const { writers } = scene;
  let crashes = 0;
  let steps = 0;
  const isAtRest = createAtRest(scene, topics);
  while (steps++ < stepsMax && (asking || steps % 32 !== 0 || !(await isAtRest()))) {
    if (asking) crashes += makeTrouble(scene, writers);
    else if (!scene.peace) crashes += makePeace(scene, writers);
    if (steps % 200 === 0) timeOutTheDead(writers);
    if (!writers.some(({ process }) => process.alive())) writers.push(startProcess(scene, writers.length));
    if (!(await world.step())) break;
  }
  if (asking) scene.trouble.push(`the clients were still asking after ${steps} steps`);
  else await asked;
  const found = [...scene.trouble, ...(await judge(scene))];
  for (const { process } of writers) process.crash(false);
  return { seed, findings: found, steps, commands: wishes.length, voids: await countVoids(scene), crashes };
}

async function genesis({ log, codec, world }: Scene): Promise<void> {
  const reading = readingOf(codec, world.process('prepare').pace);
  await openLedger({ log, topic: topics.events, partitions, reading, encode: codec.encode, ledgerId });
}

/** Asks for every wish, several at a time; a command of unknown fate is asked for again, as the API does. */
async function ask(scene: Scene, clients: SimProcess, wishes: readonly Wish[]): Promise<void> {
  const { world, codec } = scene;
  const log = scene.log.client({ schedule: clients.schedule, faults: () => drawFault(scene) });
  const queue = [...wishes];
  const one = async (): Promise<void> => {
    for (let wish = queue.shift(); wish !== undefined; wish = queue.shift()) {
      const value = wish.record === 'poison' ? Buffer.from('poison') : codec.encode(wish.record);
      for (let tries = 0; tries < 3; tries++) {
        const appender = await log.openAppender();
        try {
          const landed = await appender.append(topics.commands, new Map([[wish.partition, [{ key: null, value }]]]));
          tellWriter(scene, wish.partition, value, landed.get(wish.partition));
          break;
        } catch (error) {
          if (!(error instanceof LogError)) throw error;
        }
      }
      await clients.pace.sleep(world.below(40));
    }
  };
  await Promise.all([one(), one(), one()]);
}

/** An API in the process of a writer tells it what was acknowledged; when it comes to that is anyone's guess. */
function tellWriter({ world, writers }: Scene, partition: number, value: Uint8Array, landed?: Appended): void {
  const told = writers[world.below(writers.length)];
  if (landed === undefined || told === undefined || world.chance(0.3)) return;
  const record = { offset: landed.baseOffset, at: landed.at, key: null, value, headers: {}, hole: false };
  told.process.schedule(() => told.role?.offer(partition, [record]));
}

function drawFault({ world, wildness }: Scene): Fault {
  if (!world.chance(wildness)) return 'none';
  const kind = world.random();
  if (kind < 0.35) return 'lose_answer';
  if (kind < 0.55) return 'lose_request';
  return { landAfter: 1 + world.below(60) };
}

function startProcess(scene: Scene, number: number): Running {
  const process = scene.world.process(`writer-${number}`);
  const client = scene.log.client({ schedule: process.schedule, faults: () => drawFault(scene) });
  const running: Running = { process, client, role: null };
  const isNewer = scene.world.chance(0.3);
  startWriterRole<State>({
    ...roleOptions(scene, process, client, number),
    decider: isNewer ? stricter : decider,
  }).then(
    (role) => (running.role = role),
    (error: unknown) => scene.trouble.push(`writer ${number} did not start: ${String(error)}`),
  );
  return running;
}

function roleOptions(scene: Scene, process: SimProcess, log: Log, number: number) {
  const { codec, world, acknowledged, trouble } = scene;
  const reading = readingOf(codec, process.pace);
  const given = { log, reading, ledgerId, topic: topics.snapshots, eventsTopic: topics.events };
  const limits = { recordsMax: 20, bytesMax: 20_000, msMax: 1_000, commandsMax: 1 + world.below(8) };
  // Few, so that writers are held back by what they have not sent.
  const outboxMax = 3;
  return {
    log,
    eventsTopic: topics.events,
    commandsTopic: topics.commands,
    deadLettersTopic: topics.deadLetters,
    partitions,
    group: 'writers',
    reading,
    snapshots: simulateSnapshots(world, process, given),
    encode: codec.encode,
    limits,
    outboxMax,
    pace: process.pace,
    queueMax: 50,
    watchdogMs: 1e12,
    commitEveryMs: 500,
    alarmRereadMs: 2_000,
    events: {
      appended: ({ partition, base, events }: AppendedBatch) => {
        events.forEach((event, i) => acknowledged.set(`${partition}:${base + i}`, codec.encode(event)));
      },
      doubt: () => undefined,
      failed: (offset: number, error: unknown) =>
        trouble.push(`writer ${number}: command ${offset} failed: ${String(error)}`),
    },
    alarm: (partition: number, alarm: unknown) =>
      trouble.push(`writer ${number}: alarm: ${partition}: ${String(alarm)}`),
    rebuilt: () => undefined,
    trouble: () => undefined,
    stuck: (partition: number) => trouble.push(`partition ${partition} is stuck`),
  };
}

/** Crashes, pauses, expels and starts writer processes now and then. Answers how many crashed. */
function makeTrouble(scene: Scene, writers: Running[]): number {
  const { world } = scene;
  const alive = writers.filter(({ process }) => process.alive());
  const victim = alive[world.below(alive.length)];
  if (alive.length < 3 && world.chance(0.004)) writers.push(startProcess(scene, writers.length));
  if (victim === undefined || !world.chance(0.01)) return 0;
  const kind = world.random();
  if (kind < 0.3) return crash(victim, world.chance(0.5));
  if (kind < 0.7) victim.process.pause(20 + world.below(400));
  victim.client.expel();
  return 0;
}

/** Frames arrive, pauses end; every other time all processes die and one fresh process has to find its way alone. */
function makePeace(scene: Scene, writers: readonly Running[]): number {
  scene.peace = true;
  scene.wildness = 0;
  scene.world.heal();
  if (scene.world.chance(0.5)) return 0;
  return writers.filter(({ process }) => process.alive()).reduce((n, running) => n + crash(running, true), 0);
}

function crash({ process, client }: Running, framesLand: boolean): number {
  process.crash(framesLand);
  client.expel();
  return 1;
}

/** A join that was under way when its process died makes it a member again, until the session times out. */
function timeOutTheDead(writers: readonly Running[]): void {
  for (const { process, client } of writers) if (!process.alive()) client.expel();
}

/** Both topics against the judge's rules, every acknowledged event against the journal. */
async function judge(scene: Scene): Promise<string[]> {
  const found: string[] = [];
  const logs: PartitionLog[] = [];
  for (let partition = 0; partition < partitions; partition++) {
    const commands = await readAll(scene.log, topics.commands, partition);
    const journal = await readAll(scene.log, topics.events, partition);
    logs.push({ partition, commands, journal });
    const counted = new Set(countedEvents(journal, scene.codec).map(({ offset }) => offset));
    for (const [place, bytes] of scene.acknowledged) {
      const [of, offset] = place.split(':').map(Number);
      if (of !== partition || offset === undefined) continue;
      if (!counted.has(offset)) found.push(`LOST: the event acknowledged at ${place} does not count`);
      else if (!bytes.equals(journal[offset]?.value ?? Buffer.alloc(0)))
        found.push(`LOST: another event lies at ${place}`);
    }
  }
  found.push(...findings(logs, scene.codec));
  const reading = readingOf(scene.codec, scene.world.process('judge').pace);
  const given = { log: scene.log, reading, ledgerId, topic: topics.snapshots, eventsTopic: topics.events };
  return [...found, ...(await judgeSnapshots({ ...given, partitions }))];
}

function readingOf(codec: Scene['codec'], pace: Pace): Reading {
  const fetchSchema = (): Promise<null> => Promise.resolve(null);
  return createReading(codec, fetchSchema, pace, () => undefined);
}

async function countVoids(scene: Scene): Promise<number> {
  let voids = 0;
  for (let partition = 0; partition < partitions; partition++) {
    const journal = await readAll(scene.log, topics.events, partition);
    voids += journal.length - countedEvents(journal, scene.codec).length;
  }
  return voids;
}

async function readAll(log: Log, topic: string, partition: number): Promise<LogRecord[]> {
  const records: LogRecord[] = [];
  const to = (await log.ends(topic)).get(partition)?.high ?? 0;
  await log.read({ topic, partition, from: 0, to }, (page) => void records.push(...page));
  return records;
}

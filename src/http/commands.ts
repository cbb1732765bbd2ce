// HTTP room: from a checked request to the command that is put to the ledger, with its identity and fingerprint.
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Command, RequestedLine } from '../../schemas/generated.ts';
import type { Answer } from './answers.ts';
import { placedAnswer } from './answers.ts';
import { traceparentOf } from './headers.ts';
import type { CommandId, Operation } from './ids.ts';
import { fingerprintOf, freshCommandId, homeProduct, keyedCommandId, proposeOrderId } from './ids.ts';
import { Problem } from './problems.ts';
import { callerOf, goneOf, preferOf } from './requests.ts';
import type { Room } from './room.ts';
import type { PlaceOrderBody } from './schemas.ts';
import type { Answered } from './submit.ts';
import { undecidedAnswer } from './undecided.ts';

const metadataBytesMax = 2_048;

/** Who asks for what, under which identity. */
interface Identity {
  readonly operation: Operation;
  readonly commandId: CommandId;
  readonly keyed: boolean;
}

/** The identity of a request: derived from its Idempotency-Key where it has one, else drawn now. */
export function identityOf(request: FastifyRequest, operation: Operation): Identity {
  const key = request.idempotencyKey;
  if (key === null) return { operation, commandId: freshCommandId(), keyed: false };
  return { operation, commandId: keyedCommandId(callerOf(request).principal, operation, key), keyed: true };
}

/** A command with what only its route knows about it. */
export interface Wanted {
  readonly identity: Identity;
  readonly command: Command;
  readonly partition: number;
  /** What is asked, with everything that the path and the defaults say: two requests are the same if this is. */
  readonly effective: object;
}

/** Puts the command to the ledger and waits as the client asks. @throws Problem, see `createSubmit` */
export function submitFor(room: Room, request: FastifyRequest, reply: FastifyReply, wanted: Wanted): Promise<Answered> {
  const { identity, command, partition, effective } = wanted;
  return room.submit({
    ...identity,
    command,
    partition,
    fingerprint: fingerprintOf(identity.operation, effective),
    principal: callerOf(request).principal,
    traceId: request.id,
    traceparent: traceparentOf(request.headers),
    prefer: preferOf(request),
    gone: goneOf(reply),
  });
}

/** The members of an order's body without the lines. */
type OrderMembers = Omit<PlaceOrderBody, 'lines'>;

interface OrderWanted {
  readonly operation: 'place_order' | 'purchase_product';
  readonly lines: readonly RequestedLine[];
  readonly members: OrderMembers;
}

/** Places an order; a purchase is one of a single line. @throws Problem where it is refused */
export async function placeOrder(
  room: Room,
  request: FastifyRequest,
  reply: FastifyReply,
  { operation, lines, members }: OrderWanted,
): Promise<Answer> {
  const { config, client, reader } = room;
  const partition = homeOf(room, lines);
  checkMessages(room, lines, partition);
  const identity = identityOf(request, operation);
  const orderId = proposeOrderId(partition, identity.commandId, client.brokerNow());
  const effective = {
    lines,
    customer_id: members.customer_id ?? callerOf(request).customerId,
    priority: members.priority ?? 'normal',
    payment: members.payment ?? 'automatic',
    metadata: checkedMetadata(members.metadata ?? {}),
    reference: members.reference ?? null,
  };
  const command: Command = {
    type: 'PlaceOrder',
    data: {
      order_id: orderId,
      ...effective,
      expires_after_s: config.expireAfterS,
      repeat_window_s: config.repeatWindowS,
    },
  };
  const answered = await submitFor(room, request, reply, { identity, command, partition, effective });
  if (answered.kind === 'undecided') {
    room.undecided.add(identity.commandId, orderId);
    return undecidedAnswer(`/v1/orders/${orderId}`, { order_id: orderId });
  }
  const productIn = operation === 'purchase_product' ? 'path' : 'body';
  return placedAnswer({ reader, waitMs: config.viewWaitMsMax }, productIn, answered);
}

/** The partition in which the order lives: that of its first product. Its writer asks the others. */
function homeOf({ client }: Room, lines: readonly RequestedLine[]): number {
  return client.partitionOf(homeProduct(lines.map((line) => line.product_id)));
}

/**
 * An order over several partitions needs messages, and where those of its home pile up it would only wait with them.
 * From half of the limit on, so that the writer need not pause and orders of one partition go on.
 * @throws Problem `overloaded`
 */
function checkMessages({ client, config }: Room, lines: readonly RequestedLine[], home: number): void {
  const spans = lines.some(({ product_id }) => client.partitionOf(product_id) !== home);
  if (spans && client.messagesWaiting(home) * 2 >= config.outboxMax) throw new Problem('overloaded');
}

/** @throws Problem `validation_failed` where it is too long */
function checkedMetadata<T extends object>(metadata: T): T {
  if (Buffer.byteLength(JSON.stringify(metadata)) <= metadataBytesMax) return metadata;
  const detail = `must not have more than ${metadataBytesMax} bytes as JSON`;
  const errors = [{ detail, pointer: '#/metadata' }];
  throw new Problem('validation_failed', { detail: `#/metadata ${detail}`, errors });
}

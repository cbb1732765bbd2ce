// HTTP room: the shapes of dead letters.
import { Type } from 'typebox';
import type { DeadLetterStatus } from '../../schemas/dead-letters.ts';
import { anyText, choice, named, nullableText, strict, time } from './schemas.ts';

const statuses: readonly DeadLetterStatus[] = ['parked', 'retrying', 'discarding', 'resolved', 'discarded', 'refused'];
export const deadLetterStatusSchema = choice(
  statuses,
  'Where it stands; `refused`: a command that could not be decided, kept for people.',
);
export const consumerSchema = Type.String({
  minLength: 1,
  maxLength: 64,
  pattern: '^[a-z-]+$',
  description: 'Who gave it up.',
  examples: ['payments'],
});
export const deadLetterParams = Type.Object({
  dead_letter_id: Type.String({ format: 'uuid', maxLength: 36, description: 'Identity of a dead letter.' }),
});
export const letterOrderSchema = Type.String({
  format: 'uuid',
  maxLength: 36,
  description: 'The order that it is about.',
});
const reason = Type.Optional(
  Type.String({ minLength: 1, maxLength: 255, ...anyText, description: 'Why, for people.' }),
);

/** Of routes that may be sent no body. */
export const wishOneBody = Type.Unsafe<{ readonly reason?: string } | null | undefined>({
  ...Type.Object({ reason }, strict),
  type: ['object', 'null'],
});
export const wishAllBody = Type.Unsafe<
  { readonly consumer?: string; readonly dry_run?: boolean; readonly reason?: string } | null | undefined
>({
  ...Type.Object(
    {
      consumer: Type.Optional(consumerSchema),
      dry_run: Type.Optional(Type.Boolean({ description: 'Only count.' })),
      reason,
    },
    { ...strict, examples: [{ consumer: 'payments', dry_run: true }] },
  ),
  type: ['object', 'null'],
});

/** Shapes that the OpenAPI document names. */
export const deadLetterSchemas = [
  named(
    'DeadLetter',
    Type.Object({
      dead_letter_id: Type.String({ format: 'uuid' }),
      consumer: Type.String({ description: 'Who gave it up.' }),
      order_id: Type.Unsafe<string | null>({ type: ['string', 'null'], format: 'uuid' }),
      attempts: Type.Integer({ description: 'How often it was tried.' }),
      first_at: time('When it first failed.'),
      last_at: time('When it last changed.'),
      error: Type.String({ description: 'Why it failed last.' }),
      position: Type.String({ description: 'What began it: <partition>:<offset> in the journal.' }),
      status: deadLetterStatusSchema,
      reason: nullableText(255, 'Why somebody retried or discarded it.'),
    }),
  ),
  named(
    'DeadLetterCount',
    Type.Object({ count: Type.Integer({ description: 'Parked dead letters.' }), dry_run: Type.Boolean() }),
  ),
] as const;

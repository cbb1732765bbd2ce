// HTTP room: the shapes of customers.
import { Type } from 'typebox';
import { customerIdSchema, named, nullableText, strict, time } from './schemas.ts';

export const putCustomerBody = Type.Object(
  {
    name: Type.Optional(nullableText(255, 'Name for people.')),
    email: Type.Optional(
      Type.Unsafe<string | null>({
        type: ['string', 'null'],
        maxLength: 254,
        pattern: '^[^\\s@\\u0000]+@[^\\s@\\u0000]+$',
        format: 'well-formed',
        description: 'E-mail address.',
      }),
    ),
    contact_point: Type.Optional(nullableText(255, 'Another way to reach them: a telephone number, an address.')),
  },
  { ...strict, examples: [{ name: 'Ada Lovelace', email: 'ada@example.org' }] },
);

/** Shapes that the OpenAPI document names. */
export const peopleSchemas = [
  named(
    'Customer',
    Type.Object({
      customer_id: customerIdSchema,
      name: nullableText(255, 'Name for people.'),
      email: nullableText(254, 'E-mail address.'),
      contact_point: nullableText(255, 'Another way to reach them.'),
      created_at: time('When it was registered.'),
      updated_at: time('When it was last replaced.'),
    }),
  ),
] as const;

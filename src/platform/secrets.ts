// Platform room: what must not be read in a log or on a screen, whatever text it has got into.

/** Passwords in addresses, API keys, and whatever stands behind the scheme of an Authorization header. */
const secrets: readonly (readonly [RegExp, string])[] = [
  [/(:\/\/)[^/@\s"\\]{1,512}@/g, '$1[redacted]@'],
  [/\bol_[A-Za-z0-9_-]{12,}/g, '[redacted]'],
  [/\b(Bearer|Basic) +[^\s"\\,]{1,2048}/gi, '$1 [redacted]'],
];

/** The text without the secrets that can be told by their form. */
export function withoutSecrets(text: string): string {
  return secrets.reduce((rest, [form, instead]) => rest.replace(form, instead), text);
}

// CLI room: what may be shown of a setting.

const hidden = '***';

/** The text without its passwords: those in URLs, in their queries, and those that stand by their name. */
export function withoutSecrets(text: string): string {
  return (
    text
      // Up to the last @: a password that was not encoded may hold one.
      .replace(/(\/\/[^:/?#\s]*):.*@/g, `$1:${hidden}@`)
      .replace(/((?:password|passwd|pwd|token|secret|key)=)[^&\s,]*/gi, `$1${hidden}`)
  );
}

// HTTP room: the security headers of every answer. They are the same for all, so helmet is asked once.
import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import helmet from 'helmet';

/** One policy for all: nothing but our own scripts and styles, which is what the page of the documentation needs. */
const policy = {
  contentSecurityPolicy: {
    useDefaults: false,
    directives: {
      defaultSrc: ["'none'"],
      baseUri: ["'none'"],
      connectSrc: ["'self'"],
      fontSrc: ["'self'"],
      formAction: ["'self'"],
      frameAncestors: ["'none'"],
      imgSrc: ["'self'", 'data:'],
      scriptSrc: ["'self'"],
      styleSrc: ["'self'", "'unsafe-inline'"],
    },
  },
  frameguard: { action: 'deny' as const },
  // Whoever puts TLS in front says so there.
  strictTransportSecurity: false,
};

/** Name and value of each header. @throws what helmet does about a policy that it does not accept */
export function securityHeaders(): { readonly [name: string]: string } {
  const response = new ServerResponse(new IncomingMessage(new Socket()));
  helmet(policy)(response.req, response, (error) => {
    if (error !== undefined) throw new Error('helmet refuses the policy', { cause: error });
  });
  return Object.fromEntries(response.getHeaderNames().map((name) => [name, String(response.getHeader(name))]));
}

// `ledger <verb>`: the program. Exit codes: 0 done, 1 failed or found something, 2 wrong usage or configuration.
import { Command, CommanderError } from 'commander';
import { ConfigError } from '../platform/config.ts';
import { withoutSecrets } from '../platform/secrets.ts';
import { messageOf } from './message.ts';
import { addAudit } from './verbs/audit.ts';
import { addConfig } from './verbs/config.ts';
import { addDeadLetters } from './verbs/dead-letters.ts';
import { addDoctor } from './verbs/doctor.ts';
import { addEvents } from './verbs/events.ts';
import { addExport } from './verbs/export.ts';
import { addKeys } from './verbs/keys.ts';
import { addPrepare } from './verbs/prepare.ts';
import { addReplay } from './verbs/replay.ts';
import { addServe } from './verbs/serve.ts';
import { addStatus } from './verbs/status.ts';
import { UsageError } from './verbs/shared.ts';

const usageExit = 2;

const program = new Command('ledger')
  .description('The order ledger that cannot oversell, and can prove it.')
  .exitOverride()
  .showHelpAfterError()
  .addHelpText(
    'after',
    '\nExit codes: 0 done, 1 failed or found something, 2 wrong usage or configuration.\nEvery setting is an environment variable; README.md has the table.',
  );

const verbs = [
  addPrepare,
  addServe,
  addStatus,
  addAudit,
  addReplay,
  addExport,
  addDoctor,
  addEvents,
  addDeadLetters,
  addConfig,
  addKeys,
];
for (const add of verbs) add(program);

// A reader that has seen enough (`| head`) is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit(0);
});

try {
  await program.parseAsync();
} catch (error) {
  // Commander has printed its own errors already, help among them.
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : usageExit;
  else {
    console.error(withoutSecrets(`ledger: ${messageOf(error)}`));
    process.exitCode = error instanceof ConfigError || error instanceof UsageError ? usageExit : 1;
  }
}

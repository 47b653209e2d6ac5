import { Writable } from 'node:stream';
import { type ServiceAction, actionNamed, readActions } from '../../activities/action-look.js';
import type { Remote } from '../../activities/adapters/remote/remote.js';
import { parseActionName, parseHostName, parseServiceName } from '../../workflows/contract/names.js';
import type { ActionResult } from '../../workflows/contract/operations.js';
import { ActionStreams, readableFile } from '../action-streams.js';
import type { Context } from '../context.js';
import { CommandError, asCommandError, usage } from '../errors.js';
import { type ExitCode, exitCodes } from '../exit-codes.js';
import { ensureHostKnown } from '../first-contact.js';
import { follow } from '../follow.js';
import { formatResult } from '../format-result.js';
import { makeProgressView } from '../progress-view.js';
import { actionHelp, actionsText } from '../render-actions.js';
import type { StartOptions } from '../start-options.js';
import { planStart } from '../start-request.js';
import { sayLeftOut } from '../view/outside.js';

/** `start action HOST SERVICE ACTION …`: what the action reads and writes goes between here and the host, not through Temporal. */
export async function startAction(
  context: Context,
  words: readonly string[],
  options: StartOptions,
  help: () => string,
): Promise<ExitCode> {
  const asked = words.some((word) => word === '--help' || word === '-h');
  const [host, service, action, ...args] = words.filter((word) => word !== '--help' && word !== '-h');
  if (host === undefined || service === undefined) {
    if (!asked)
      throw usage('start action without a host and a service', 'name them: start action HOST SERVICE');
    context.output.result({ help: help() }, help().trimEnd());
    return exitCodes.done;
  }
  const names = {
    host: parseHostName(host),
    service: parseServiceName(service),
    ...(action === undefined ? {} : { action: parseActionName(action) }),
  };
  const loaded = await context.config();
  if (loaded.config.temporal?.address === undefined)
    await ensureHostKnown(context, loaded, { host: names.host }, undefined, false);
  const remote = await (await context.hosts()).host(names.host);
  const there = await readActions(remote, names.service, context.signal);
  sayLeftOut(context.output, there.leftOut ?? 0, names.host);
  if (names.action === undefined) {
    context.output.result(there, actionsText(host, service, there));
    return exitCodes.done;
  }
  const described = actionNamed(there, names.action);
  if (asked) {
    context.output.result(described, actionHelp(host, service, described));
    return exitCodes.done;
  }
  return new ActionRun(context, remote, described, [host, service, names.action, ...args], options).run();
}

class ActionRun {
  readonly #streams: ActionStreams;
  readonly #operationId;

  constructor(
    readonly context: Context,
    readonly remote: Remote,
    readonly action: ServiceAction,
    readonly words: string[],
    readonly options: StartOptions,
  ) {
    this.#operationId = context.makeOperationId();
    this.#streams = new ActionStreams(remote, this.#operationId, context.signal);
  }

  async run(): Promise<ExitCode> {
    const { context, options } = this;
    this.#refuseMixed();
    const source = this.#source();
    const yes = await this.#consented();
    const plan = planStart(
      'action',
      this.words,
      {
        ...options,
        ...(yes ? { yes } : {}),
        ...(source === undefined ? {} : { input: source }),
      },
      this.#operationId,
    );
    const engine = await context.engine();
    if (source !== undefined && !options.dryRun) await this.#send(source);
    const started = await engine.start(plan.request).catch(async (error: unknown) => {
      if (source !== undefined) await this.#streams.drop().catch(() => undefined);
      throw error;
    });
    if (options.detach) {
      context.output.result(started, `${started.workflowId} started; myc-wf follow ${this.words[0]}`);
      return exitCodes.done;
    }
    const view = await makeProgressView(context);
    const { result } = await follow(context, engine, { ...started, title: plan.title }, view).catch(
      (error: unknown) => {
        throw asCommandError(error);
      },
    );
    return this.#fetched(result as ActionResult);
  }

  /** A file, or `-` for what is piped in; an action that reads something does not run without. */
  #source(): string | undefined {
    const { input, fromHost } = this.options;
    if (input !== undefined && fromHost !== undefined)
      throw usage('--input and --from-host', 'give one of them');
    if (input !== undefined || fromHost !== undefined || this.action.input === undefined) return input;
    if (this.context.stdin.isTTY)
      throw usage(
        `${this.action.name} reads ${this.action.input}`,
        'give it: < FILE, --input FILE or --from-host PATH',
      );
    return '-';
  }

  async #consented(): Promise<boolean> {
    const { yes, dryRun } = this.options;
    const { name, replaces } = this.action;
    if (yes || dryRun || replaces === undefined) return yes ?? false;
    const { terminal, stdin } = this.context;
    const question = `${name} replaces ${replaces}`;
    // What is piped in cannot be asked.
    if (!terminal.interactive || !stdin.isTTY) throw usage(question, 'add --yes to go on');
    if (await terminal.confirm(`${question}. Go on?`)) return true;
    throw new CommandError(exitCodes.failed, `${name} was not confirmed; nothing was started`);
  }

  async #send(source: string): Promise<void> {
    const { stdin, output } = this.context;
    const from = source === '-' ? stdin : await readableFile(source);
    const bytes = await this.#streams.put(from).catch(async (error) => {
      await this.#streams.drop().catch(() => undefined);
      throw error;
    });
    output.say(`sent ${bytes} bytes to ${this.remote.name ?? 'the host'}`);
  }

  async #fetched(result: ActionResult): Promise<ExitCode> {
    const { context, options } = this;
    const { output } = result;
    // Of what wrote nothing there is no file.
    if (output === undefined || output.bytes === 0 || options.toHost !== undefined) {
      context.output.result(result, formatResult(result));
      return exitCodes.done;
    }
    const { output: file } = options;
    if (file !== undefined && file !== '-') {
      await this.#streams.get(file, output.sha256);
      context.output.result({ ...result, file }, `${formatResult(result)}\n  wrote ${file}`);
      return exitCodes.done;
    }
    if (context.output.json) {
      const text = new Text();
      await this.#streams.get(text, output.sha256);
      context.output.result({ ...result, stdout: text.text }, '');
      return exitCodes.done;
    }
    await this.#streams.get(context.stdout, output.sha256);
    context.output.say(result.summary);
    return exitCodes.done;
  }

  /** A text fits onto a terminal, and into the one JSON document that stdout is; a database does not. */
  #refuseMixed(): void {
    const { output: file, toHost } = this.options;
    const { output, stdout } = this.context;
    if (this.action.output === undefined || toHost !== undefined) return;
    if (this.options.detach)
      throw usage(
        `${this.action.name} writes ${this.action.output}, for which nobody waits with --detach`,
        'add --to-host PATH',
      );
    if (file !== undefined && file !== '-') return;
    const terminal = 'isTTY' in stdout && stdout.isTTY === true;
    if (output.json || terminal)
      throw usage(
        `${this.action.name} writes ${this.action.output}, which is nothing for ${output.json ? 'JSON' : 'a terminal'}`,
        'give it a place: > FILE, --output FILE or --to-host PATH',
      );
  }
}

const maxText = 8 * 1024 * 1024;

class Text extends Writable {
  text = '';

  override _write(chunk: Buffer, _encoding: string, done: (error?: Error) => void): void {
    this.text += chunk.toString('utf8');
    done(
      this.text.length > maxText
        ? usage('the action wrote too much for JSON', 'add --output FILE')
        : undefined,
    );
  }
}

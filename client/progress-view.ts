import { styleText } from 'node:util';
import type { Context } from './context.js';
import { printableIn } from './view/printable-in.js';
import { type Paint, type View, cut, headerOf, renderChanges, renderProgress } from './render-progress.js';

/** Where a followed run is shown: a live view, a log, or NDJSON. */
export interface ProgressView {
  update(view: View): void;
  /** Leaves what is shown and frees the terminal for a question. */
  pause(): void;
  end(): void;
}

export async function makeProgressView({ output, terminal }: Context): Promise<ProgressView> {
  if (output.json) return jsonView((event) => output.event(event));
  if (!terminal.live) return plainView((line) => output.say(line));
  return liveView(process.stderr);
}

/** One line when something changed, so a log is not filled by polling. */
export function jsonView(write: (event: object) => void): ProgressView {
  let last = '';
  return {
    update: ({ look, children, runUrl: uiUrl }) => {
      const { workflowId, runId, status, progress, pending } = look;
      const event = {
        event: 'progress',
        workflowId,
        runId,
        uiUrl,
        status,
        progress,
        activities: pending,
        children,
      };
      const line = JSON.stringify(event);
      if (line !== last) write(event);
      last = line;
    },
    pause: () => undefined,
    end: () => undefined,
  };
}

export function plainView(write: (line: string) => void): ProgressView {
  let before: View | undefined;
  return {
    update: (view) => {
      if (before === undefined) write(headerOf(view, Infinity));
      if (before === undefined && view.look.status === 'running' && view.look.progress === undefined)
        write('no worker answers yet; myc-wf up or myc-wf worker starts one');
      renderChanges(before, view).forEach(write);
      before = view;
    },
    pause: () => undefined,
    end: () => undefined,
  };
}

export async function liveView(stream: NodeJS.WriteStream): Promise<ProgressView> {
  const { createLogUpdate } = await import('log-update');
  const log = createLogUpdate(stream);
  // NO_COLOR, FORCE_COLOR and a pipe are styleText's to honour.
  const paint: Paint = (format, text) => styleText(format, text, { stream });
  let view: View | undefined;
  let headed = false;
  let frame = 0;
  let timer: NodeJS.Timeout | undefined;
  const draw = (): void => {
    if (view === undefined) return;
    const width = stream.columns || 80;
    // Once, above what is drawn again: the terminal itself wraps a long address, which can then be copied whole.
    if (!headed) stream.write(`${headerOf(view, width, paint)}\n`);
    headed = true;
    const body = renderProgress({ ...view, nowMs: Date.now() }, width, (frame += 1), paint);
    const none =
      view.look.progress === undefined ? 'waiting for a worker to answer; myc-wf up starts one' : '';
    log(body === '' ? cut(none, width) : body);
  };
  const stop = (): void => {
    clearInterval(timer);
    timer = undefined;
    draw();
    log.done();
  };
  return {
    update: (next) => {
      view = printableIn(next);
      draw();
      timer ??= setInterval(draw, 100);
    },
    pause: stop,
    end: stop,
  };
}

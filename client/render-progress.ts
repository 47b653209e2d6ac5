import type { Step, StepState } from '../workflows/contract/progress.js';
import { bytesOfText, bytesText, durationText } from '../workflows/contract/amounts.js';
import { subjectOf } from './busy.js';
import type { Look, PendingActivity } from './engine.js';

/** One moment of a run, complete: rendering is a pure function of it. */
export interface View {
  title: string;
  /** Of the newest run under its id: short enough to be read. */
  uiUrl: string;
  /** Of this very run, for programs. */
  runUrl: string;
  look: Look;
  /** The children that run, each with its own progress. */
  children: Look[];
  /** Bytes a second by step id, as measured between looks. */
  rates: ReadonlyMap<string, number>;
  nowMs: number;
}

const frames = '⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏';

/** Colours one piece of text; left out, it stays plain. */
export type Paint = (format: 'green' | 'red' | 'yellow' | 'cyan' | 'dim' | 'bold', text: string) => string;
const plain: Paint = (_, text) => text;

const colours: Record<StepState, Parameters<Paint>[0]> = {
  pending: 'dim',
  running: 'cyan',
  waiting: 'yellow',
  done: 'green',
  skipped: 'dim',
  failed: 'red',
};

const marks: Record<Exclude<StepState, 'running'>, string> = {
  pending: '·',
  waiting: '?',
  done: '✔',
  skipped: '–',
  failed: '✘',
};

/** The live view: what is over and what runs, one line each; what comes, on the last line. */
export function renderProgress(view: View, width: number, frame = 0, paint = plain): string {
  const steps = view.look.progress?.steps ?? [];
  const begun = steps.filter(({ state }) => state !== 'pending');
  const rows = begun.map((step) => ({
    state: step.state,
    mark: step.state === 'running' ? (frames[frame % frames.length] ?? '') : marks[step.state],
    title: oneLine(step.title),
    detail: oneLine(detailOf(step, view)),
    time: timeOf(step, view.nowMs),
  }));
  // On a narrow terminal the detail is worth more than the alignment of titles, and the time more than the detail.
  const titleWidth = Math.min(
    Math.max(0, ...rows.map(({ title }) => title.length)),
    Math.floor(width / 2) - 4,
  );
  const timeWidth = Math.max(0, ...rows.map(({ time }) => time.length));
  const detailRoom = Math.max(0, width - titleWidth - timeWidth - 6);
  const detailWidth = Math.min(detailRoom, Math.max(0, ...rows.map(({ detail }) => detail.length)));
  const lines = rows.map(({ mark, state, title, detail, time }) => {
    const said = `${cut(title, titleWidth).padEnd(titleWidth)}  ${cut(detail, detailRoom).padEnd(detailWidth)}`;
    return `${paint(colours[state], mark)} ${time === '' ? said.trimEnd() : `${said}  ${paint('dim', time)}`}`;
  });
  const pending = steps.filter(({ state }) => state === 'pending').map(({ title }) => `· ${oneLine(title)}`);
  return [
    ...lines,
    ...childLines(view, width),
    ...(pending.length > 0 ? [paint('dim', cut(pending.join('   '), width))] : []),
  ].join('\n');
}

/** What runs and where to see it: one line when that fits, else the address on a line of its own, whole to be copied. */
export function headerOf(
  { title, look, uiUrl }: Pick<View, 'title' | 'look' | 'uiUrl'>,
  width: number,
  paint = plain,
): string {
  const [gap, id] = ['      ', look.workflowId];
  const whole = [title, id, uiUrl].filter((part) => part !== '');
  const shown = [paint('bold', title), id, paint('dim', uiUrl)].filter(
    (_, i) => [title, id, uiUrl][i] !== '',
  );
  if (whole.join(gap).length <= width) return shown.join(gap);
  const [first = '', ...rest] = shown;
  const together = `${title}${gap}${id}`.length <= width;
  return together ? [`${first}${gap}${id}`, ...rest.slice(1)].join('\n') : shown.join('\n');
}

/** For a log: one line for each step that began or ended since the last look. */
export function renderChanges(before: View | undefined, view: View): string[] {
  const was = new Map(before?.look.progress?.steps.map((step) => [step.id, step.state]));
  return (view.look.progress?.steps ?? [])
    .filter(({ id, state }) => state !== 'pending' && was.get(id) !== state)
    .map((step) => {
      if (step.state === 'running') return oneLine(`… ${step.title}`);
      const parts = [step.title, detailOf(step, view), timeOf(step, view.nowMs)];
      return oneLine(`${marks[step.state]} ${parts.filter((part) => part !== '').join('  ')}`);
    });
}

function detailOf(step: Step, { look, rates }: View): string {
  if (step.state !== 'running') return step.detail ?? '';
  const activity = look.pending.find(({ heartbeat }) => heartbeat?.step === step.id);
  const transfer = activity === undefined ? '' : transferText(activity, rates.get(step.id));
  const retried = look.pending.find(
    ({ attempt, heartbeat }) => attempt > 1 && (heartbeat?.step ?? step.id) === step.id,
  );
  const parts = [
    transfer === '' ? (step.detail ?? '') : transfer,
    retried === undefined ? '' : attemptText(retried),
  ];
  return parts.filter((part) => part !== '').join('   ');
}

/** `61 %   262 of 429 MB   118 MB/s` */
export function transferText({ heartbeat }: PendingActivity, rate: number | undefined): string {
  if (heartbeat === undefined) return '';
  const { phase, bytes, totalBytes } = heartbeat;
  if (bytes === undefined) return phase;
  const speed = rate === undefined || rate <= 0 ? [] : [`${bytesText(rate)}/s`];
  if (totalBytes === undefined || totalBytes <= 0) return [phase, bytesText(bytes), ...speed].join('   ');
  const percent = Math.min(100, Math.floor((bytes / totalBytes) * 100));
  return [`${percent} %`, bytesOfText(Math.min(bytes, totalBytes), totalBytes), ...speed].join('   ');
}

const attemptText = ({ attempt, lastFailure }: PendingActivity): string =>
  `attempt ${attempt}${lastFailure === undefined ? '' : `: ${lastFailure.split('\n')[0] ?? ''}`}`;

function timeOf({ startedAtMs, endedAtMs, state }: Step, nowMs: number): string {
  if (startedAtMs === undefined || state === 'skipped') return '';
  return durationText((endedAtMs ?? nowMs) - startedAtMs);
}

function childLines({ children, rates, nowMs }: View, width: number): string[] {
  const nameWidth = Math.max(0, ...children.map(({ workflowId }) => subjectOf(workflowId).length));
  return children.map((look) => {
    const view = { title: '', uiUrl: '', runUrl: '', look, children: [], rates, nowMs };
    const step = look.progress?.steps.find(({ state }) => state === 'running' || state === 'waiting');
    const now =
      step === undefined ? look.status : [step.title, detailOf(step, view)].filter(Boolean).join('   ');
    return cut(`  ${subjectOf(look.workflowId).padEnd(nameWidth)}  ${oneLine(now)}`, width);
  });
}

/** What a step says of itself does not begin another step's row. */
const oneLine = (text: string): string => text.replace(/\s*\n\s*/g, ' / ');

export const cut = (text: string, width: number): string =>
  text.length <= width ? text : `${text.slice(0, Math.max(0, width - 1))}…`;

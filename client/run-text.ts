import { commandWord } from '../workflows/contract/operations.js';
import { subjectOf } from './busy.js';
import type { Engine, Look } from './engine.js';
import { headerOf, renderProgress } from './render-progress.js';

/** One run at a glance: what it is about, how it stands, its steps, and what it asks. */
export function runText(engine: Engine, look: Look, width: number): string {
  const uiUrl = engine.uiUrl(look.workflowId);
  const title = `${titleOf(look)}: ${look.status}`;
  const rates = new Map<string, number>();
  const view = { title, uiUrl, runUrl: uiUrl, look, children: [], rates, nowMs: Date.now() };
  const header = headerOf(view, width);
  return [header, renderProgress(view, width), questionText(look)].filter(Boolean).join('\n');
}

export function questionText({ workflowId, progress }: Look): string {
  if (progress?.question === undefined) return '';
  const { text, answers } = progress.question;
  return `? ${text}\n  myc-wf answer ${subjectOf(workflowId)} ${answers.join('|')}`;
}

export const titleOf = ({ type, workflowId, progress }: Look): string =>
  `${progress?.operation ?? commandWord(type)} ${progress?.subject ?? subjectOf(workflowId)}`;

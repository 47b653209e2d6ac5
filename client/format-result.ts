import type { FleetResult, OperationResult } from '../workflows/contract/operations.js';
import { type ExitCode, exitCodes } from './exit-codes.js';
import { table } from './output.js';

/** A finished operation in words: what it came to, then what it changed. */
export function formatResult(result: unknown): string {
  if (isFleet(result)) return fleetText(result);
  if (!isOperation(result))
    return result === undefined || result === null ? '' : JSON.stringify(result, null, 2);
  return [result.summary, ...result.changed.map((line) => `  ${line}`)].join('\n');
}

const fleetText = ({ hosts }: FleetResult): string =>
  table(hosts.map(({ host, ok, summary }) => [ok ? '✔' : '✘', host, summary]));

/** Some hosts failed is told apart from all of them failed. */
export function exitCodeOfResult(result: unknown): ExitCode {
  if (!isFleet(result)) return exitCodes.done;
  const failed = result.hosts.filter(({ ok }) => !ok).length;
  if (failed === 0) return exitCodes.done;
  return failed === result.hosts.length ? exitCodes.failed : exitCodes.someHostsFailed;
}

const isFleet = (result: unknown): result is FleetResult =>
  typeof result === 'object' && result !== null && 'hosts' in result && Array.isArray(result.hosts);

const isOperation = (result: unknown): result is OperationResult =>
  typeof result === 'object' && result !== null && 'summary' in result && 'changed' in result;

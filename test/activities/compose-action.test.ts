import { describe, expect, test } from 'vitest';
import { foreseen } from '../../activities/compose-action.js';

const state = {
  services: ['web', 'door', 'bare', 'ended'],
  containers: new Map([
    ['web', 'running'],
    ['door', 'running'],
    ['ended', 'exited'],
  ]),
};

describe('what an action of compose would change', () => {
  test.each([
    ['down', [], ['removed web', 'removed door', 'removed ended']],
    ['stop', [], ['stopped web', 'stopped door']],
    ['stop', ['ended'], []],
    ['start', [], ['started ended']],
    ['start', ['web'], []],
    ['restart', ['web', 'ended'], ['restarted web', 'started ended']],
    ['create', [], ['created bare']],
    ['create', ['web'], []],
  ] as const)('%s %j', (action, services, changes) => {
    expect(foreseen(action, services, state)).toEqual(changes);
  });
});

import { describe, expect, test } from 'vitest';
import { wanted } from '../../activities/cutoff.js';

describe('what is cut off, asked for on top of what is', () => {
  test.each([
    [[], [993, 25], false, [25, 993], ['cut off 993', 'cut off 25']],
    [[25], [25, 465, 465], false, [25, 465], ['cut off 465']],
    [[25, 465], [25], false, [25, 465], []],
    [[25, 465], [25, 80], true, [465], ['lifted 25']],
    [[25, 465], [], true, [], ['lifted 25', 'lifted 465']],
    [[], [], true, [], []],
  ])('%j and %j (lift: %j)', (ports, asked, lift, then, changed) => {
    expect(wanted({ ports }, asked, lift)).toEqual({ ports: then, changed });
  });
});

import { expect, test } from 'vitest';
import { freeSubnet } from './subnet.js';

test('a lab’s subnet comes from its name, and steps aside for what is there', () => {
  const first = freeSubnet('blue', []);
  expect(first).toMatch(/^172\.30\.\d+\.0\/24$/);
  expect(freeSubnet('blue', ['10.0.0.0/8', '172.30.77.0/24 dev br-x', ''])).toBe(first);
  const second = freeSubnet('blue', [`${first} dev br-x`]);
  expect(second).not.toBe(first);
  expect(freeSubnet('blue', [first, second.replace('0/24', '9')])).not.toBe(second);
});

test('a machine whose own network is all of 172.30 is told so', () => {
  expect(() => freeSubnet('blue', ['172.16.0.0/12'])).toThrow(/no free subnet in 172\.30/);
});

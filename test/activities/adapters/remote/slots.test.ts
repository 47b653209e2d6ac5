import { expect, test } from 'vitest';
import { Slots } from '../../../../activities/adapters/remote/slots.js';

test('no more than the given number are held, and the next in line is served first', async () => {
  const slots = new Slots(2);
  const order: number[] = [];
  const first = await slots.take();
  await slots.take();
  const third = slots.take().then(() => order.push(3));
  const fourth = slots.take().then(() => order.push(4));
  await Promise.resolve();
  expect(order).toEqual([]);
  first();
  first();
  await third;
  expect(order).toEqual([3]);
  const pending = await Promise.race([fourth, Promise.resolve('waits')]);
  expect(pending).toBe('waits');
});

test('who gives up in the queue leaves no hole', async () => {
  const slots = new Slots(1);
  const release = await slots.take();
  const controller = new AbortController();
  const impatient = slots.take(controller.signal);
  const patient = slots.take();
  controller.abort(new Error('enough'));
  await expect(impatient).rejects.toThrow('enough');
  release();
  (await patient)();
  (await slots.take())();
});

import { describe } from 'vitest';
import { localRemote } from '../../../../activities/adapters/remote/local.js';
import { conformsToRemote } from './conformance.js';

describe('this machine', () => {
  const remote = localRemote();
  conformsToRemote(() => remote);
});

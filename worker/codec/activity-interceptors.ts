import { ApplicationFailure } from '@temporalio/common';
import type { ActivityInterceptorsFactory } from '@temporalio/worker';
import { inputRefusedReason } from './refused.js';

/** An activity runs on hosts: an input that is not under the codec's key ends it, finally, before its function is called. */
export const refuseForeignInput: ActivityInterceptorsFactory = ({ info }) => ({
  inbound: {
    async execute(input, next) {
      const reason = inputRefusedReason(input.args);
      if (reason === undefined) return next(input);
      throw ApplicationFailure.nonRetryable(
        `the input of ${info.activityType} is refused: ${reason}`,
        'InputRefused',
      );
    },
  },
});

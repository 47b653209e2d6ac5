import type { ActivityInterceptorsFactory } from '@temporalio/worker';

const everyMs = 5_000;

/**
 * An activity that lives says so, also while it has nothing new to tell (a look, the removal of a large tree): what is silent for
 * the heartbeat timeout belongs to a worker that was killed, and is begun again then. What was told last stays told.
 */
export const stayAlive: ActivityInterceptorsFactory = (context) => ({
  inbound: {
    async execute(input, next) {
      const { heartbeat, info } = context;
      let last: unknown = info.heartbeatDetails;
      Object.assign(context, { heartbeat: (details: unknown) => heartbeat((last = details)) });
      const beating = setInterval(() => heartbeat(last), everyMs);
      try {
        return await next(input);
      } finally {
        clearInterval(beating);
      }
    },
  },
});

import type { Clock } from "../core/index.ts";

/** Told of each step of a publish and how long it took, in real milliseconds. */
export type StepObserver = (step: PublishStep, ms: number) => void;

export type PublishStep = "class" | "mount" | "provider" | "write" | "status" | "secrets" | "publish";

/** Measures steps when somebody looks, and costs nothing when nobody does. */
export type Steps = {
  time<T>(step: PublishStep, work: () => Promise<T>): Promise<T>;
  timeSync<T>(step: PublishStep, work: () => T): T;
};

const UNSEEN: Steps = { time: (_step, work) => work(), timeSync: (_step, work) => work() };

export function stepsFor(clock: Clock, observe: StepObserver | undefined): Steps {
  if (observe === undefined) return UNSEEN;
  return {
    time: async (step, work) => {
      const started = clock.wall();
      try {
        return await work();
      } finally {
        observe(step, clock.wall() - started);
      }
    },
    timeSync: (step, work) => {
      const started = clock.wall();
      try {
        return work();
      } finally {
        observe(step, clock.wall() - started);
      }
    },
  };
}

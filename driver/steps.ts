import type { Clock } from "../core/index.ts";
import { GrpcError, GrpcStatus } from "../wire/grpc/index.ts";

/** Told of each step of a publish and how long it took, in real milliseconds. */
export type StepObserver = (step: PublishStep, ms: number) => void;

export type PublishStep = "class" | "mount" | "provider" | "write" | "status" | "secrets" | "publish";

/**
 * Told of every place in a publish that a process may die at: before and after each step, and between the moves of
 * a write. What it returns is waited for before the next step.
 */
export type PointObserver = (point: string) => Promise<void> | undefined;

/** What the caller of a process that was killed sees. Nothing below cleans up on its way out: the dead do not. */
export class Killed extends GrpcError {
  constructor() {
    super(GrpcStatus.UNAVAILABLE, "the driver was killed");
  }
}

export type Steps = {
  time<T>(step: PublishStep, work: () => Promise<T>): Promise<T>;
  timeSync<T>(step: PublishStep, work: () => T): T;
  /** @throws Killed when the process is dead */
  reach(point: string): void;
};

export type StepsSpec = {
  readonly clock: Clock;
  readonly observe: StepObserver | undefined;
  readonly onPoint: PointObserver | undefined;
  readonly isDead: () => boolean;
};

/** Measures steps when somebody looks, tells points when somebody listens, and goes no further once dead. */
export function stepsFor({ clock, observe, onPoint, isDead }: StepsSpec): Steps {
  let pending: Promise<unknown> | undefined;
  const reach = (point: string): void => {
    const asked = onPoint?.(point);
    if (asked !== undefined) pending = Promise.all([pending, asked]);
    if (isDead()) throw new Killed();
  };
  const settled = async (): Promise<void> => {
    while (pending !== undefined) {
      const before = pending;
      pending = undefined;
      await before;
    }
    if (isDead()) throw new Killed();
  };
  return {
    reach,
    time: async (step, work) => {
      reach(`before ${step}`);
      if (pending !== undefined) await settled();
      const started = clock.wall();
      try {
        return await work();
      } finally {
        observe?.(step, clock.wall() - started);
        reach(`after ${step}`);
        if (pending !== undefined) await settled();
      }
    },
    timeSync: (step, work) => {
      reach(`before ${step}`);
      const started = clock.wall();
      try {
        return work();
      } finally {
        observe?.(step, clock.wall() - started);
        reach(`after ${step}`);
      }
    },
  };
}

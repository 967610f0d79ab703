import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import type { DriverSpec, Mounter } from "../index.ts";
import { Rig } from "../testing/rig.ts";
import { type Command, moves, PODS, type Real, serve } from "./commands.ts";
import { newModel } from "./model.ts";

export type RunOptions = Pick<DriverSpec, "defects"> & {
  readonly mounter: Mounter;
  readonly runs: number;
  readonly seed?: number;
  /** What fast-check printed of a row that failed. */
  readonly path?: string;
  readonly replayPath?: string;
};

/** Plays random rows of moves on real drivers; a row that breaks a rule is shortened. */
export async function playModel(options: RunOptions): Promise<fc.RunDetails<[Iterable<Command>]>> {
  const { runs, seed, path, replayPath, mounter, defects } = options;
  const property = fc.asyncProperty(moves(replayPath), async (row) => {
    const real = await startReal({ mounter, ...(defects && { defects }) });
    try {
      const model = newModel();
      serve(model, real);
      await fc.asyncModelRun(() => ({ model, real }), row);
      await endsClean(real);
    } finally {
      await real.rig[Symbol.asyncDispose]();
    }
  });
  return await fc.check(property, {
    numRuns: runs,
    ...(seed !== undefined && { seed }),
    ...(path !== undefined && { path }),
  });
}

async function startReal(options: Pick<DriverSpec, "mounter" | "defects">): Promise<Real> {
  const real: { rig: Rig | undefined; dieAt: string | undefined } = { rig: undefined, dieAt: undefined };
  const rig = await Rig.start({
    ...options,
    enableSecretRotation: true,
    onPoint: (point) => {
      if (point !== real.dieAt) return undefined;
      real.dieAt = undefined;
      void real.rig?.killDriver();
      return undefined;
    },
  });
  real.rig = rig;
  return real as Real;
}

/** When all pods have gone, so has everything of theirs. */
async function endsClean({ rig }: Real): Promise<void> {
  for (const pod of PODS) {
    await rig.unpublish(pod);
    const parent = join(rig.target(pod), "..");
    const left = existsSync(parent) ? readdirSync(parent) : [];
    if (left.length > 0) throw new Error(`a mount or folder was leaked: ${left.join(", ")} of ${pod}`);
  }
}

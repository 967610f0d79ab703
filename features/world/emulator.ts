import { isMountproofError } from "../../core/index.ts";
import { type RunningEmulator, startEmulator } from "../../suite/emulators/index.ts";
import { emulatorOfSubject, KeptLog, logFileOf } from "../../suite/index.ts";
import type { MountproofWorld } from "../world.ts";

/**
 * The store that stands where a fake would in this pass; undefined where a fake does. It is started once a pass, and
 * each scenario empties it.
 */
export async function emulatorOf({ pass, run }: MountproofWorld): Promise<RunningEmulator | undefined> {
  const emulator = emulatorOfSubject(pass.subject);
  if (emulator === undefined) return undefined;
  const { clock, guard, lifeline } = run;
  try {
    return await pass.once(`emulator ${emulator.name}`, async (scope) => {
      const folder = await run.makeFolder("emulator", scope);
      // A store that prints what it holds is nobody's failure here: its log is kept without secrets, and that is all.
      const log = scope.use(new KeptLog({ guard, file: logFileOf(run, `emulator-${emulator.name}`) }));
      return scope.use(await startEmulator(emulator, { clock, folder, lifeline, log }));
    });
  } catch (error) {
    // Without its store no case can be judged: each would tell the same.
    if (isMountproofError(error)) run.abandon(error);
    throw error;
  }
}

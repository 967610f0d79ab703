/**
 * Why a Secret could not be made. `invalid`: the SecretProviderClass cannot mean it; `data`: the volume lacks what it
 * wants; `foreign`: the Secret is not the driver's; `refused`: the API server said no.
 */
export type SyncStage = "invalid" | "data" | "foreign" | "refused";

/** A Secret that was not made. The message is upstream's where upstream has one. */
export class SyncFailure extends Error {
  override readonly name = "SyncFailure";
  readonly stage: SyncStage;

  constructor(stage: SyncStage, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.stage = stage;
  }
}

import type { VaultState } from "../core/state.ts";
import type { PathSpec } from "../framework/backend.ts";

/** `seal` and `step-down`: asked with a token, unlike the rest of sealing. */
export function sealPaths({ seal }: VaultState): PathSpec[] {
  return [
    {
      pattern: /^seal$/,
      takesAnyInput: true,
      operations: {
        update: () => {
          seal.seal();
          return undefined;
        },
      },
    },
    {
      pattern: /^step-down$/,
      takesAnyInput: true,
      operations: {
        update: () => {
          seal.mode = { kind: "standby" };
          return undefined;
        },
      },
    },
  ];
}

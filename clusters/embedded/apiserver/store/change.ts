import type { KubeObject } from "../../../../kube/types.ts";

export type Change = {
  readonly type: "ADDED" | "MODIFIED" | "DELETED";
  readonly resourceVersion: number;
  /** The object after the change; for a deletion its last state with the deletion's resourceVersion. */
  readonly object: KubeObject;
  /** Before the change: tells watchers with a selector what entered and what left. */
  readonly previous: KubeObject | undefined;
  readonly at: number;
};

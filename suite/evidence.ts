import type { Exchange, Failure } from "../reports/index.ts";

/** How the World hands its evidence to the report: as attachments of these media types. */
export const EVIDENCE = {
  skip: "application/vnd.mountproof.skip+json",
  failure: "application/vnd.mountproof.failure+json",
  exchanges: "application/vnd.mountproof.exchanges+json",
  log: "application/vnd.mountproof.log+json",
  note: "application/vnd.mountproof.note+json",
  finding: "application/vnd.mountproof.finding+json",
} as const;

export type Evidence = {
  readonly [EVIDENCE.skip]: { readonly reason: string };
  readonly [EVIDENCE.failure]: Failure;
  readonly [EVIDENCE.exchanges]: readonly Exchange[];
  readonly [EVIDENCE.log]: readonly string[];
  readonly [EVIDENCE.note]: { readonly text: string };
  readonly [EVIDENCE.finding]: { readonly message: string };
};

/** Thrown anywhere in a step to leave its case, with the reason the report shows. */
export class SkipCase extends Error {
  override readonly name = "SkipCase";
}

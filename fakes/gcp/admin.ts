import { create } from "@bufbuild/protobuf";
import { type Clock, MountproofError } from "../../core/index.ts";
import type { Dialer } from "../../net/index.ts";
import { type Binding, BindingSchema } from "../../wire/gen/google_iam_pb.ts";
import { type RemoteStore, remoteStore } from "../kit/index.ts";
import { type GcpSeed, seedGcp } from "./seed.ts";
import type { GcpState } from "./state.ts";

/** What steps tell Google, whether it is in this process or in a pod. */
export type GcpTold = { readonly [K in keyof GcpAdmin]: (...said: Parameters<GcpAdmin[K]>) => Promise<unknown> };

/** Google's owner at work, without a socket. */
export class GcpAdmin {
  readonly #state: GcpState;

  constructor(state: GcpState) {
    this.#state = state;
  }

  /** @throws MountproofError `invalid_argument` */
  async seed(seed: GcpSeed): Promise<void> {
    seedGcp(this.#state, seed);
  }

  /** `gcloud secrets add-iam-policy-binding` */
  async grantSecret(project: string, secret: string, role: string, member: string): Promise<void> {
    const found = this.#state.projects.find(project);
    if (found === undefined)
      throw new MountproofError("not_found", { message: `there is no project "${project}"`, culprit: { project } });
    this.#grant(`projects/${found.number}/secrets/${secret}`, role, member);
  }

  /** `gcloud iam service-accounts add-iam-policy-binding` */
  async grantAccount(email: string, role: string, member: string): Promise<void> {
    this.#grant(`serviceAccounts/${email}`, role, member);
  }

  /** As gcloud does it: read, add, write back. */
  #grant(resource: string, role: string, member: string): void {
    const { policies } = this.#state;
    const { bindings, etag, version } = policies.get(resource, 3);
    const added: Binding = create(BindingSchema, { role, members: [member] });
    policies.set(resource, { version, bindings: [...bindings, added], ...(bindings.length > 0 && { etag }) });
  }
}

export const GCP_OPERATIONS = ["seed", "grantSecret", "grantAccount"] as const satisfies readonly (keyof GcpAdmin)[];

/** A fake Google in a pod of its own, emptied of what an earlier scenario left. */
export async function openRemoteGcp(
  url: string,
  clock: Clock,
  dialer?: Dialer,
): Promise<RemoteStore & { readonly told: GcpTold }> {
  const store = remoteStore(url, clock, dialer);
  await store.reset();
  const tell =
    (operation: (typeof GCP_OPERATIONS)[number]) =>
    (...said: readonly unknown[]): Promise<void> =>
      store.tell(operation, said);
  return {
    ...store,
    told: { seed: tell("seed"), grantSecret: tell("grantSecret"), grantAccount: tell("grantAccount") },
  };
}

import type { Clock } from "../../core/index.ts";
import type { Dialer } from "../../net/index.ts";
import { type RemoteStore, remoteStore } from "../kit/index.ts";
import type { AwsTold } from "./served.ts";

/** What an AWS account is told by the control API. */
export const AWS_OPERATIONS = [
  "call",
  "iam",
  "trustIssuer",
  "distrustIssuer",
  "policy",
  "role",
  "secret",
  "forgetSecret",
  "parameter",
  "key",
] as const;

/** What steps do to an account, whether it is in this process or in a pod. */
export type AwsAccount = {
  readonly accountId: string;
  readonly admin: Pick<AwsTold, "iam" | "call" | "policy" | "role" | "secret">;
  /** Returns when everything that it was told has reached it; rejects with what it refused. */
  settled(): Promise<void>;
};

/** A fake account in a pod of its own, emptied of what an earlier scenario left. */
export async function openRemoteAws(
  url: string,
  accountId: string,
  clock: Clock,
  dialer?: Dialer,
): Promise<AwsAccount & RemoteStore> {
  const store = remoteStore(url, clock, dialer);
  await store.reset();
  let last: Promise<void> = Promise.resolve();
  const tell =
    (operation: (typeof AWS_OPERATIONS)[number]) =>
    (...said: readonly unknown[]): Record<string, never> => {
      last = last.then(() => store.tell(operation, said));
      last.catch(() => {}); // told by settled()
      return {};
    };
  return {
    ...store,
    accountId,
    admin: {
      iam: tell("iam"),
      call: tell("call"),
      policy: tell("policy"),
      role: tell("role"),
      secret: tell("secret"),
    },
    settled: async () => {
      await last;
    },
  };
}

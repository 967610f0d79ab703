import { z } from "zod";
import { MountproofError } from "../../core/index.ts";
import type { Controls } from "../kit/index.ts";
import type { AdminCall } from "./admin.ts";
import type { VaultState } from "./core/state.ts";

const AdminSchema = z.strictObject({
  method: z.string(),
  path: z.string(),
  data: z.record(z.string(), z.unknown()).exactOptional(),
  namespace: z.string().exactOptional(),
});
const TlsSchema = z.strictObject({ certPem: z.string(), keyPem: z.string() });

/**
 * What a Vault that runs as a process of its own can be told by the control API:
 *
 * - `admin` calls the API as root, past the journal;
 * - `seal` and `unseal`;
 * - `listen` serves the same Vault behind TLS on another port.
 */
export function controlsOf(
  state: VaultState,
  call: AdminCall,
  listen: (tls: z.infer<typeof TlsSchema>) => Promise<{ readonly host: string; readonly port: number }>,
): Controls {
  return {
    admin: async (body) => {
      const { method, path, data, namespace } = read(AdminSchema, body);
      const { status, body: answer } = await call(method, path, data, namespace);
      return { status, body: answer };
    },
    seal: () => state.seal.seal(),
    unseal: () => {
      state.seal.isSealed = false;
    },
    listen: async (body) => await listen(read(TlsSchema, body)),
  };
}

function read<T>(schema: z.ZodType<T>, body: unknown): T {
  const result = schema.safeParse(body);
  if (result.success) return result.data;
  throw new MountproofError("invalid_argument", { message: z.prettifyError(result.error) });
}
